"""What happens by itself over weeks, to be read like minutes: a clock change, and Christmas."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.sections import read_holidays
from cases.scheme import Scheme
from commands.reminder.jobs import remind
from commands.roundtable.jobs import tend
from commands.roundtable.rules import AgendaItem, RoundTable
from tests.room import Conference, Said, user


def local(zone: str, wall: str) -> datetime:
    """A moment as the clock on the wall tells it: ``2027-03-08 09:00``."""
    return datetime.fromisoformat(wall).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


@pytest.mark.scenario
@pytest.mark.parametrize(("zone", "offset"), [("Europe/Amsterdam", "+01:00"), ("Europe/Helsinki", "+02:00")])
async def test_a_recurring_table_is_moved_across_the_clock_change(table: Conference, zone: str, offset: str) -> None:
    """The clocks go forward on Sunday 28 March 2027; the table meets every second Wednesday at ten."""
    table = Conference(table.store, replace(table.house, zone=ZoneInfo(zone)), local(zone, "2027-03-08 09:00"))
    room = await table.open_case()
    ref = room.partition(":")[2]

    # Wednesday 17 March and 31 March are on file, at ten on the wall before and after the change.
    card = await table.answer("ada", "!roundtable 17 mar 2027 10:00 every: 2 weeks", room=room)
    assert f"Wed 17 Mar 2027, 10:00 {zone}" in card
    assert f"M-2, Wed 31 Mar 2027, 10:00 {zone}" in card
    await table.say("finn", "!agenda M-1 the gym", room=room)
    first, second = (await table.case(room)).all(RoundTable)
    assert second.starts_at - first.starts_at == timedelta(days=14) - timedelta(hours=1)
    assert first.starts_at.astimezone(ZoneInfo(zone)).isoformat().endswith(offset)

    # The first is moved over the change, to Tuesday 30 March at ten: an hour on the wall, not on the globe.
    moved = await table.answer("hugo", "!roundtable move M-1 30 mar 2027 10:00 because: the school is shut", room=room)
    assert f"Tue 30 Mar 2027, 10:00 {zone}" in moved
    first, second = (await table.case(room)).all(RoundTable)
    assert first.starts_at == local(zone, "2027-03-30 10:00")
    assert second.starts_at == local(zone, "2027-03-31 10:00")
    (file,) = (data.decode() for name, data in table.files(room).items() if name == f"{ref}-M-1.ics")
    assert f"DTSTART;TZID={zone}:20270330T100000\r\n" in file
    assert "SEQUENCE:1\r\n" in file

    # What its agenda held stays with it, and the rule goes on as if nothing had been moved: 14 April at ten.
    table.now = local(zone, "2027-03-31 11:00")
    tend(table.sweeps.begin())
    said = [s.text for s in await table.deliver() if not s.file]
    assert any(f"M-3 · Wed 14 Apr 2027, 10:00 {zone}" in text for text in said)
    tables = (await table.case(room)).all(RoundTable)
    assert {t.starts_at.astimezone(ZoneInfo(zone)).hour for t in tables} == {10}
    assert [item.roundtable for item in (await table.case(room)).all(AgendaItem)] == ["M-1"]


@pytest.mark.scenario
async def test_a_reminder_ladder_over_christmas(table: Conference) -> None:
    """An answer is due on Monday 28 December 2026; Friday 25 December and Friday 1 January are days off."""
    schemes = {"safety table": Scheme(read_holidays("NL"))}
    table = Conference(table.store, replace(table.house, schemes=schemes), december(21, 11))
    room = await table.open_case()
    ref = room.partition(":")[2]
    await table.say("cleo", "!request police any call-outs? because: the plan by: 28 dec 2026 12:00", room=room)

    # Two working days before Monday 28 are Wednesday 23 and Thursday 24: it is said on Wednesday at nine, and once.
    assert await calls(table, december(22)) == []
    assert await calls(table, december(23, 8, 59)) == []
    ((where, text, whom),) = await calls(table, december(23))
    assert (where, text.partition("\n")[2], whom) == (room, "R-1 due Mon 28 Dec 2026", (user("ada"),))

    # Nothing on Christmas Eve; on Christmas and at the weekend nobody is called.
    for day in (24, 25, 26, 27):
        assert await calls(table, december(day, 10)) == []

    # On the morning itself, and once when it is late.
    ((_, text, _),) = await calls(table, december(28))
    assert text.partition("\n")[2] == "R-1 due today 12:00"
    ((_, text, _),) = await calls(table, december(29))
    assert text.partition("\n")[2] == "R-1 due yesterday"
    for day in (30, 31):
        assert await calls(table, december(day)) == []

    # New Year's Day and the weekend do not count: the fifth working day is Tuesday 5 January, for the manager, who
    # reads no content.
    for day in (1, 2, 3, 4):
        assert await calls(table, january(day)) == []
    seen, (where, text, whom) = sorted(await calls(table, january(5)))
    assert seen[:2] == (room, "R-1 · Bram Visser was told that this is long late,\nand nothing of what it is about.")
    assert (where, whom) == (f"direct:{user('bram')}", (user("bram"),))
    assert text.splitlines()[0] == f"{ref}: 1 item of your agency is 5 working days late. It is with Ada Jansen."
    assert "call-outs" not in text

    # The tenth is Tuesday 12 January: steering hears a count.
    assert await calls(table, january(11)) == []
    ((where, text, _),) = await calls(table, january(12))
    assert (where, text.splitlines()[0]) == ("coordination", "1 item is 10 working days late or more, in 1 case.")
    assert await calls(table, january(13)) == []


def december(day: int, hour: int = 9, minute: int = 0) -> datetime:
    return local("Europe/Amsterdam", f"2026-12-{day:02} {hour:02}:{minute:02}")


def january(day: int, hour: int = 9) -> datetime:
    return local("Europe/Amsterdam", f"2027-01-{day:02} {hour:02}:00")


async def calls(table: Conference, moment: datetime) -> list[tuple[str, str, tuple[str, ...]]]:
    """Where what is said to whom by the reminders at a moment."""
    table.now = moment
    remind(table.sweeps.begin())
    said: list[Said] = await table.deliver()
    return [(s.channel, s.text, s.mentions) for s in said]
