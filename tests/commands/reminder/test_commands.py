from datetime import UTC, datetime

from commands.reminder.jobs import remind
from tests.room import Conference, user


def november(day: int, hour: int = 8) -> datetime:
    """Nine o'clock in Amsterdam is eight in UTC."""
    return datetime(2026, 11, day, hour, tzinfo=UTC)


async def called(table: Conference, moment: datetime) -> list[tuple[str, tuple[str, ...]]]:
    """Where somebody is reminded at a moment, and who."""
    table.now = moment
    remind(table.sweeps.begin())
    return [(s.channel, s.mentions) for s in await table.deliver()]


async def test_a_reminder_is_put_off_by_reply_and_comes_again(table: Conference) -> None:
    room = await table.open_case()
    ref = room.partition(":")[2]
    await table.say("ada", "!request health was Sem seen? because: w by: thu 12:00", room=room)
    assert await called(table, november(3)) == [(room, (user("finn"), user("gina")))]
    reminder = table.heard[-1]
    said = await table.answer("finn", "snooze 2 days", room=room, replies_to=reminder)
    assert said.text == (
        f"R-1 · {ref}: I remind you again on Thu 5 Nov 2026, 09:00 Europe/Amsterdam.\n"
        "Only your own reminders rest: managers still hear what is long late."
    )
    assert await called(table, november(4)) == []
    assert await called(table, november(5)) == [(room, (user("finn"), user("gina")))]


async def test_what_was_put_off_beyond_its_date_is_said_when_the_time_is_over(table: Conference) -> None:
    room = await table.open_case()
    await table.say("ada", "!action call Sem for: Hugo by: wed", room=room)
    await table.say("hugo", "!snooze A-1 until mon", room=room)
    for day in (2, 3, 4, 5, 6):
        assert await called(table, november(day)) == []
    assert await called(table, november(9)) == [(room, (user("hugo"),))]
    assert table.heard[-1].text.splitlines()[1] == "A-1 was due Wed 4 Nov 2026"
    assert await called(table, november(10)) == []


async def test_a_step_that_was_said_is_said_again_after_a_snooze(table: Conference) -> None:
    room = await table.open_case()
    await table.say("ada", "!action call Sem for: Hugo by: wed", room=room)
    assert await called(table, november(5)) == [(room, (user("hugo"),))]
    await table.say("hugo", "!snooze A-1 tomorrow 14:00", room=room)
    assert await called(table, november(6)) == []
    assert await called(table, november(6, 13)) == [(room, (user("hugo"),))]
    assert await called(table, november(6, 14)) == []


async def test_a_pause_rests_until_resumed_and_the_manager_hears_all_the_same(table: Conference) -> None:
    room = await table.open_case()
    await table.say("cleo", "!action call Sem for: Ada by: wed", room=room)
    said = await table.answer("ada", "!pause A-1 because: he is with his father", room=room)
    assert "I don’t remind you until you say  resume." in said
    for day in (4, 5, 10):
        assert await called(table, november(day)) == []
    # The table sees that the manager was told; nobody is called there.
    assert await called(table, november(11)) == [(f"direct:{user('bram')}", (user("bram"),)), (room, ())]
    assert not [said for said in table.heard[-2:] if "father" in said]
    await table.say("ada", "!resume A-1", room=room)
    assert await called(table, november(12)) == [(room, (user("ada"),))]
    assert [s.verb for s in (await table.case(room)).steps[-2:]] == ["pause", "resume"]
    assert "paused the reminders of A-1" in await table.answer("ada", "!timeline", room=room)


async def test_only_my_own_reminders_rest(table: Conference) -> None:
    room = await table.open_case()
    await table.say("ada", "!request health was Sem seen? because: w by: thu 12:00", room=room)
    await table.say("finn", "!pause R-1 because: Gina does it", room=room)
    assert await called(table, november(3)) == [(room, (user("gina"),))]
    refused = await table.answer("hugo", "!snooze R-1 2 days", room=room)
    assert "it is not yours, or it is settled" in refused
    assert "don’t rest" in await table.answer("gina", "!resume R-1", room=room)


async def test_in_the_direct_chat_the_case_is_found_or_asked_for(table: Conference) -> None:
    first, second = await table.open_case(), await table.open_case()
    direct = f"direct:{user('hugo')}"
    for room in (first, second):
        await table.say("ada", "!action call Sem for: Hugo by: wed", room=room)
    await table.say("ada", "!action call his aunt for: Hugo by: wed", room=first)
    both = await table.answer("hugo", "snooze A-1 2 days", room=direct)
    assert "You owe A-1 in more than one case" in both
    one = await table.answer("hugo", "snooze A-2 2 days", room=direct)
    assert one.text.startswith(f"A-2 · {first.partition(':')[2]}: I remind you again on")
    assert "No A-9 waits for you." in await table.answer("hugo", "snooze A-9 2 days", room=direct)


async def test_a_reminder_of_what_was_moved_tells_the_date_first_agreed(table: Conference) -> None:
    room = await table.open_case()
    await table.say("ada", "!action call Sem for: Dirk by: thu", room=room)
    await table.say("dirk", "!accept A-1", room=room)
    await table.say("dirk", "!move A-1 fri because: he is away", room=room)
    assert (room, (user("dirk"),)) in await called(table, november(4))
    assert "(first: Thu 5 Nov 2026)" in table.heard[-1]
