"""Who reads what of a case outside its room: each way out is tried with words that must not come out of it."""

import pytest

from cases.case import Case
from commands.request.rules import Answer, Request, State
from tests.room import PEOPLE, Conference, Said, user

CANARY = "kanarie"
ASK = f"!request health has he been seen, {CANARY}? because: the plan"
COMMANDS = ("!status", "!timeline", "!mine", "!next", "!followups", "!who", "!minutes")


def reads(table: Conference, who: str, since: int, case: Case) -> list[Said]:
    """All that this person can have read since: in the room of their agency, their direct chat, and at the table."""
    rooms = {f"agency:{PEOPLE[who][1]}", f"direct:{user(who)}"}
    if case.is_member(user(who)):
        rooms.add(f"case:{case.ref}")
    return [said for said in table.heard[since:] if said.channel in rooms]


async def release(table: Conference, room: str, name: str) -> int:
    """Let somebody leave the table; gives from where on nothing of it is theirs to read."""
    ref = room.partition(":")[2]
    await table.say("cleo", f"!case release {ref} {name} because: another job", room="coordination")
    return len(table.heard)


async def show_everything(table: Conference, room: str) -> None:
    """Let a member ask for all that there is, and let days pass with all that comes by itself."""
    for command in COMMANDS:
        await table.say("ada", command, room=room)
    await table.say("ada", "!roundtable 9 nov 10:00 about: the plan", room=room)
    for _ in range(10):
        table.later(days=1)
        await table.sweeps.run()
        await table.deliver()
    await table.say("ada", "!roundtable start M-1", room=room)
    await table.say("ada", "!confirm", room=room)
    await table.say("ada", "note: a meeting", room=room)
    await table.say("ada", "!roundtable end", room=room)


async def test_who_was_released_reads_nothing_more_of_the_case(table: Conference) -> None:
    room = await table.open_case()
    since = await release(table, room, "Gina Dekker")
    said = {s.channel: s for s in await table.say("ada", ASK, room=room)}
    assert set(said) == {room, f"direct:{user('finn')}"}
    assert said[f"direct:{user('finn')}"].mentions == (user("finn"),)
    await table.say("ada", "!correct R-1 has he been seen, kanarie, since May?", room=room)
    await table.say("ada", "!undo", room=room)
    await show_everything(table, room)
    await table.say("ada", "!narrow R-1 was he seen, kanarie, in May?", room=room)
    await table.say("ada", "!drop R-1 because: kanarie", room=room)
    await table.say("ada", "!undo", room=room)
    assert not [s for s in reads(table, "gina", since, await table.case(room)) if CANARY in s or "R-1" in s]
    assert [s for s in reads(table, "finn", since, await table.case(room)) if CANARY in s]


async def test_who_was_released_before_the_seat_was_empty_is_not_reminded(table: Conference) -> None:
    room = await table.open_case()
    await release(table, room, "Gina Dekker")
    since = await release(table, room, "Finn de Boer")
    refused = await table.answer("ada", ASK, room=room)
    assert "everybody there has left this table" in refused
    assert (await table.outcomes())[-1] == ("request", "request/nobody_there")
    for who in ("gina", "finn"):
        assert not reads(table, who, since, await table.case(room))


async def test_reminders_of_an_agency_without_anybody_there_leave_out_who_was_released(table: Conference) -> None:
    room = await table.open_case(agencies="police, social")
    ref = room.partition(":")[2]
    await table.say("cleo", f"!case invite {ref} Gina Dekker because: she knows him", room="coordination")
    await table.say("ada", f"{ASK} by: wed 12:00", room=room)
    since = await release(table, room, "Gina Dekker")
    await show_everything(table, room)
    case = await table.case(room)
    assert [s for s in reads(table, "finn", since, case) if "R-1" in s]
    assert not [s for s in reads(table, "gina", since, case) if "R-1" in s]


@pytest.mark.parametrize("line", ["!answer R-1 CANARY", "!nothing R-1", "!moretime R-1 20 nov because: CANARY"])
@pytest.mark.parametrize("by_reply", [True, False])
@pytest.mark.parametrize("where", ["agency:health", f"direct:{user('gina')}"])
async def test_who_was_released_answers_for_nobody(table: Conference, line: str, where: str, *, by_reply: bool) -> None:
    room = await table.open_case()
    said = {s.channel: s for s in await table.say("ada", ASK, room=room)}
    since = await release(table, room, "Gina Dekker")
    card = said["agency:health"] if by_reply and where == "agency:health" else None
    refused = await table.answer("gina", line, room=where, replies_to=card)
    assert refused.text == (
        f"You have left the table of {room.partition(':')[2]}: what it asks and says is not for you any more."
        " Those of your agency who sit there: Finn de Boer.\n"
        "A coordinator can invite you again. Nothing was sent."
    )
    assert (await table.case(room)).all(Request)[0].state is State.OPEN
    assert [s.channel for s in table.heard[since:]] == [where]


@pytest.mark.parametrize("line", ["correct CANARY", "refuse it is CANARY for us ground: other", "status", "help"])
async def test_a_card_of_before_the_release_does_nothing_more(table: Conference, line: str) -> None:
    room = await table.open_case()
    said = {s.channel: s for s in await table.say("ada", ASK, room=room)}
    await table.say("gina", "answer as it was", room="agency:health", replies_to=said["agency:health"])
    await release(table, room, "Gina Dekker")
    refused = await table.answer("gina", f"!{line}", room="agency:health", replies_to=said["agency:health"])
    assert "You have left the table" in refused
    assert [a.text for a in (await table.case(room)).all(Answer)] == ["as it was"]


async def test_whoever_comes_back_reads_and_answers_again(table: Conference) -> None:
    room = await table.open_case()
    ref = room.partition(":")[2]
    await release(table, room, "Gina Dekker")
    await table.say("cleo", f"!case invite {ref} Gina Dekker because: she is back", room="coordination")
    said = {s.channel: s for s in await table.say("ada", ASK, room=room)}
    assert set(said) == {room, "agency:health"}
    assert "Thank you." in await table.answer("gina", "!answer R-1 twice", room="agency:health")


async def test_a_question_to_a_person_is_read_and_answered_by_that_person(table: Conference) -> None:
    room = await table.open_case(agencies="police, social")
    said = {s.channel: s for s in await table.say("ada", "!request Gina Dekker kanarie? because: kanarie", room=room)}
    alone = said[f"direct:{user('gina')}"]
    assert CANARY in alone
    refused = await table.answer("finn", "!answer R-1 he was", room="agency:health")
    assert refused.text == (
        "R-1 was asked of Gina Dekker. Only they can answer it, or a colleague who sits at the table."
        " Nothing was changed."
    )
    await show_everything(table, room)
    assert not [s for s in reads(table, "finn", 0, await table.case(room)) if CANARY in s]
    answered = await table.say("gina", "answer yes, twice", room=alone.channel, replies_to=alone)
    assert {s.channel for s in answered} == {room, alone.channel}
    corrected = await table.say("gina", "correct once", room=alone.channel, replies_to=alone)
    assert {s.channel for s in corrected} == {room, alone.channel}


async def test_a_person_who_left_is_not_asked(table: Conference) -> None:
    room = await table.open_case()
    await release(table, room, "Gina Dekker")
    refused = await table.answer("ada", "!request Gina Dekker was he seen? because: the plan", room=room)
    assert "Gina Dekker has left this table" in refused
    assert (await table.case(room)).all(Request) == []


async def test_an_answer_for_a_few_reaches_those_at_the_table_who_have_not_left(table: Conference) -> None:
    room = await table.open_case(agencies="police, social, youth, school")
    since = await release(table, room, "Jack Post")
    card = {s.channel: s for s in await table.say("ada", "!request school why? because: x see: youth", room=room)}
    assert "kanarie" not in card[room]
    said = await table.say("hugo", f"answer {CANARY}", room="agency:school", replies_to=card["agency:school"])
    assert {s.channel for s in said if CANARY in s} == {"agency:police", f"direct:{user('iris')}"}
    corrected = await table.say("hugo", f"correct no {CANARY}", room="agency:school", replies_to=card["agency:school"])
    assert {s.channel for s in corrected if CANARY in s} == {
        "agency:police",
        "agency:school",
        f"direct:{user('iris')}",
    }
    await table.say("hugo", "!undo", room=room)
    await show_everything(table, room)
    case = await table.case(room)
    for outside in ("jack", "dirk", "cleo", "finn", "gina"):
        assert not [s for s in reads(table, outside, since, case) if CANARY in s], outside


async def test_an_answer_for_a_few_stays_with_them_though_colleagues_share_their_room(table: Conference) -> None:
    room = await table.open_case(agencies="police, school")
    ref = room.partition(":")[2]
    await table.say("cleo", f"!case invite {ref} Iris Kok because: she knows him", room="coordination")
    await table.say("ada", "!request school why? because: x see: youth", room=room)
    said = await table.say("hugo", f"!answer R-1 {CANARY}", room="agency:school")
    assert {s.channel for s in said if CANARY in s} == {"agency:police", f"direct:{user('iris')}"}
    assert not [s for s in reads(table, "jack", 0, await table.case(room)) if CANARY in s]


async def test_who_answers_where_somebody_reads_along_who_left_is_told(table: Conference) -> None:
    room = await table.open_case()
    said = {s.channel: s for s in await table.say("ada", ASK, room=room)}
    await release(table, room, "Gina Dekker")
    thanked = await table.say("finn", "answer twice", room="agency:health", replies_to=said["agency:health"])
    thanks = next(s for s in thanked if s.channel == "agency:health")
    assert "\nSomebody who has left that table reads here." in thanks
    put = {s.channel: s for s in await table.say("finn", f"!correct R-1 {CANARY}", room="agency:health")}
    assert CANARY not in put["agency:health"]
    corrected = await table.say("finn", f"correct {CANARY}", room="agency:health", replies_to=said["agency:health"])
    assert [s.channel for s in corrected if CANARY in s] == [room]
    await table.say("ada", f"!correct R-1 was he {CANARY}?", room=room)
    await table.say("ada", "!undo", room=room)
    assert not [s for s in reads(table, "gina", len(table.heard) - 6, await table.case(room)) if CANARY in s]


async def test_what_waits_when_somebody_is_released_is_not_for_them_any_more(table: Conference) -> None:
    room = await table.open_case()
    ref = room.partition(":")[2]
    await release(table, room, "Gina Dekker")
    with table.store.look() as find:
        assert find.audience("agency:health", ref) == {user("finn")}
        assert find.audience("agency:health") == {user("finn"), user("gina")}
        assert find.audience(f"direct:{user('gina')}", ref) == frozenset()
        assert find.audience(f"direct:{user('gina')}") == {user("gina")}


async def test_an_agency_that_is_asked_sees_the_question_and_not_the_case(table: Conference) -> None:
    room = await table.open_case(agencies="police, social")
    await table.say("ada", f"!concern {CANARY} ran away kind: fact", room=room)
    since = len(table.heard)
    asked = await table.say("ada", "!request health was he seen? because: we plan", room=room)
    for command in (*COMMANDS, f"!correct C-1 {CANARY}"):
        await table.say("finn", command, room="agency:health")
        await table.say("finn", command.removeprefix("!"), room=f"direct:{user('finn')}")
    await table.say("finn", "!answer R-1 in May", room="agency:health")
    seen = reads(table, "finn", since, await table.case(room))
    assert [said for said in asked if said in seen and "was he seen?" in said]
    assert not [said for said in seen if CANARY in said.text + said.html]


MEANT_FOR_A_FEW = [
    "SECRET only: social",
    "SECRET sees: social",
    "SECRET se: social",
    "SECRET to: social and police",
    "SECRET visible to: Social services",
    "SECRET zien: social",
    "SECRET see; social",
    "SECRET see = social",
    "SECRET see - social",
    "SECRET see\u2236 social",
    "SECRET /see: social",
    "SECRET\nonly: social",
    "SECRET only: social only",
    "SECRET (only: social)",
]


@pytest.mark.parametrize("text", MEANT_FOR_A_FEW)
async def test_what_names_those_who_may_read_is_not_posted_to_everybody(table: Conference, text: str) -> None:
    room = await table.open_case()
    await table.say("dirk", "!request health was he seen? because: we plan", room=room)
    [asked] = await table.say("gina", f"!answer R-1 {text}", room="agency:health")
    assert asked.channel == "agency:health"
    assert "Nothing was done." in asked
    assert "SECRET" not in asked
    [asked] = await table.say("dirk", f"!request health {text} because: we plan", room=room)
    assert "Nothing was done." in asked


@pytest.mark.parametrize(
    ("text", "readers"),
    [
        ("SECRET *see:* social", {"agency:social"}),
        ("SECRET **see**: social, police", {"agency:social", "agency:police"}),
        ("SECRET _see_: social", {"agency:social"}),
    ],
)
async def test_a_key_with_marks_around_it_names_those_who_may_read(
    table: Conference, text: str, readers: set[str]
) -> None:
    room = await table.open_case()
    await table.say("dirk", "!request health was he seen? because: we plan", room=room)
    said = await table.say("gina", f"!answer R-1 {text}", room="agency:health")
    assert {one.channel for one in said} == readers | {room, "agency:health"}
    assert {one.channel for one in said if "SECRET" in one.text + one.html} == readers


@pytest.mark.parametrize(
    "text",
    [
        "mother: she said that he slept",
        "two came: police and his mother",
        "Police: two call-outs",
        "he was brought home by the police",
        "he went home - police came later",
        "we saw; police knew",
    ],
)
async def test_text_with_names_of_agencies_stays_text(table: Conference, text: str) -> None:
    room = await table.open_case()
    await table.say("dirk", "!request health was he seen? because: we plan", room=room)
    said = await table.say("gina", f"!answer R-1 {text}", room="agency:health")
    assert text in next(one for one in said if one.channel == room)
