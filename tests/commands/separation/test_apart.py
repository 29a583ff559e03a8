"""Whoever sits in one of the two cases learns nothing of the other, whatever is said, asked, or goes wrong."""

import asyncio
import re
import tempfile
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from cases.scheme import Scheme
from commands.separation import rules as separations
from storage.check import check
from tests.commands.separation.test_commands import invited, last, ref_of, separate, words_of
from tests.room import AGENCIES, PEOPLE, Conference, Said, conference, user
from tests.storage.examples import MASTER

COORDINATORS = {user("cleo")}


def told(table: Conference) -> list[Said]:
    """All that went out: messages, files, cards, polls."""
    return [*table.heard, *table.cards, *(said for said, _ in table.polls)]


def whole(said: Said) -> str:
    """All of a message that an app can show."""
    file = said.file.data.decode(errors="replace") if said.file else ""
    return f"{said.text}\n{said.html}\n{said.subject}\n{said.board}\n{file}"


def readers(table: Conference, channel: str) -> set[str]:
    """Who may ever have read in a room."""
    place, _, key = channel.partition(":")
    if place == "case":
        return set(invited(table, channel))
    if place == "agency":
        return {user(who) for who, (_, agency, _) in PEOPLE.items() if agency == key}
    return {key} if place == "direct" else COORDINATORS


def require_apart(table: Conference, room: str, other: str) -> None:
    """Neither reference stands where somebody reads who does not sit in that case, or in both."""
    here, there = ref_of(room), ref_of(other)
    for said in told(table):
        text = whole(said)
        if said.channel == room:
            assert there not in text, said.text
        elif said.channel == other:
            assert here not in text, said.text
        elif here in text and there in text:
            both = readers(table, room) & readers(table, other)
            assert readers(table, said.channel) <= both, said.text
        else:
            alone = readers(table, room) - readers(table, other) - COORDINATORS
            assert there not in text or not readers(table, said.channel) & alone, said.text


async def test_a_whole_story_names_neither_case_in_the_other(table: Conference) -> None:
    house = replace(table.house, schemes={"safety table": Scheme(polls=True)}, has_board=True)
    table = Conference(table.store, house)
    room = await table.open_case()
    for who, line in (
        ("dirk", "!concern CANARY-A the elder one steals kind: fact domain: home"),
        ("dirk", "!concern CANARY-B the younger one is alone kind: opinion"),
        ("ada", "!concern CANARY-C both were seen kind: fact"),
        ("ada", "!request health CANARY-D is he known? because: CANARY-E the plan"),
        ("finn", "!answer R-1 CANARY-F since June kind: fact"),
        ("dirk", "!action CANARY-G visit the family for: health by: fri 15:00"),
        ("finn", "!accept A-1"),
        ("hugo", "!decide CANARY-H one calls because: five made him hide"),
        ("ada", "!agree D-1"),
        ("finn", "!agree D-1"),
        ("cleo", "!roundtable tomorrow 10:00 about: CANARY-I both"),
    ):
        await table.say(who, line, room=room)
    table.later(days=1)
    await table.say("cleo", "!roundtable start M-1", room=room)
    for who in ("cleo", "ada", "finn", "hugo", "dirk", "iris"):
        await table.say(who, "!confirm", room=room)
    await table.say("cleo", "note: CANARY-J the two are brothers", room=room)
    await table.say("cleo", "!roundtable end", room=room)
    await run(table)
    other = await separate(table, room)
    for who, where, line in (
        ("cleo", room, "!allocate C-1 there"),
        ("cleo", room, "!allocate C-2 here"),
        ("cleo", room, "!allocate C-3 both"),
        ("ada", "agency:police", "!accept K-3"),
        ("cleo", room, "!allocate R-1 there"),
        ("ada", "agency:police", "!accept K-4"),
        ("finn", "agency:health", "!accept K-4"),
        ("cleo", room, "!allocate A-1 there"),
        ("finn", "agency:health", "!accept K-5"),
        ("cleo", room, "!allocate D-1 both"),
        ("hugo", "agency:school", "!accept K-6"),
        ("ada", "agency:police", "!accept K-6"),
        ("finn", "agency:health", "!decline K-6 it is about the other one"),
        ("cleo", room, "!allocate D-1 here"),
    ):
        await table.say(who, line, room=where)
        await run(table)
    here, there = ref_of(room), ref_of(other)
    assert "Nothing is left" in await table.answer("cleo", "!allocate", room=room)
    # Somebody new at the second table, from an agency of the first one, too; and somebody who sits in it alone.
    await table.say("cleo", f"!case invite {there} Jack Post because: he knows the younger one", room="coordination")
    await table.say("cleo", f"!case release {here} Jack Post because: one of the two", room="coordination")
    await table.say("cleo", f"!case invite {there} Finn de Boer because: the visit", room="coordination")
    await table.comings.joined(f"!{other}:example.org", (user("jack"), user("finn")), "came")
    await table.say("cleo", "!brief Jack Post", room=other)
    for channel, who in ((room, "ada"), (other, "jack"), (room, "hugo"), (other, "cleo")):
        for line in (
            *("!status", "!next", "!timeline", "!timeline picture", "!who", "!followups", "!disclosures", "!mine"),
            *("!minutes M-1", "!minutes summary M-1", "!phase", "!person", "!assess compare", "!allocate", "!undo"),
            *("!allocate C-1 there", "!separate because: x", "!correct C-1 new words", "!answer R-1 once more"),
            *(f"!case invite {there} Ada Jansen because: x", f"!case invite {here} Ada Jansen because: x"),
            *("!accept K-1", "!restore", "!erase", "!help case", "!nonsense"),
        ):
            await table.say(who, line, room=channel)
    for who, line in (("ada", "!answer R-1 again"), ("ada", "!accept A-1"), ("ada", "!accept K-3"), ("ada", "!mine")):
        await table.say(who, line, room="agency:police")
        await table.say(who, line, room=f"direct:{user('ada')}")
    await table.say("cleo", "!mine", room=f"direct:{user('cleo')}")
    listed = await table.answer("cleo", "!case list", room="coordination")
    assert {here, there} <= set(re.findall("[A-Z0-9]{4}", listed.text))
    await table.say("cleo", f"!case reroom {there} because: lost", room="coordination")
    for _ in range(16):
        table.later(days=1)
        await run(table)
    require_apart(table, room, other)
    # And it is whole, for this process and for the next.
    assert check(table.store.engine, MASTER).problems == []
    kept = await words_of(table, room)
    moved = ("CANARY-A", "CANARY-D", "CANARY-E", "CANARY-F", "CANARY-G")
    # What the minutes say of it stays: they can't be split.
    without_minutes = "\n".join(line for line in kept.splitlines() if '"minutes' not in line)
    assert [canary for canary in moved if canary in without_minutes] == []
    there_kept = await words_of(table, other)
    assert [canary for canary in (*moved, "CANARY-C") if canary not in there_kept] == []
    assert [c for c in ("CANARY-B", "CANARY-H", "CANARY-I", "CANARY-J") if c in there_kept] == []


async def run(table: Conference) -> None:
    """Let everything be said that falls due, cards and polls with it."""
    await table.sweeps.run()
    await table.deliver()


async def test_managers_and_coordinators_read_the_two_in_messages_of_their_own(table: Conference) -> None:
    room = await table.open_case()
    await table.say("dirk", "!action visit the elder one for: social by: wed 15:00", room=room)
    await table.say("dirk", "!action visit the younger one for: social by: wed 15:00", room=room)
    other = await separate(table, room)
    await table.say("cleo", "!allocate A-1 here", room=room)
    await table.say("cleo", "!allocate A-2 there", room=room)
    since = len(table.heard)
    for _ in range(20):
        table.later(days=1)
        await run(table)
    told = [s.text for s in table.heard[since:] if s.channel == f"direct:{user('ella')}"]
    assert any(ref_of(room) in text for text in told)
    assert any(ref_of(other) in text for text in told)
    assert [text for text in told if ref_of(room) in text and ref_of(other) in text] == []
    # Who sits in both is told of both at once.
    both = [s.text for s in table.heard[since:] if s.channel == f"direct:{user('cleo')}"]
    assert any(ref_of(room) in text and ref_of(other) in text for text in both)
    require_apart(table, room, other)


ITEMS = 6
PLACES = st.lists(st.sampled_from(["here", "there", "both"]), min_size=ITEMS, max_size=ITEMS)
AUTHORS = st.lists(st.sampled_from(["dirk", "ada", "finn", "hugo"]), min_size=ITEMS, max_size=ITEMS)
ORDER = st.permutations(range(ITEMS))
SAYS_NO = st.lists(st.booleans(), min_size=ITEMS, max_size=ITEMS)
NAMES = st.lists(st.integers(0, ITEMS), min_size=ITEMS, max_size=ITEMS)
"""Which earlier one each names, if there is such a one."""


@settings(max_examples=12)
@given(PLACES, AUTHORS, ORDER, SAYS_NO, NAMES)
def test_in_any_order_each_item_is_where_it_was_allocated_and_nowhere_else(
    places: list[str], authors: list[str], order: list[int], refuses: list[bool], names: list[int]
) -> None:
    asyncio.run(divide(places, authors, order, refuses, names))


async def divide(
    places: list[str], authors: list[str], order: list[int], refuses: list[bool], names: list[int]
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        async with conference(f"sqlite:///{directory}/roundtable.db") as table:
            room = await table.open_case()
            for number, (who, named) in enumerate(zip(authors, names, strict=True)):
                tie = f" as C-{named + 1} says" if named < number else ""
                await table.say(who, f"!concern CANARY{number}{tie} kind: fact", room=room)
            other = await separate(table, room)
            expected: dict[int, str] = {}
            for number in order:
                if number not in expected:
                    await allocate(table, room, number, places[number], refuses=refuses[number], expected=expected)
            left = separations.left(await table.case(room))
            assert {int(one.id[2:]) - 1 for one in left} == set(range(ITEMS)) - expected.keys()
            here, there = await words_of(table, room), await words_of(table, other)
            for number in range(ITEMS):
                where = expected.get(number, "here")
                assert (f"CANARY{number}" in here) is (where != "there"), (number, where)
                assert (f"CANARY{number}" in there) is (where != "here"), (number, where)
            require_apart(table, room, other)
            assert check(table.store.engine, MASTER).problems == []


async def allocate(
    table: Conference, room: str, number: int, to: str, *, refuses: bool, expected: dict[int, str]
) -> None:
    """Allocate one, with what hangs together with it; those whose it is agree, or one of them does not."""
    said = await table.answer("cleo", f"!allocate C-{number + 1} {to}", room=room)
    if "belongs together" in said:
        said = await table.answer("cleo", "yes", room=room, replies_to=said)
    ids = {int(found) - 1 for found in re.findall(r"C-([0-9]+)", said.text.splitlines()[0])}
    if said.subject and said.subject.startswith("K-"):
        for agency in AGENCIES:
            asked = [s for s in table.heard if s.channel == f"agency:{agency}" and s.subject == said.subject]
            who = next(w for w, (_, a, role) in PEOPLE.items() if a == agency and role == "practitioner")
            if asked and refuses:
                await table.say(who, "decline not about him", room=f"agency:{agency}", replies_to=asked[-1])
                return
            if asked:
                await table.say(who, "accept", room=f"agency:{agency}", replies_to=asked[-1])
        said = last(table, room)
        ids = {int(found) - 1 for found in re.findall(r"C-([0-9]+)", said.text.splitlines()[0])}
    assert number in ids
    expected |= dict.fromkeys(ids, to)
