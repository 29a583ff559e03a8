from dataclasses import replace
from datetime import UTC, date, datetime

import sqlalchemy as sa
from structlog.testing import capture_logs

from cases.scheme import Scheme
from commands.reminder.jobs import remind
from commands.roundtable.jobs import tend
from tests.room import Conference, Said, user


def november(day: int, hour: int = 8, minute: int = 0) -> datetime:
    """Nine o'clock in Amsterdam is eight in UTC."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


async def at(table: Conference, moment: datetime) -> list[Said]:
    """What is said by itself at a moment."""
    table.now = moment
    await table.sweeps.run()
    return await table.deliver()


async def reminders_at(table: Conference, moment: datetime) -> list[tuple[str, str, tuple[str, ...]]]:
    table.now = moment
    remind(table.sweeps.begin())
    return [(s.channel, s.text, s.mentions) for s in await table.deliver()]


async def test_what_falls_due_is_said_once_to_those_who_owe_it(table: Conference) -> None:
    room = await table.open_case()
    ref = room.partition(":")[2]
    await table.say("ada", "!request health was Sem seen? because: the plan by: thu 12:00", room=room)
    assert await reminders_at(table, november(3, 7, 59)) == []
    ahead = (room, f"1 item needs you in {ref}\nR-1 due Thu 5 Nov 2026", (user("finn"), user("gina")))
    assert await reminders_at(table, november(3)) == [ahead]
    assert await reminders_at(table, november(3, 8, 1)) == []
    ((_, text, _),) = await reminders_at(table, november(5))
    assert text == f"1 item needs you in {ref}\nR-1 due today 12:00"
    ((_, text, _),) = await reminders_at(table, november(6))
    assert text == f"1 item needs you in {ref}\nR-1 due yesterday"
    assert await reminders_at(table, november(9)) == []


async def test_one_message_for_an_agency_and_a_case(table: Conference) -> None:
    room = await table.open_case()
    ref = room.partition(":")[2]
    for text in (
        "!request health was Sem seen? because: w by: wed 15:00",
        "!request health and since? because: w by: thu 15:00",
        "!action call Sem for: school by: thu",
    ):
        await table.say("ada", text, room=room)
    said = await reminders_at(table, november(5, 9))
    assert said == [
        (room, f"2 items need you in {ref}\nR-1 due yesterday · R-2 due today 15:00", (user("finn"), user("gina"))),
        (room, f"1 item needs you in {ref}\nA-1 due today 17:00", (user("hugo"),)),
    ]


async def test_only_the_person_who_owes_it_is_woken(table: Conference) -> None:
    room = await table.open_case()
    await table.say("ada", "!request Gina was Sem seen? because: w by: thu 12:00", room=room)
    ((_, _, woken),) = await reminders_at(table, november(5))
    assert woken == (user("gina"),)
    assert [s.subject for s in table.heard[-1:]] == ["R-1"]


async def test_quiet_hours_and_weekends_hold_everything(table: Conference) -> None:
    room = await table.open_case()
    await table.say("ada", "!request health was Sem seen? because: w by: fri 12:00", room=room)
    for quiet in (november(5, 19), november(7, 10), november(8, 10), november(9, 7, 59)):
        assert await reminders_at(table, quiet) == []
    ((_, text, _),) = await reminders_at(table, november(9))
    assert text.partition("\n")[2] == "R-1 was due Fri 6 Nov 2026"


async def test_what_fell_due_while_the_bot_was_down_is_said_once(table: Conference) -> None:
    room = await table.open_case()
    await table.say("ada", "!request school was Sem there? because: w by: wed 12:00", room=room)
    assert len(await reminders_at(table, november(5, 10))) == 1
    assert await reminders_at(table, november(5, 10, 1)) == []


async def test_nobody_gets_two_reminders_of_one_case_on_one_day(table: Conference) -> None:
    room = await table.open_case()
    await table.say("ada", "!request health was Sem seen? because: w by: fri 12:00", room=room)
    assert len(await reminders_at(table, november(6))) == 1
    with table.store.update() as session:
        session.execute(sa.text("UPDATE reminded SET stage = 0"))
    assert await reminders_at(table, november(6, 10)) == []
    ((_, text, _),) = await reminders_at(table, november(9))
    assert "R-1 was due Fri 6 Nov 2026" in text


async def test_an_agency_without_anybody_at_the_table_is_reminded_in_its_own_room(table: Conference) -> None:
    room = await table.open_case()
    ref = room.partition(":")[2]
    await table.say("ada", "!request school was Sem there? because: w by: thu 12:00", room=room)
    await table.say("cleo", f"!case release {ref} Hugo because: ill", room="coordination")
    assert await reminders_at(table, november(5)) == [
        ("agency:school", f"1 item needs you in {ref}\nR-1 due today 12:00", (user("hugo"),))
    ]


async def test_the_manager_hears_without_content_what_is_long_late(table: Conference) -> None:
    room = await table.open_case()
    ref = room.partition(":")[2]
    await table.say("cleo", "!request police any call-outs about Sem? because: the plan by: wed 12:00", room=room)
    assert len(await reminders_at(table, november(5))) == 1
    seen, told = sorted(await reminders_at(table, november(11)))
    # Who owes it sees that it was said, at the table, where nobody is called for it.
    assert seen == (
        room,
        "R-1 · Bram Visser was told that this is long late,\nand nothing of what it is about.",
        (),
    )
    assert told == (
        f"direct:{user('bram')}",
        (
            f"{ref}: 1 item of your agency is 5 working days late. It is with Ada Jansen.\n"
            "Please see to it that somebody can answer.\n"
            "What it is about stands in the case room, with your colleagues at the table."
        ),
        (user("bram"),),
    )
    assert await reminders_at(table, november(12)) == []


async def test_without_a_manager_the_coordinators_hear_it(table: Conference) -> None:
    room = await table.open_case()
    ref = room.partition(":")[2]
    await table.say("ada", "!request school was Sem there? because: w by: wed 12:00", room=room)
    owner, coordinators = await reminders_at(table, november(12))
    assert owner[0] == room
    assert coordinators == (
        "coordination",
        f"School: long late, and the agency has no manager on file.\n{ref}: 1 item, 6 working days late",
        (),
    )


async def test_whoever_owes_something_in_two_cases_gets_one_message(table: Conference) -> None:
    first, second = await table.open_case(), await table.open_case()
    for room in (first, second):
        await table.say("ada", "!request school was Sem there? because: w by: thu 12:00", room=room)
        await table.say("ada", "!request Gina was Sem seen? because: w by: thu 15:00", room=first)
    said = await reminders_at(table, november(5))
    cases = "\n".join(f"{ref}: R-1 due today 12:00" for ref in sorted(r.partition(":")[2] for r in (first, second)))
    assert [s for s in said if user("hugo") in s[2]] == [
        (f"direct:{user('hugo')}", f"2 items need you\n{cases}", (user("hugo"),))
    ]
    # The table sees it, too: nobody is called there twice.
    assert [(s[0], s[2]) for s in said if "R-1" in s[1] and s[0] != f"direct:{user('hugo')}"] == [
        (first, ()),
        (second, ()),
    ]
    assert [s[2] for s in said if "R-2" in s[1]] == [(user("gina"),)]
    assert await reminders_at(table, november(5, 9)) == []


async def test_what_was_said_to_one_is_said_to_another_when_it_becomes_theirs(table: Conference) -> None:
    room = await table.open_case()
    await table.say("ada", "!action call Sem for: school by: thu", room=room)
    assert len(await reminders_at(table, november(5))) == 1
    await table.say("hugo", "!hand A-1 youth because: they know him", room=room)
    assert await reminders_at(table, november(5, 10)) == []
    ((_, text, woken),) = await reminders_at(table, november(6))
    assert (text.partition("\n")[2], woken) == ("A-1 due yesterday", (user("iris"), user("jack")))


async def test_what_was_slept_through_is_said_once_and_says_so(table: Conference) -> None:
    room = await table.open_case()
    ref = room.partition(":")[2]
    await table.say("ada", "!request health was Sem seen? because: w by: thu 12:00", room=room)
    ((_, text, _),) = await reminders_at(table, november(4, 10))
    assert text == f"1 item needs you in {ref}\nR-1 due tomorrow 12:00\n(This comes later than planned.)"
    assert await reminders_at(table, november(4, 11)) == []


async def test_the_persons_own_manager_hears_it(table: Conference) -> None:
    with table.store.update() as session:
        session.execute(
            sa.text("UPDATE professionals SET manager = :ella WHERE name = 'Hugo Peters'"), {"ella": user("ella")}
        )
    first, second = await table.open_case(), await table.open_case()
    for room in (first, second):
        await table.say("ada", "!action call Sem for: Hugo by: wed", room=room)
    await reminders_at(table, november(5))
    *rooms, told = sorted(await reminders_at(table, november(11)))
    refs = sorted(room.partition(":")[2] for room in (first, second))
    assert [where for where, *_ in rooms] == sorted((first, second))
    assert told[0] == f"direct:{user('ella')}"
    assert told[1].splitlines()[:2] == [
        f"{ref}: 1 item of your agency is 5 working days late. It is with Hugo Peters." for ref in refs
    ]


async def test_steering_hears_a_count_and_no_reference(table: Conference) -> None:
    room = await table.open_case()
    for text in ("!request police any call-outs? because: w by: wed 12:00", "!action call Sem for: youth by: wed"):
        await table.say("cleo", text, room=room)
    await reminders_at(table, november(5))
    await reminders_at(table, november(11))
    assert await reminders_at(table, november(17)) == []
    assert await reminders_at(table, november(18)) == [
        (
            "coordination",
            (
                "2 items are 10 working days late or more, in 1 case.\n"
                "Owners and managers were told; references:  !case list"
            ),
            (),
        )
    ]
    assert await reminders_at(table, november(19)) == []


async def test_the_weekly_digest_comes_on_monday_at_nine_once(table: Conference) -> None:
    room = await table.open_case()
    ref = room.partition(":")[2]
    await table.say("ada", "!request health was Sem seen? because: w by: 20 nov", room=room)
    assert await at(table, november(3, 9)) == []
    assert await at(table, november(9, 7, 59)) == []
    (said,) = await at(table, november(9))
    assert (said.channel, said.notice) == (room, True)
    assert said.text == (
        f"Goal of {ref}: a safe routine again\n"
        "The week begins. What is still open:\n"
        f"{ref} · unresolved: 1\n"
        "Health service: answer R-1 · due Fri 20 Nov 2026 · was Sem seen?\n"
        "Whose move is first:  !next   What you owe:  !mine"
    )
    assert await at(table, november(9, 8, 1)) == []
    assert await at(table, november(10)) == []
    assert len(await at(table, november(16))) == 1


async def test_a_digest_that_was_missed_on_monday_is_said_later_that_week(table: Conference) -> None:
    room = await table.open_case()
    await table.say("ada", "!request health was Sem seen? because: w by: 20 nov", room=room)
    assert [s.channel for s in await at(table, november(11, 10))] == [room]
    assert await at(table, november(12, 10)) == []


async def test_a_digest_with_nothing_in_it_is_not_said(table: Conference) -> None:
    room = await table.open_case()
    assert await at(table, november(9)) == []
    await table.say("ada", "!request health was Sem seen? because: w by: 20 nov", room=room)
    assert await at(table, november(10)) == []
    assert ("digest", "done") in await table.outcomes()


async def test_the_radar_tells_the_coordinators_by_reference_once_a_week(table: Conference) -> None:
    first = (await table.open_case()).partition(":")[2]
    second = (await table.open_case(agencies="police")).partition(":")[2]
    await table.say("cleo", f"!case release {first} Cleo because: a new job", room="coordination")
    assert await at(table, november(3, 7, 59)) == []
    (said,) = await at(table, november(3))
    assert (said.channel, said.text) == (
        "coordination",
        (
            f"1 case needs a look\n{first}: no director at the table\n"
            "Type  !review DATE  in the case room, or bring the table together."
        ),
    )
    assert await at(table, november(4)) == []
    # Two weeks later both are silent as well; what was reported in an earlier week is reported again.
    # The tables hear of their own open items at the beginning of the week.
    (said,) = [one for one in await at(table, november(17)) if one.channel == "coordination"]
    assert said.text.splitlines()[:3] == [
        "2 cases need a look",
        f"{first}: no director at the table, no sign of life for 14 days",
        f"{second}: no sign of life for 14 days",
    ]
    assert "school" not in said
    assert ("radar", "done") in await table.outcomes()


async def test_a_clock_that_goes_forward_and_back_has_nothing_said_twice(table: Conference) -> None:
    room = await table.open_case()
    ref = room.partition(":")[2]
    await table.say("cleo", f"!case release {ref} Cleo because: a new job", room="coordination")
    await table.say("dirk", "!action look around for: social by: thu 12:00", room=room)
    # What the clock says, one after the other: it jumps over the ends of weeks, and back.
    jumps = [november(3), november(12), november(5), november(12), november(30), november(5), november(30)]
    # In the next week the radar may find the same.
    said = [(moment.isocalendar().week, s.text) for moment in jumps for s in await at(table, moment)]
    assert len(said) == len(set(said)), said
    assert len(said) >= 4


async def test_the_radar_rests_at_night_and_at_weekends(table: Conference) -> None:
    await table.open_case()
    for quiet in (november(20, 18), november(21, 10), november(23, 7, 59)):
        assert await at(table, quiet) == []


async def test_a_closed_case_is_left_in_peace(table: Conference) -> None:
    room = await table.open_case()
    await table.say("cleo", "!close because: Sem is back owner: school", room=room)
    assert await at(table, november(30)) == []


async def test_a_broken_case_does_not_silence_the_others(table: Conference) -> None:
    broken = (await table.open_case()).partition(":")[2]
    room = await table.open_case()
    for where in (f"case:{broken}", room):
        await table.say("ada", "!request health was Sem seen? because: w by: thu 12:00", room=where)
    await table.damage(broken)
    with capture_logs() as logs:
        said = await at(table, november(5))
    assert [s.channel for s in said] == [room]
    # That it can't be read is told by its reference, once, and not by each sweep.
    assert logs == []
    assert table.store.unreadable == {broken: "ValueError"}


async def test_what_was_seen_to_while_a_sweep_goes_on_is_not_said(table: Conference) -> None:
    plan = "!roundtable plan thu 10:00 | fri 14:00 about: back to school for: 45m chair: Hugo Peters"
    rooms = [await table.open_case() for _ in range(2)]
    for room in rooms:
        await table.say("cleo", plan, room=room)
    table.now = november(4)
    sweep = table.sweeps.begin()
    sweep.read_cases()
    await table.say("hugo", "!roundtable cancel M-1 because: he is well again", room=rooms[0])
    tend(sweep)
    assert {said.channel for said in await table.deliver()} == {rooms[1]}


async def test_two_runs_at_one_moment_say_it_once(table: Conference) -> None:
    room = await table.open_case()
    await table.say("ada", "!request health was Sem seen? because: w by: thu 12:00", room=room)
    assert len(await at(table, november(5))) == 1
    assert await at(table, november(5)) == []


def over(table: Conference, *holidays: date) -> Conference:
    """The same house, with these public holidays."""
    schemes = {"safety table": Scheme(frozenset(holidays))}
    return Conference(table.store, replace(table.house, schemes=schemes), table.now)


async def test_holidays_are_no_working_days_and_the_week_begins_after_them(table: Conference) -> None:
    table = over(table, date(2026, 11, 4), date(2026, 11, 9))
    room = await table.open_case()
    asked = await table.answer("ada", "!request health was Sem seen? because: w", room=room)
    assert "answer by Tue 10 Nov 2026" not in asked
    assert "answer by Wed 11 Nov 2026" in asked
    moved = await table.answer("finn", "!moretime R-1 +8 working days because: ill", room=room)
    assert "Mon 16 Nov 2026" in moved
    assert await at(table, november(9)) == []
    assert [said.channel for said in await at(table, november(10))] == [room]
    assert await at(table, november(11)) == []


async def test_who_sleeps_through_the_tables_day_is_told_at_its_edge(table: Conference) -> None:
    room = await table.open_case()
    await table.say("hugo", "zone Pacific/Auckland", room=f"direct:{user('hugo')}")
    await table.say("ada", "!request school was Sem there? because: w by: thu 12:00", room=room)
    said = [await reminders_at(table, november(3, hour)) for hour in range(24)]
    # It is eight in the morning in Auckland.
    assert [hour for hour, now in enumerate(said) if now] == [19]
    ((where, text, woken),) = said[19]
    assert (where, woken) == (f"direct:{user('hugo')}", (user("hugo"),))
    assert "R-1" in text
    assert "Sem" not in text
