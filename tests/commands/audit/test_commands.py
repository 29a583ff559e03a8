"""How a round table was found: asked of each agency once, shown as a mean over a quarter and never else."""

from datetime import UTC, datetime

import pytest

from commands.audit.rules import Audit
from tests.room import PEOPLE, Conference, Said, user

THERE = ("ada", "dirk", "finn", "hugo", "iris")


async def held(table: Conference, *there: str) -> tuple[str, list[Said]]:
    """A round table at which these were, beside Ada, who chaired; its room, and what was said at its end."""
    room = await table.open_case()
    await table.say("ada", "!roundtable tomorrow 10:00", room=room)
    table.later(days=1)
    await table.say("ada", "!roundtable start M-1", room=room)
    for who in there:
        await table.say(who, "!confirm", room=room)
    return room, await table.say("ada", "!roundtable end", room=room)


def offers(said: list[Said]) -> dict[str, Said]:
    return {one.channel: one for one in said if "how did you find it?" in one}


@pytest.mark.scenario
async def test_each_agency_that_was_there_looks_back_in_its_own_room_and_only_means_are_shown(
    table: Conference,
) -> None:
    """Practice, section 5, row 9: the meeting audit."""
    room, said = await held(table, *THERE[1:])
    cards = offers(said)
    assert cards.keys() == {f"agency:{PEOPLE[who][1]}" for who in THERE}
    for number, who in enumerate(THERE):
        channel = f"agency:{PEOPLE[who][1]}"
        since = len(table.heard)
        thanks = await table.answer(who, f"audit {1 + number % 2} 4 2 3", room=channel, replies_to=cards[channel])
        assert "only means over a quarter are ever shown" in thanks
        assert {one.channel for one in table.heard[since:]} == {channel}
        means = await table.answer("cleo", "!audit figures", room="coordination")
        assert ("no mean is shown" in means) is (number < len(THERE) - 1)
    assert means.text == (
        "How round tables were found, 2026-Q4\n"
        "Means, from 1 (poor) to 4 (good):\n"
        "Arrangements: 1.4\n"
        "Conduct: 4.0\n"
        "Assessment: 2.0\n"
        "Plan: 3.0\n"
        "Agencies that said so: 5"
    )
    assert "no mean is shown" in await table.answer("cleo", "!audit figures 2026-Q3", room="coordination")
    await table.say("cleo", "!minutes view M-1 unknown", room=room)
    for line in ("!timeline", "!status", "!minutes M-1", "!followups"):
        told = await table.say("ada", line, room=room)
        assert not [one for one in told if "1.4" in one or "4 2 3" in one]


async def test_an_agency_gives_its_marks_once(table: Conference) -> None:
    room, said = await held(table, "gina", "finn")
    card = offers(said)["agency:health"]
    await table.say("gina", "audit 3 4 2 3", room="agency:health", replies_to=card)
    refused = await table.answer("finn", "!audit M-1 1 1 1 1", room=room)
    assert "given its marks for M-1 already" in refused
    assert [(one.agency, one.plan) for one in (await table.case(room)).all(Audit)] == [("health", 3)]


@pytest.mark.parametrize(
    ("who", "line", "told"),
    [
        ("hugo", "!audit M-1 3 4 2 3", "Your agency was not at M-1"),
        ("ada", "!audit M-1 3 4 2 5", "PLAN"),
        ("ada", "!audit M-1 3 4 2", "missing"),
        ("ada", "!audit M-1 3 4 2 3 4", "more than this command takes"),
    ],
)
async def test_marks_are_four_of_who_was_there(table: Conference, who: str, line: str, told: str) -> None:
    room, _ = await held(table, "finn")
    said = await table.answer(who, line, room=room)
    assert told.casefold() in said.text.casefold(), said.text
    assert (await table.case(room)).all(Audit) == []


async def test_a_meeting_is_looked_back_at_afterwards(table: Conference) -> None:
    room = await table.open_case()
    await table.say("ada", "!roundtable tomorrow 10:00", room=room)
    assert "has not ended yet" in await table.answer("ada", "!audit M-1 3 4 2 3", room=room)


async def test_marks_can_be_taken_back(table: Conference) -> None:
    room, _ = await held(table, "finn")
    await table.say("ada", "!audit M-1 3 4 2 3", room=room)
    await table.say("ada", "!undo", room=room)
    await table.say("ada", "!audit M-1 2 2 2 2", room=room)
    assert [one.plan for one in (await table.case(room)).all(Audit) if not one.withdrawn] == [2]


async def test_a_quarter_begins_at_midnight_where_the_house_is(table: Conference) -> None:
    room, _ = await held(table, *THERE[1:])
    # New Year's night in Amsterdam.
    table.now = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    for who in THERE:
        await table.say(who, "!audit M-1 3 4 2 3", room=room)
    shown = {"2026-Q4": "no mean is shown", "last quarter": "found, 2026-Q4", "q1": "said so: 5"}
    shown |= {"november": "Which quarter?", "2026": "Which quarter? Such as 2027-Q1."}
    for typed, told in shown.items():
        assert told in await table.answer("cleo", f"!audit figures {typed}", room="coordination"), typed


async def test_only_coordinators_read_the_means(table: Conference) -> None:
    room, _ = await held(table, "finn")
    for where in (room, "agency:police", f"direct:{user('ada')}"):
        await table.say("ada", "!audit figures", room=where)
        assert (await table.outcomes())[-1][1] != "done"
