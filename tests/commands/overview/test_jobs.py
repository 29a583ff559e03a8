"""What a team reads each working morning; what a table reads each week is in tests/chat/test_jobs.py."""

from dataclasses import replace
from datetime import UTC, date, datetime

from cases.case import Mode
from cases.scheme import Scheme
from commands.overview.jobs import post_morning, post_weekly
from tests.room import Conference, Said, user


def november(day: int, hour: int = 8, minute: int = 0) -> datetime:
    """Nine o'clock in Amsterdam is eight in UTC."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


async def open_team(table: Conference, mode: str = "mode: team") -> str:
    """A case of a team, whose members are all there; its room."""
    said = await table.say(
        "cleo", f"!case open why: he is missing goal: a safe home agencies: police, health {mode}", room="coordination"
    )
    room = next(s.channel for s in said if s.channel.startswith("case:"))
    await table.comings.joined(f"!{room}:example.org", tuple(map(user, ("ada", "cleo", "finn", "gina"))), room)
    await table.deliver()
    return room


async def mornings(table: Conference, moment: datetime) -> list[Said]:
    """The digests that are posted at a moment."""
    table.now = moment
    post_weekly(table.sweeps.begin())
    post_morning(table.sweeps.begin())
    return await table.deliver()


async def test_the_morning_of_a_team(table: Conference) -> None:
    room = await open_team(table)
    ref = room.partition(":")[2]
    await table.say("ada", "!request health was Sem seen? because: w by: wed 15:00", room=room)
    await table.say("finn", "!action visit his mother for: police by: fri", room=room)
    await table.say("cleo", "!roundtable wed 16:00 where: town hall", room=room)
    table.now = november(3, 10)
    await table.say("gina", "!concern he has not slept", room=room)
    (said,) = await mornings(table, november(4))
    assert (said.channel, said.notice, said.mentions) == (room, True, ())
    assert said.text == (
        f"Goal of {ref}: a safe home\n"
        "Due today\n"
        "M-1 · round table · 16:00 · town hall\n"
        "Health service: answer R-1 · due Wed 4 Nov 2026\n"
        "Waiting for\n"
        "Police: accept or decline A-1 · due Fri 6 Nov 2026\n"
        "New since Tue 3 Nov 2026\n"
        "Gina Dekker (Health service) · raised a concern (C-1)"
    )


async def test_it_is_said_once_a_working_morning_and_in_the_place_of_the_weekly_one(table: Conference) -> None:
    room = await open_team(table)
    await table.say("ada", "!request health was Sem seen? because: w by: 20 nov", room=room)
    assert await mornings(table, november(2, 11)) == []
    assert await mornings(table, november(3, 7, 59)) == []
    assert [s.channel for s in await mornings(table, november(3))] == [room]
    assert await mornings(table, november(3, 9)) == []
    assert await mornings(table, november(7)) == []
    # Monday, and after a morning on which the bot was down.
    (said,) = await mornings(table, november(9, 10))
    assert "The week begins" not in said
    assert ("morning", "done") in await table.outcomes()


async def test_an_empty_morning_is_not_posted(table: Conference) -> None:
    room = await open_team(table)
    assert len(await mornings(table, november(3))) == 1
    assert await mornings(table, november(4)) == []
    table.now = november(4, 10)
    await table.say("ada", "!concern he called", room=room)
    # What is new today is for tomorrow.
    assert await mornings(table, november(4, 11)) == []
    (said,) = await mornings(table, november(5))
    assert "raised a concern (C-1)" in said


async def test_monday_tells_what_happened_at_the_weekend(table: Conference) -> None:
    room = await open_team(table)
    table.now = november(7, 14)
    await table.say("ada", "!concern he was seen at the station", room=room)
    table = Conference(table.store, replace(table.house, schemes={"safety table": Scheme({date(2026, 11, 9)})}))
    assert await mornings(table, november(9)) == []
    (said,) = await mornings(table, november(10))
    assert "New since Fri 6 Nov 2026\nAda Jansen (Police) · raised a concern (C-1)" in said


async def test_what_was_taken_back_is_no_news_and_long_lists_end(table: Conference) -> None:
    room = await open_team(table)
    await table.say("ada", "!concern he was seen", room=room)
    await table.say("ada", "!undo", room=room)
    for number in range(25):
        await table.say("ada", f"!action call {number} for: police by: fri", room=room)
    (said,) = await mornings(table, november(3))
    lines = said.text.splitlines()
    assert "raised a concern" not in said
    # Beside the actions, that the case was opened is new.
    assert lines[-1] == "and 16 more:  !timeline"
    assert lines[lines.index("Waiting for") + 21] == "and 5 more:  !followups"


async def test_a_scheme_of_teams_opens_teams_unless_a_case_says_otherwise(table: Conference) -> None:
    house = replace(table.house, schemes={"safety table": Scheme(mode=Mode.TEAM)})
    table = Conference(table.store, house, table.now)
    team = await open_team(table, mode="")
    assert (await table.case(team)).mode is Mode.TEAM
    assert "I post a digest here each working morning" in next(s for s in table.heard if s.channel == team)
    quiet = await open_team(table, mode="mode: table")
    assert (await table.case(quiet)).mode is Mode.TABLE
    assert [s.channel for s in await mornings(table, november(3))] == [team]


async def test_a_team_is_left_in_peace_once_its_case_is_closed(table: Conference) -> None:
    room = await open_team(table)
    await table.say("cleo", "!close because: Sem is back owner: health", room=room)
    assert await mornings(table, november(3)) == []
