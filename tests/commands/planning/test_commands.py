from dataclasses import replace

from cases.scheme import Scheme
from commands.planning.rules import Availability, Can
from commands.roundtable.rules import Attendance, Presence, RoundTable, State
from tests.room import Conference, Said, user

PLAN = "!roundtable plan thu 10:00 | fri 14:00 | mon 9:00 about: back to school for: 45m chair: Hugo Peters"


async def proposed(table: Conference) -> tuple[str, Said]:
    room = await table.open_case()
    return room, await table.answer("cleo", PLAN, room=room)


async def test_times_are_proposed_to_everybody(table: Conference) -> None:
    room, card = await proposed(table)
    assert card.text == (
        "M-1 · round table: when can you come?\n"
        "1. Thu 5 Nov 2026, 10:00 Europe/Amsterdam\n"
        "2. Fri 6 Nov 2026, 14:00 Europe/Amsterdam\n"
        "3. Mon 9 Nov 2026, 09:00 Europe/Amsterdam\n"
        "Chair: Hugo Peters (School) · 45 minutes\n"
        "About: back to school\n"
        "Reply with numbers, such as: 1 yes 2 no 3 if need be"
    )
    case = await table.case(room)
    assert (card.subject, set(card.mentions)) == ("M-1", {m.user_id for m in case.present})
    assert case.all(RoundTable)[0].state is State.PLANNING
    assert table.files(room) == {}


async def test_a_member_answers_by_replying_and_may_change_the_answer(table: Conference) -> None:
    room, card = await proposed(table)
    told = await table.answer("ada", "1 yes 2 no 3 if need be", room=room, replies_to=card)
    assert told.text == (
        "M-1 · who can come when\n"
        "Police: yes 1 · if need be 3 · no 2\n"
        "Silent: Social services, Health service, School, Youth work\n"
        "Best so far: 1. Thu 5 Nov 2026, 10:00 Europe/Amsterdam\n"
        "No quorum yet: it takes the chair and 3 agencies."
    )
    assert (told.notice, told.mentions) == (True, ())
    told = await table.answer("ada", "1 no", room=room, replies_to=told)
    assert "Police: if need be 3 · no 1, 2\n" in told


async def test_the_chair_is_called_once_all_have_answered(table: Conference) -> None:
    room, card = await proposed(table)
    for who, text in (("ada", "1 no 2 yes 3 yes"), ("dirk", "all yes"), ("finn", "1, 2 no 3 yes"), ("iris", "3 yes")):
        assert (await table.answer(who, text, room=room, replies_to=card)).mentions == ()
    told = await table.answer("hugo", "!available M-1 3 yes", room=room)
    assert told.text.splitlines()[-3:] == [
        "Best: 3. Mon 9 Nov 2026, 09:00 Europe/Amsterdam",
        "5 agencies and the chair can come: a quorum.",
        "Hugo Peters decides:  !roundtable fix M-1 3",
    ]
    assert told.mentions == (user("hugo"),)


async def test_a_time_without_an_agency_that_is_needed_is_not_called_a_quorum(table: Conference) -> None:
    house = replace(table.house, schemes={"safety table": Scheme(mandatory=("youth",))})
    table = Conference(table.store, house, table.now)
    room, card = await proposed(table)
    for who, text in (("ada", "1 yes"), ("dirk", "1 yes"), ("hugo", "1 yes 2 yes"), ("finn", "1 yes")):
        told = await table.answer(who, text, room=room, replies_to=card)
    assert told.text.splitlines()[-2:] == [
        "No quorum yet: it takes the chair and 3 agencies.",
        "Needed in any case: Youth work",
    ]
    told = await table.answer("iris", "1 no 2 yes 3 yes", room=room, replies_to=card)
    assert "agencies and the chair can come: a quorum." not in told


async def test_a_time_is_fixed_by_its_number(table: Conference) -> None:
    room, card = await proposed(table)
    await table.answer("ada", "1 no 2 yes", room=room, replies_to=card)
    told = await table.answer("hugo", "!roundtable fix M-1 2", room=room)
    assert told.text == (
        "M-1 · round table · Fri 6 Nov 2026, 14:00 Europe/Amsterdam · 45 minutes\n"
        "Chair: Hugo Peters (School)\n"
        "About: back to school\n"
        "Said yes to this time: Ada Jansen\n"
        "Please check your own records first.\n"
        "The calendar file leaves the encryption: only date and reference are in it.\n"
        "Reply: attend · apologies … · agenda …"
    )
    case = await table.case(room)
    assert [(a.by, a.presence) for a in case.all(Attendance)] == [(user("ada"), Presence.ATTENDS)]
    assert list(table.files(room)) == [f"{case.ref}-M-1.ics"]


async def test_another_time_may_be_fixed(table: Conference) -> None:
    room, _ = await proposed(table)
    told = await table.answer("cleo", "!roundtable fix M-1 tue 11:00", room=room)
    assert "Tue 3 Nov 2026, 11:00" in told


async def test_only_chair_planner_and_coordinator_decide(table: Conference) -> None:
    room, _ = await proposed(table)
    told = await table.answer("ada", "!roundtable fix 1", room=room)
    assert told.text.startswith("Hugo Peters (School) chairs M-1.")


async def test_times_from_to_set_the_length(table: Conference) -> None:
    room = await table.open_case()
    await table.answer("hugo", "!roundtable plan wed 10:00-11:30 | 2026-11-06 14:00-15:30", room=room)
    card = await table.answer("hugo", "!roundtable fix 1", room=room)
    assert card.text.startswith("M-1 · round table · Wed 4 Nov 2026, 10:00 Europe/Amsterdam · 90 minutes\n")
    moved = await table.answer("hugo", "!roundtable move M-1 thu 14:00-16:00 because: the school is shut", room=room)
    assert moved.text.startswith("M-1 · moved to Thu 5 Nov 2026, 14:00 Europe/Amsterdam · 120 minutes\n")
    assert (await table.case(room)).all(RoundTable)[0].minutes == 120


async def test_times_of_several_lengths_are_refused(table: Conference) -> None:
    room = await table.open_case()
    told = await table.answer("hugo", "!roundtable plan wed 10:00-11:00 | fri 14:00-16:00", room=room)
    assert told.text.startswith("How long does it take? 60 minutes or 120 minutes.")
    assert (await table.case(room)).all(RoundTable) == []


async def test_what_is_no_answer_is_talk_or_asked_about(table: Conference) -> None:
    room, card = await proposed(table)
    for talk in ("2 of us are ill", "thank you", "10:00 suits me"):
        assert await table.say("ada", talk, room=room, replies_to=card) == []
    for typed, told in (
        ("1 yes 2 perhaps", "I can't read all of that."),
        ("1 yes 1 no", "You answered 1 in two ways. Which one is it?"),
        ("4 yes", "M-1 has no time number 4. There are:"),
    ):
        assert (await table.answer("ada", typed, room=room, replies_to=card)).text.splitlines()[0] == told
    assert (await table.case(room)).all(Availability) == []


async def test_an_answer_can_be_undone_though_others_answered(table: Conference) -> None:
    room, card = await proposed(table)
    await table.answer("ada", "1 no", room=room, replies_to=card)
    await table.answer("finn", "1 yes", room=room, replies_to=card)
    await table.say("ada", "!undo", room=room)
    case = await table.case(room)
    assert [(a.by, a.can) for a in case.all(Availability) if not a.withdrawn] == [(user("finn"), Can.YES)]


async def test_without_a_time_it_is_not_begun_but_can_be_called_off(table: Conference) -> None:
    room, _ = await proposed(table)
    told = await table.answer("hugo", "!roundtable start M-1", room=room)
    assert told.text.startswith("M-1 has no time yet.")
    told = await table.answer("hugo", "!roundtable cancel M-1 because: he is well again", room=room)
    assert told.text.startswith("M-1 · called off before a time was found\n")
    assert table.files(room) == {}


async def test_whose_move_it_is(table: Conference) -> None:
    room, _ = await proposed(table)
    assert "School (Hugo Peters): decide when M-1 is:  !roundtable fix M-1 WHEN" in await table.answer(
        "ada", "!next", room=room
    )
