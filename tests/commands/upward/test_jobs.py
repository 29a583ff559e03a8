"""What steering hears: counts, one message a day, and no reference."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tests.room import Conference, Said, user

STEERING = "steering"


async def seat(table: Conference) -> None:
    await table.say("kees", f"!member sits {user('ella')} steering because: she heads it", room="admin")


async def on(table: Conference, moment: str) -> list[Said]:
    """What is said by itself at a moment, in Amsterdam."""
    table.now = datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo("Europe/Amsterdam"))
    await table.sweeps.run()
    return await table.deliver()


def upward(said: list[Said]) -> list[str]:
    return [s.text for s in said if s.channel == STEERING and "What stays undone, as counts" in s]


@pytest.mark.scenario
async def test_what_is_ten_working_days_late_reaches_steering_as_a_count(table: Conference) -> None:
    await seat(table)
    room, other = await table.open_case(), await table.open_case()
    for where in (room, room, other):
        await table.say("ada", "!action CANARY visit him for: health by: 3 nov", room=where)
    said = await on(table, "2026-11-17 10:00")
    (told,) = upward(said)
    assert "3 items are 10 working days late or more, in 2 cases." in told
    assert not any(word in told for word in ("CANARY", "A-1", room.partition(":")[2], other.partition(":")[2]))
    assert any(s.channel == "coordination" and "10 working days late" in s for s in said)
    assert upward(await on(table, "2026-11-17 15:00")) == upward(await on(table, "2026-11-18 10:00")) == []


async def test_what_comes_up_later_that_day_waits_for_the_next(table: Conference) -> None:
    await seat(table)
    rooms = [await table.open_case() for _ in range(2)]
    for room in rooms:
        await table.say("ada", "!action visit him for: health by: 3 nov", room=room)
    assert upward(await on(table, "2026-11-17 09:30"))
    for room in rooms:
        await fail_twice(table, room)
    assert upward(await on(table, "2026-11-17 18:00")) == []
    assert upward(await on(table, "2026-11-18 08:30")) == []
    (told,) = upward(await on(table, "2026-11-18 09:30"))
    assert "2 cases: no quorum at their round tables, twice running" in told
    assert "working days late" not in told


async def fail_twice(table: Conference, room: str) -> None:
    """Two round tables at which Hugo sits alone."""
    for number in (1, 2):
        await table.say("hugo", "!roundtable today 16:00" if number == 1 else "!roundtable today 16:30", room=room)
        table.now = table.now.replace(hour=16, minute=30 * (number - 1))
        await table.say("hugo", f"!roundtable start M-{number}", room=room)
        await table.say("hugo", "!roundtable end", room=room)
        table.now = table.now.replace(hour=10, minute=0)


@pytest.mark.scenario
async def test_what_stays_on_the_radar_and_a_ladder_at_its_end_are_counted(table: Conference) -> None:
    await seat(table)
    room = await table.open_case()
    await table.say("ada", "!decide he moves because: CANARY", room=room)
    await table.say("dirk", "!dissent D-1 CANARY", room=room)
    await table.say("dirk", "!escalate D-1 because: CANARY", room=room)
    told = [text for day in range(3, 31) for text in upward(await on(table, f"2026-11-{day:02} 10:00"))]
    assert any("1 case: a disagreement has passed the last level without an outcome" in text for text in told)
    assert any("for two weeks running" in text for text in told)
    assert len(told) <= 8
    assert not any(word in text for text in told for word in ("CANARY", "D-1", room.partition(":")[2]))


async def test_without_a_steering_group_all_is_as_before_and_nothing_is_kept_for_it(table: Conference) -> None:
    room = await table.open_case()
    await table.say("ada", "!action visit him for: health by: 3 nov", room=room)
    assert upward(await on(table, "2026-11-17 10:00")) == []
    await seat(table)
    assert upward(await on(table, "2026-11-18 10:00")) == []
    await table.say("kees", f"!member sits {user('ella')} none because: x", room="admin")
    await table.say("ada", "!action call him for: health by: 19 nov", room=room)
    assert upward(await on(table, "2026-12-04 10:00")) == []
