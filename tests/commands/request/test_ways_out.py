"""An answer for a few: every way out of the case is tried with words that only those few may read."""

import base64
import zlib
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO

import pytest
from pypdf import PdfReader

from cases.roles import Role
from cases.scheme import Scheme
from commands.request.rules import Answer
from tests.room import PEOPLE, Conference, Said, user

CANARY = "kanarie"
OPENLY = ("!status", "!timeline", "!timeline picture", "!next", "!followups", "!who", "!mine", "!phase", "!disclosures")
FORMS = [
    f"!answer R-1 {CANARY}",
    f"!answer R-1 he was consent: not asked because {CANARY} basis: {CANARY} condition: {CANARY}",
    f"!partly R-1 {CANARY} withheld: {CANARY}",
    f"!nothing R-1 {CANARY}",
    f"!refuse R-1 we promised {CANARY} ground: other, too broad instead: {CANARY}",
    f"!moretime R-1 27 nov because: {CANARY}",
]
"""What health answers in its own room."""
ASK = "!request health was he seen? because: the plan"
ASKED_FOR_A_FEW = [
    (f"{ASK} see: social", {"dirk", "cleo"}),
    (f"{ASK} see: Iris Kok", {"iris"}),
    (f"{ASK} see: social, Iris Kok", {"dirk", "cleo", "iris"}),
    ("!request Gina Dekker was he seen? because: the plan see: social", {"dirk", "cleo"}),
]
"""How it is asked, and who may read the answer beside those who asked and were asked."""
ANSWERED_FOR_A_FEW = [
    (ASK, " see: social", {"dirk", "cleo"}),
    (f"{ASK} see: social, Iris Kok", " see: Dirk Smit", {"dirk"}),
]
"""The same, with what is added to the answer."""
CASES = [(ask, form, few) for ask, few in ASKED_FOR_A_FEW[:1] for form in FORMS]
CASES += [(ask, form, few) for ask, few in ASKED_FOR_A_FEW[1:] for form in FORMS[1::3]]
CASES += [(ask, FORMS[0] + see, few) for ask, see, few in ANSWERED_FOR_A_FEW]
ASKS, IS_ASKED = {"ada"}, {"finn", "gina"}


def readers(channel: str, members: set[str]) -> set[str]:
    """Who reads in a room."""
    place, _, key = channel.partition(":")
    roles = {"coordination": Role.COORDINATOR, "admin": Role.ADMIN}
    if place == "case":
        return members
    if place == "direct":
        return {key.partition(":")[0].removeprefix("@")}
    if place == "agency":
        return {who for who, (_, of, role) in PEOPLE.items() if of == key and role in {"practitioner", "coordinator"}}
    return {who for who, (_, _, role) in PEOPLE.items() if role is roles[place]}


def words_of(said: Said) -> Iterator[str]:
    """All that can be read of something that the bot said: its text, its file, the board that it carries."""
    yield from (said.text, said.html)
    if said.board:
        yield zlib.decompress(base64.b64decode(said.board["board"])).decode()
    if said.file and said.file.name.endswith(".pdf"):
        yield "\n".join(page.extract_text() for page in PdfReader(BytesIO(said.file.data)).pages)
    elif said.file and not said.file.name.endswith(".png"):
        yield said.file.data.decode()


def leaks(table: Conference, may: set[str], must: set[str], members: set[str]) -> list[tuple[str, str]]:
    """Where somebody reads the canary who may not; those who must have read it have."""
    said = [*table.heard, *table.cards, *(poll for poll, _ in table.polls)]
    told = [one for one in said if any(CANARY in words for words in words_of(one))]
    assert must <= {who for one in told for who in readers(one.channel, members)}
    return [(one.channel, one.text) for one in told if readers(one.channel, members) - may]


async def play(table: Conference, room: str, *said: str) -> None:
    """Lines that people say: ``ada: !status``."""
    for line in said:
        who, _, text = line.partition(": ")
        await table.say(who, text, room=room)


async def put_right(table: Conference, room: str, card: Said) -> None:
    """Put the answer right, take that back, pass it on, delete it, and bring it back."""
    await table.say("gina", f"correct {CANARY} again", room=card.channel, replies_to=card)
    await play(table, room, "gina: !undo", "gina: !correct R-1 he was not", "gina: !pass R-1 Finn de Boer because: x")
    await play(table, room, "ada: !narrow R-1 since May?", "ada: !undo")
    await play(table, room, "hugo: !disclose R-1 to: school because: x", "hugo: !disclose R-1 to: youth because: x")
    await play(table, room, "ada: !disclose R-1 to: youth because: they visit him")
    await table.say("gina", "!retain L-1", room=card.channel)
    await table.deleting.deleted(f"!{card.channel}:example.org", user("gina"), "$answered", "$gone")
    await table.deliver()
    await play(table, card.channel, f"gina: !restore {room.partition(':')[2]}", "gina: !restore R-1")


async def try_every_way(table: Conference, room: str, card: Said) -> None:
    """Ask for everything there is, put right, take back, delete and bring back, meet, and let days pass."""
    openly = [f"{who}: {line}" for who in ("ada", "hugo") for line in OPENLY]
    await play(table, room, *openly)
    await put_right(table, room, card)
    await play(table, room, *openly, "ada: !roundtable 9 nov 10:00 about: the plan")
    for _ in range(8):
        table.later(days=1)
        await table.sweeps.run()
        await table.deliver()
    await play(table, room, "ada: !roundtable start M-1", "dirk: !confirm", "hugo: !confirm", "iris: !confirm")
    await play(
        table, room, "ada: note: a meeting", "ada: view: he is well", "ada: !roundtable end", "ada: !minutes M-1"
    )
    await play(table, room, "ada: !minutes summary M-1 approve", "ada: !disclose M-1 to: health because: they go on")
    await play(table, "coordination", "cleo: !case list")
    await play(table, "coordination", f"cleo: !case invite {room.partition(':')[2]} Jack Post because: he is back")
    await play(table, room, "hugo: !brief Jack Post", *openly, "jack: !status", "jack: !timeline")
    for who in PEOPLE:
        await play(table, f"direct:{user(who)}", f"{who}: mine")
    await table.sweeps.run()
    await table.deliver()


@pytest.mark.parametrize(("ask", "answer", "few"), CASES, ids=range(len(CASES)))
async def test_what_is_for_a_few_leaves_by_no_way(table: Conference, ask: str, answer: str, few: set[str]) -> None:
    house = replace(table.house, schemes={"safety table": Scheme(polls=True)}, has_board=True)
    table = Conference(table.store, house, _ids=table._ids)
    room = await table.open_case()
    await play(table, "coordination", f"cleo: !case release {room.partition(':')[2]} Jack Post because: on leave")
    asked = {said.channel: said for said in await table.say("ada", ask, room=room)}
    card = next(said for channel, said in asked.items() if channel != room)
    await table.say("gina", answer, room=card.channel, replies_to=card, event_id="$answered")
    assert (await table.case(room)).all(Answer)
    await try_every_way(table, room, card)
    members = {m.user_id.partition(":")[0].removeprefix("@") for m in (await table.case(room)).present}
    assert leaks(table, ASKS | IS_ASKED | few, ASKS | few, members) == []
    done = {command for command, outcome in await table.outcomes() if outcome == "done"}
    assert done >= {"correct", "undo", "restore", "disclose", "roundtable end", "minutes summary", "case invite"}
