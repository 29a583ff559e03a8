"""Round tables that come again, as they are typed and as the bot keeps them."""

from datetime import UTC, datetime

from commands.roundtable.jobs import tend
from commands.roundtable.rules import RoundTable
from tests.room import Conference, Said, user

EVERY = "!roundtable thu 10:00 about: how it goes every: 2 weeks"


async def at(table: Conference, moment: datetime) -> list[Said]:
    """What is said of round tables by itself at a moment."""
    table.now = moment
    tend(table.sweeps.begin())
    return [said for said in await table.deliver() if not said.file]


def november(day: int, hour: int = 8) -> datetime:
    """Nine o'clock in Amsterdam is eight in UTC."""
    return datetime(2026, 11, day, hour, tzinfo=UTC)


async def test_the_card_tells_the_next_one(table: Conference) -> None:
    room = await table.open_case()
    card = await table.answer("ada", EVERY, room=room)
    assert "Again every 2 weeks: M-2, Thu 19 Nov 2026, 10:00 Europe/Amsterdam\n" in card
    ref = room.partition(":")[2]
    assert list(table.files(room)) == [f"{ref}-M-1.ics", f"{ref}-M-2.ics"]


async def test_once_one_is_over_the_next_but_one_is_put_on_file_once(table: Conference) -> None:
    room = await table.open_case()
    await table.say("ada", EVERY, room=room)
    # The pack of the first one, for Thursday, and that its quorum is not sure.
    assert [one.subject for one in await at(table, november(4)) if not one.file] == ["M-1", "M-1"]
    (told,) = await at(table, november(5, 10))
    assert told.text == (
        "The series goes on (every 2 weeks):\n"
        "M-3 · Thu 3 Dec 2026, 10:00 Europe/Amsterdam\n"
        "Not then?  !roundtable skip M-3   !roundtable move M-3 WHEN because: …\n"
        "The calendar file leaves the encryption: only date and reference are in it."
    )
    assert (told.mentions, told.subject) == ((), "M-3")
    assert f"{room.partition(':')[2]}-M-3.ics" in table.files(room)
    assert await at(table, november(5, 11)) == []


async def test_nothing_is_put_on_file_at_night_nor_for_a_closed_case(table: Conference) -> None:
    room = await table.open_case()
    await table.say("ada", EVERY, room=room)
    assert await at(table, november(5, 20)) == []
    await table.say("cleo", "!close because: he is back at school owner: school", room=room)
    assert await at(table, november(6, 9)) == []


async def test_one_is_skipped(table: Conference) -> None:
    room = await table.open_case()
    card = await table.answer("ada", EVERY, room=room)
    await table.answer("finn", "agenda the gym", room=room, replies_to=card)
    told = await table.answer("hugo", "!roundtable skip M-1 because: school is shut", room=room)
    assert told.text == (
        "M-1 · left out: Thu 5 Nov 2026, 10:00 Europe/Amsterdam\n"
        "Because: school is shut\n"
        "The series goes on:\n"
        "M-2 · Thu 19 Nov 2026, 10:00 Europe/Amsterdam\n"
        "M-3 · Thu 3 Dec 2026, 10:00 Europe/Amsterdam\n"
        "1 item stands on the agenda of M-2.\n"
        "Left out by Hugo Peters (School).\n"
        "The calendar file leaves the encryption: only date and reference are in it."
    )
    assert set(told.mentions) >= {user("ada"), user("finn")}


async def test_calling_one_off_leaves_the_series(table: Conference) -> None:
    room = await table.open_case()
    await table.answer("ada", EVERY, room=room)
    told = await table.answer("hugo", "!roundtable cancel M-1 because: half are ill", room=room)
    assert told.text.splitlines()[:3] == [
        "M-1 · left out: Thu 5 Nov 2026, 10:00 Europe/Amsterdam",
        "Because: half are ill",
        "The series goes on:",
    ]


async def test_the_series_ends(table: Conference) -> None:
    room = await table.open_case()
    await table.answer("ada", EVERY, room=room)
    told = await table.answer("hugo", "!roundtable stop M-2", room=room)
    assert told.text == (
        "The series of round tables has ended.\n"
        "M-1 · called off: Thu 5 Nov 2026, 10:00 Europe/Amsterdam\n"
        "M-2 · called off: Thu 19 Nov 2026, 10:00 Europe/Amsterdam\n"
        "Ended by Hugo Peters (School). To plan another:  !roundtable WHEN\n"
        "The calendar file leaves the encryption: only date and reference are in it."
    )
    assert await at(table, november(6)) == []
    told = await table.answer("hugo", "!roundtable stop M-2", room=room)
    assert told.text == "The series of M-2 has ended already.\nNothing was changed."


async def test_a_first_date_that_does_not_fit_is_asked_about(table: Conference) -> None:
    room = await table.open_case()
    told = await table.answer("ada", "!roundtable thu 10:00 every: first Tuesday", room=room)
    assert told.text == (
        "Thu 5 Nov 2026, 10:00 Europe/Amsterdam is not one of: every first Tuesday.\n"
        "The next one that is: Tue 1 Dec 2026, 10:00 Europe/Amsterdam\n"
        "Type that date instead, or another every:\n"
        "Nothing was changed."
    )
    told = await table.answer("ada", "!roundtable thu 10:00 every: blue moon", room=room)
    assert told.text.splitlines()[0] == "I can't read how often."
    assert (await table.case(room)).all(RoundTable) == []
