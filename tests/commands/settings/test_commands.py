from datetime import UTC, datetime

import pytest

from commands.action.rules import Action
from commands.reminder.jobs import remind
from tests.room import Conference, user

DIRECT = f"direct:{user('hugo')}"


def november(day: int, hour: int = 8) -> datetime:
    """Nine o'clock in Amsterdam is eight in UTC."""
    return datetime(2026, 11, day, hour, tzinfo=UTC)


async def called(table: Conference, moment: datetime) -> list[tuple[str, tuple[str, ...]]]:
    """Where somebody is reminded at a moment, and who."""
    table.now = moment
    remind(table.sweeps.begin())
    return [(s.channel, s.mentions) for s in await table.deliver()]


async def test_people_choose_their_zone_and_dates_follow_it(table: Conference) -> None:
    room = await table.open_case()
    said = await table.answer("hugo", "zone europe/helsinki", room=DIRECT)
    assert said.text.splitlines()[0] == "Your time zone: Europe/Helsinki"
    await table.say("hugo", "!action call Sem for: school by: thu 12:00", room=room)
    assert (await table.case(room)).all(Action)[0].due_at == datetime(2026, 11, 5, 10, tzinfo=UTC)
    said = await table.answer("hugo", "zone default", room=DIRECT)
    assert said.text.splitlines()[0] == "Your time zone: Europe/Amsterdam"


async def test_quiet_hours_hold_ones_own_reminders_back_and_nobody_elses(table: Conference) -> None:
    room = await table.open_case()
    said = await table.answer("finn", "!quiet 17:00-11:00", room=f"direct:{user('finn')}")
    assert said.text.splitlines()[1] == "Your quiet hours: 17:00-11:00"
    await table.say("ada", "!request health was Sem seen? because: w by: thu 12:00", room=room)
    assert await called(table, november(3)) == [(room, (user("gina"),))]
    assert await called(table, november(3, 9)) == []
    assert await called(table, november(3, 10)) == [(room, (user("finn"),))]
    assert await called(table, november(3, 11)) == []


async def test_whoever_works_at_night_is_reminded_in_the_direct_chat(table: Conference) -> None:
    room = await table.open_case()
    await table.say("hugo", "quiet 8-19", room=DIRECT)
    await table.say("ada", "!action call Sem for: Hugo by: thu", room=room)
    assert await called(table, november(3)) == []
    assert await called(table, november(3, 18)) == [(DIRECT, (user("hugo"),))]
    assert "Sem" not in table.heard[-1]
    # At the weekend nobody is called, whatever hours they chose.
    await table.say("ada", "!action call his aunt for: Hugo by: fri", room=room)
    assert await called(table, november(7, 18)) == []


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("zone Mars/Olympus", "is no time zone that I know"),
        ("zone ../../etc/passwd", "is no time zone that I know"),
        ("quiet always", "are no hours that I can read"),
        ("quiet 25:00-08:00", "are no hours that I can read"),
        ("quiet 08:00-08:00", "are no hours that I can read"),
    ],
)
async def test_what_cannot_be_read_changes_nothing(table: Conference, typed: str, told: str) -> None:
    said = await table.answer("hugo", typed, room=DIRECT)
    assert told in said
    assert typed.partition(" ")[2] not in said
    assert "Nothing was changed." in said
    assert "Europe/Amsterdam\nYour quiet hours: 19:00-08:00 (as usual)" in await table.answer(
        "hugo", "settings", room=DIRECT
    )


async def test_settings_belong_into_the_direct_chat(table: Conference) -> None:
    room = await table.open_case()
    assert "a direct chat with me" in await table.answer("hugo", "!quiet 19:00-08:00", room=room)
