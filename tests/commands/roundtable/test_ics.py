"""The calendar files, read back with another library than the one that wrote them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import vobject

from tests.room import Conference

SECRET = ("gym", "town hall", "Hugo", "hugo", "school", "example.org")


def read(data: bytes) -> Any:  # noqa: ANN401 vobject has no types
    return vobject.readOne(data.decode())


async def scheduled(table: Conference) -> tuple[str, str]:
    room = await table.open_case()
    await table.answer("cleo", "!roundtable thu 10:00 about: the gym for: 45m where: town hall chair: Hugo", room=room)
    return room, room.partition(":")[2]


async def test_it_holds_date_and_reference_and_nothing_else(table: Conference) -> None:
    room, ref = await scheduled(table)
    data = table.files(room)[f"{ref}-M-1.ics"]
    calendar = read(data)
    event = calendar.vevent
    assert calendar.method.value == "PUBLISH"
    assert event.summary.value == f"Round table {ref}"
    assert (event.getChildValue("class"), event.sequence.value, event.status.value) == (
        "CONFIDENTIAL",
        "0",
        "CONFIRMED",
    )
    assert event.duration.value == timedelta(minutes=45)
    assert set(event.contents) == {
        "uid",
        "sequence",
        "dtstamp",
        "dtstart",
        "duration",
        "summary",
        "organizer",
        "class",
        "status",
    }
    assert [word for word in SECRET if word in data.decode()] == []


async def test_the_hour_is_that_of_the_zone_by_the_files_own_rules(table: Conference) -> None:
    room, ref = await scheduled(table)
    calendar = read(table.files(room)[f"{ref}-M-1.ics"])
    assert calendar.vtimezone.tzid.value == "Europe/Amsterdam"
    assert calendar.vevent.dtstart.params["X-VOBJ-ORIGINAL-TZID"] == ["Europe/Amsterdam"]
    start = calendar.vevent.dtstart.value
    assert (start.hour, start.astimezone(UTC)) == (10, datetime(2026, 11, 5, 9, 0, tzinfo=UTC))
    await table.answer("cleo", "!roundtable 2027-04-01 10:00", room=room)
    summer = read(table.files(room)[f"{ref}-M-2.ics"]).vevent.dtstart.value
    assert (summer.hour, summer.astimezone(UTC)) == (10, datetime(2027, 4, 1, 8, 0, tzinfo=UTC))


async def test_moving_calling_off_and_taking_that_back_are_newer_versions_of_one_entry(table: Conference) -> None:
    room, ref = await scheduled(table)
    seen = [read(table.files(room)[f"{ref}-M-1.ics"])]
    for text, name in (
        ("!roundtable move M-1 fri 11:00 because: school is shut", f"{ref}-M-1.ics"),
        ("!roundtable cancel M-1 because: half are ill", f"{ref}-M-1-cancelled.ics"),
        ("!undo", f"{ref}-M-1.ics"),
        ("!undo", f"{ref}-M-1.ics"),
    ):
        await table.answer("cleo", text, room=room)
        seen.append(read(table.files(room)[name]))
    assert [c.method.value for c in seen] == ["PUBLISH", "PUBLISH", "CANCEL", "PUBLISH", "PUBLISH"]
    assert [c.vevent.status.value for c in seen] == ["CONFIRMED", "CONFIRMED", "CANCELLED", "CONFIRMED", "CONFIRMED"]
    assert [c.vevent.dtstart.value.day for c in seen] == [5, 6, 6, 6, 5]
    numbers = [int(c.vevent.sequence.value) for c in seen]
    assert numbers == sorted(set(numbers))
    assert len({c.vevent.uid.value for c in seen}) == 1


async def test_a_round_table_that_is_taken_back_leaves_the_calendars(table: Conference) -> None:
    room, ref = await scheduled(table)
    await table.answer("cleo", "!undo", room=room)
    first, last = (read(table.files(room)[f"{ref}-M-1{name}.ics"]) for name in ("", "-cancelled"))
    assert last.method.value == "CANCEL"
    assert last.vevent.uid.value == first.vevent.uid.value
    assert last.vevent.sequence.value > first.vevent.sequence.value


async def test_proposed_times_stand_in_no_calendar(table: Conference) -> None:
    room = await table.open_case()
    await table.answer("cleo", "!roundtable plan thu 10:00 | fri 10:00", room=room)
    await table.answer("cleo", "!undo", room=room)
    assert table.files(room) == {}
