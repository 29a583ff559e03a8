# lines: one afternoon, from its planning to what is left, with each line of its command
import pytest

from commands.roundtable.rules import Attendance, Presence, RoundTable, State
from commands.sitting import jobs
from tests.commands.sitting.house import C, extend, refs_of, said_in
from tests.room import Conference, Said, user


@pytest.fixture
def table(table: Conference) -> Conference:
    """A house of eight agencies."""
    extend(table)
    return table


async def open_some(table: Conference, many: int, agencies: str = "police, health, school") -> list[str]:
    return [await table.open_case(agencies=agencies) for _ in range(many)]


async def plan(table: Conference, rooms: list[str], more: str = "") -> list[Said]:
    return await table.say(
        "cleo", f"!sitting tomorrow 14:00 cases: {', '.join(refs_of(rooms))} for: 10m {more}", room=C
    )


async def table_in(table: Conference, room: str) -> RoundTable:
    return (await table.case(room)).all(RoundTable)[-1]


async def test_each_case_is_planned_in_its_own_room_and_no_room_hears_of_another(table: Conference) -> None:
    rooms = await open_some(table, 3)
    said = await plan(table, rooms, "chair: Hugo Peters where: room 4")
    assert [s.channel for s in said if not s.file] == [*rooms, C]
    for number, room in enumerate(rooms):
        here = said_in(said, room)
        assert f"Tue 3 Nov 2026, 14:{number}0" in here
        assert "Hugo Peters" in here
        assert not [ref for ref in refs_of(rooms) if ref in here]
    listed = said_in(said, C)
    assert [listed.index(ref) for ref in refs_of(rooms)] == sorted(listed.index(ref) for ref in refs_of(rooms))
    assert "14:20 · 10 minutes" in listed
    assert "not seen at school" not in listed
    assert (await table_in(table, rooms[2])).chair == user("hugo")


async def test_who_sits_in_many_of_its_cases_is_rung_once_when_it_is_planned_and_called_off(table: Conference) -> None:
    rooms = [await table.open_case(agencies=f"police, {guest}") for guest in ("health", "school")]
    for said in (await plan(table, rooms), await table.say("cleo", "!sitting cancel", room=C)):
        rung = {s.channel: set(s.mentions) for s in said if s.mentions}
        assert user("ada") in rung[rooms[0]]
        assert rung[rooms[1]] == {user("hugo")}


async def test_it_goes_from_case_to_case_and_each_room_gets_its_own_minutes(table: Conference) -> None:
    rooms = await open_some(table, 3)
    await plan(table, rooms, "chair: Hugo Peters")
    table.later(days=1, hours=4)
    said = await table.say("cleo", "!sitting start", room=C)
    assert "the round table begins" in said_in(said, rooms[0])
    assert "you are next" in said_in(said, rooms[1])
    assert said_in(said, rooms[2]) == ""
    for who in ("ada", "finn", "hugo"):
        await table.say(who, "!confirm", room=rooms[0])
    await table.say("hugo", "note: CANARY-0 he came along", room=rooms[0])
    table.later(minutes=9)
    said = await table.say("cleo", "!sitting next", room=C)
    assert "minutes · version 1" in said_in(said, rooms[0])
    assert any("CANARY-0" in s.file.data.decode() for s in said if s.file and s.file.name.endswith("minutes-v1.md"))
    assert "Confirmed at this sitting already, and here: Ada Jansen, Finn de Boer, Hugo Peters" in said_in(
        said, rooms[1]
    )
    assert "you are next" in said_in(said, rooms[2])
    assert f"{refs_of(rooms)[1]} · is held now: 10 minutes" in said_in(said, C)
    assert "CANARY" not in "".join(s.text + s.html for s in table.heard if s.channel != rooms[0] and not s.file)
    await table.say("ada", "!concern he is out at night", room=rooms[1])
    assert "C-1" in said_in(table.heard, rooms[1])
    await table.say("cleo", "!sitting next", room=C)
    said = await table.say("cleo", "!sitting end", room=C)
    over = said_in(said, C)
    assert "The sitting is over" in over
    for ref in refs_of(rooms):
        assert f"{ref} · " in over
    assert over.count("held · M-1") == 3
    assert "Nothing is left" in over
    assert [(await table_in(table, room)).state for room in rooms] == [State.ENDED] * 3


async def test_who_has_confirmed_once_is_present_in_every_later_case_where_they_sit(table: Conference) -> None:
    first = await table.open_case(agencies="police, health")
    second = await table.open_case(agencies="police, school")
    await plan(table, [first, second])
    table.later(days=1, hours=4)
    await table.say("cleo", "!sitting start", room=C)
    for who in ("ada", "finn"):
        await table.say(who, "!confirm", room=first)
    await table.say("cleo", "!sitting next", room=C)
    there = {a.by for a in (await table.case(second)).all(Attendance) if a.presence is Presence.CONFIRMED}
    assert there == {user("cleo"), user("ada")}
    assert "confirm" in (await table.answer("hugo", "!concern he is out at night", room=second)).text
    await table.say("hugo", "!confirm", room=second)
    assert "C-1" in await table.answer("hugo", "!concern he is out at night", room=second)


async def test_who_sent_apologies_for_a_case_is_not_present_there_by_another(table: Conference) -> None:
    rooms = await open_some(table, 2)
    await plan(table, rooms)
    await table.say("ada", "!apologies M-1 I know the family", room=rooms[1])
    table.later(days=1, hours=4)
    await table.say("cleo", "!sitting start", room=C)
    await table.say("ada", "!confirm", room=rooms[0])
    said = await table.say("cleo", "!sitting next", room=C)
    _, begins, turn = said_in(said, rooms[1]).partition("your turn")
    assert (bool(begins), "Cleo Bakker" in turn, "Ada Jansen" in turn) == (True, True, False)


async def test_a_case_whose_referrer_neither_comes_nor_briefs_is_deferred_by_the_bot(table: Conference) -> None:
    rooms = await open_some(table, 1)
    opened = await table.say(
        "cleo", "!case open why: CANARY goal: g agencies: police, housing brought by: housing", room=C
    )
    deserted = next(s.channel for s in opened if s.channel.startswith("case:"))
    last = await table.open_case(agencies="police, school")
    await plan(table, [*rooms, deserted, last])
    table.later(days=1, hours=4)
    said = await table.say("cleo", "!sitting start", room=C)
    assert "Housing brought this case" in said_in(said, deserted)
    await table.say("ada", "!confirm", room=rooms[0])
    said = await table.say("cleo", "!sitting next", room=C)
    assert "deferred" in said_in(said, deserted)
    assert "Housing brought this case, and neither came nor briefed us" in said_in(said, deserted)
    assert "the round table begins" in said_in(said, last)
    ref, after = refs_of([deserted, last])
    assert f"{ref} · deferred: who brought it neither came nor briefed" in said_in(said, C)
    assert f"{after} · is held now" in said_in(said, C)
    assert "Housing" not in said_in(said, last)
    over = said_in(await table.say("cleo", "!sitting end", room=C), C)
    assert f"unresolved until they are on a sitting again: {ref}" in over
    assert f"{ref} · Tue 3 Nov 2026 · deferred" in await table.answer("cleo", "!sitting", room=C)
    await table.say("cleo", f"!sitting tomorrow 9:00 cases: {ref}", room=C)
    assert "Not heard" not in await table.answer("cleo", "!sitting", room=C)


async def test_a_guest_who_says_that_they_come_is_waited_for(table: Conference) -> None:
    rooms = await open_some(table, 1)
    opened = await table.say("cleo", "!case open why: w goal: g agencies: police, housing brought by: housing", room=C)
    guest = next(s.channel for s in opened if s.channel.startswith("case:"))
    await plan(table, [*rooms, guest])
    await table.say("mo", "!attend M-1", room=guest)
    table.later(days=1, hours=4)
    said = await table.say("cleo", "!sitting start", room=C)
    assert "Please be ready" in said_in(said, guest)
    said = await table.say("cleo", "!sitting next", room=C)
    assert "the round table begins" in said_in(said, guest)


async def test_each_agency_is_asked_once_how_it_found_the_afternoon(table: Conference) -> None:
    rooms = await open_some(table, 3)
    await plan(table, rooms)
    said = await table.say("cleo", "!sitting start", room=C)
    said += [one for who in ("ada", "hugo") for one in await table.say(who, "!confirm", room=rooms[0])]
    for _ in range(2):
        said += await table.say("cleo", "!sitting next", room=C)
    assert "how did you find it?" not in "".join(one.text for one in said)
    said = await table.say("cleo", "!sitting end", room=C)
    asked = [one for one in said if "how did you find it?" in one.text]
    assert sorted(one.channel for one in asked) == ["agency:police", "agency:school", f"direct:{user('cleo')}"]
    assert {one.text.split(" · ")[1] for one in asked} == {refs_of(rooms)[2]}


async def test_a_case_is_deferred_by_hand_and_only_its_room_reads_why(table: Conference) -> None:
    rooms = await open_some(table, 2)
    await plan(table, rooms)
    ref = refs_of(rooms)[0]
    said = await table.say("cleo", f"!sitting defer {ref} because: CANARY the mother is in hospital", room=C)
    assert "CANARY" in said_in(said, rooms[0])
    assert "CANARY" not in said_in(said, rooms[1]) + said_in(said, C)
    assert (await table_in(table, rooms[0])).state is State.CANCELLED
    said = await table.say("cleo", "!sitting start", room=C)
    assert "the round table begins" in said_in(said, rooms[1])


async def test_what_was_not_heard_comes_first_on_the_next_date(table: Conference) -> None:
    rooms = await open_some(table, 3)
    said = await plan(table, rooms[:2], "every: 6 months")
    assert "The next one is on Mon 3 May 2027, 14:00" in said_in(said, C)
    table.later(days=1, hours=4)
    await table.say("cleo", "!sitting start", room=C)
    said = await table.say("cleo", "!sitting end", room=C)
    assert "the sitting ended before its turn" in said_in(said, rooms[1])
    assert "M-2 · round table · Mon 3 May 2027, 14:00" in said_in(said, rooms[1])
    ref, other = refs_of(rooms)[1:]
    assert f"Not heard, and first on Mon 3 May 2027, 14:00 Europe/Amsterdam: {ref}" in said_in(said, C)
    said = await table.say("cleo", f"!sitting add {other}", room=C)
    assert "14:10" in said_in(said, rooms[2])


async def test_the_clock_is_kept_and_told_once(table: Conference) -> None:
    rooms = await open_some(table, 2)
    await plan(table, rooms)
    table.later(days=1, hours=4)
    await table.say("cleo", "!sitting start", room=C)
    told: list[Said] = []
    for _ in range(13):
        table.later(minutes=1)
        await table.sweeps.run()
        told += await table.deliver()
    up = [(s.channel, s.text.split("\n")[0]) for s in told if "are up" in s]
    ref = refs_of(rooms)[0]
    assert up == [(rooms[0], "M-1 · the 10 minutes of this case are up"), (C, f"{ref} · its 10 minutes are up")]


async def test_one_that_nobody_began_is_told_upward_by_count(table: Conference) -> None:
    await table.say("kees", "!member sits Ella Mulder steering because: x", room="admin")
    rooms = await open_some(table, 2)
    await plan(table, rooms)
    table.later(days=1, hours=14)
    await table.sweeps.run()
    assert await table.deliver() == [], "nobody is rung at night"
    table.later(hours=10)
    await table.sweeps.run()
    said = await table.deliver()
    first, second = refs_of(rooms)
    assert f"was not held\nNobody began it that day. Not heard: {first}, {second}" in said_in(said, C)
    assert "2 cases were not heard" in said_in(said, "steering")
    assert first not in said_in(said, "steering")
    assert "the sitting was not held" in said_in(said, rooms[0])
    await table.sweeps.run()
    assert await table.deliver() == []
    assert first in await table.answer("cleo", "!sitting", room=C)


async def test_its_chair_leads_it_on_at_its_tables_and_hears_of_no_other_case(table: Conference) -> None:
    rooms = await open_some(table, 2)
    await plan(table, rooms, "chair: Hugo Peters")
    table.later(days=1, hours=4)
    refused = await table.answer("ada", "!sitting start", room=rooms[0])
    assert "Hugo Peters" in refused
    said = await table.say("hugo", "!sitting start", room=rooms[0])
    first, second = refs_of(rooms)
    assert "the round table begins" in said_in(said, rooms[0])
    assert f"{first} · is held now" in said_in(said, C)
    assert second not in said_in(said, rooms[0])
    assert "not held in a sitting" in await table.answer("hugo", "!sitting next", room=rooms[1])
    said = await table.say("hugo", "!sitting next", room=rooms[0])
    assert "goes on" in said_in(said, rooms[0])
    assert second not in said_in(said, rooms[0])
    assert first not in said_in(said, rooms[1])
    said = await table.say("hugo", "!sitting end", room=rooms[1])
    assert "The sitting is over" in said_in(said, C)
    assert first not in said_in(said, rooms[1])


async def test_core_members_get_a_place_with_the_reason_and_guests_sit_in_one_case(table: Conference) -> None:
    rooms = await open_some(table, 2)
    said = await plan(table, rooms, "core: Nina Vos")
    for room in rooms:
        assert "core member of the sitting on Tue 3 Nov 2026" in said_in(said, room)
        assert (room, user("nina")) in table.invited
        assert (await table.case(room)).is_member(user("nina"))


async def test_nobody_gives_themselves_a_place_by_a_sitting(table: Conference) -> None:
    room = await table.open_case(agencies="police, health")
    await table.say("cleo", f"!case release {refs_of([room])[0]} Cleo Bakker because: I am on leave", room=C)
    said = await plan(table, [room])
    assert "Nobody invites themselves" in said_in(said, C)
    assert "No sitting is planned" in await table.answer("cleo", "!sitting", room=C)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("!sitting start", "No sitting is planned"),
        ("!sitting next", "No sitting is held now"),
        ("!sitting end", "No sitting is held now"),
        ("!sitting add {ref}", "No sitting is planned"),
        ("!sitting drop {ref}", "No sitting is planned"),
        ("!sitting defer {ref} because: x", "No sitting is planned"),
        ("!sitting tomorrow 14:00", "cases:"),
        ("!sitting tomorrow 14:00 cases: ZZZZ", "no case with this reference"),
        ("!sitting tomorrow 14:00 cases: {ref} core: police", "Name people"),
        ("!sitting yesterday 14:00 cases: {ref}", "past"),
    ],
)
async def test_before_one_is_planned_it_is_said_what_to_type(table: Conference, line: str, told: str) -> None:
    room = await table.open_case()
    said = await table.answer("cleo", line.replace("{ref}", refs_of([room])[0]), room=C)
    assert told in said
    assert "Nothing was" in said
    assert not (await table.case(room)).all(RoundTable)


async def test_while_one_is_held_what_makes_no_sense_is_refused(table: Conference) -> None:
    rooms = await open_some(table, 2)
    first, second = refs_of(rooms)
    await plan(table, rooms)
    assert f"{first} is on the sitting of" in await table.answer("cleo", f"!sitting add {first}", room=C)
    await table.say("cleo", "!sitting start", room=C)
    for line, told in (
        ("!sitting start", f"{first} is held now"),
        (f"!sitting drop {first}", "is held now"),
        (f"!sitting defer {first} because: x", "is held now"),
        (f"!sitting add {second}", "is on the sitting"),
        ("!sitting drop ZZZZ", "These wait for their turn"),
    ):
        assert told in await table.answer("cleo", line, room=C), line
    await table.say("cleo", "!sitting next", room=C)
    assert "This is the last case" in await table.answer("cleo", "!sitting next", room=C)
    assert f"{first} · held" in await table.answer("cleo", f"!sitting drop {first}", room=C)
    assert (await table_in(table, rooms[1])).state is State.RUNNING


async def test_a_closed_and_an_unreadable_case_do_not_stop_it(table: Conference) -> None:
    rooms = await open_some(table, 4)
    await plan(table, rooms)
    await table.say("cleo", "!close because: goal met owner: police informed: yes", room=rooms[1])
    assert (await table.case(rooms[1])).closed
    table.later(days=1, hours=4)
    await table.say("cleo", "!sitting start", room=C)
    refs = refs_of(rooms)
    await table.damage(refs[2])
    said = await table.say("cleo", "!sitting next", room=C)
    assert f"{refs[1]} · skipped: it is closed" in said_in(said, C)
    assert f"{refs[2]} · skipped: it can't be read" in said_in(said, C)
    assert "the round table begins" in said_in(said, rooms[3])
    await table.damage(refs[3])
    said = await table.say("cleo", "!sitting end", room=C)
    assert f"{refs[3]} · 14:30 · 10 minutes · skipped: it can't be read" in said_in(said, C).replace("\n", " ")
    await table.mend(refs[2])
    await table.mend(refs[3])


async def test_what_was_called_off_or_held_by_itself_in_its_room_is_passed_over(table: Conference) -> None:
    rooms = await open_some(table, 3)
    await plan(table, rooms)
    await table.say("ada", "!roundtable cancel M-1 because: he moved away", room=rooms[0])
    await table.say("cleo", "!roundtable start M-1", room=rooms[1])
    await table.say("cleo", "!roundtable end", room=rooms[1])
    said = await table.say("cleo", "!sitting start", room=C)
    refs = refs_of(rooms)
    assert f"{refs[0]} · skipped: called off in its own room" in said_in(said, C)
    assert f"{refs[1]} · held · M-1" in said_in(said, C)
    assert "the round table begins" in said_in(said, rooms[2])
    assert "he moved away" not in said_in(said, C)


async def test_one_that_was_deferred_can_be_heard_at_the_end_and_is_then_not_left(table: Conference) -> None:
    rooms = await open_some(table, 2)
    await plan(table, rooms, "every: 6 months")
    ref, other = refs_of(rooms)
    await table.say("cleo", f"!sitting defer {ref} because: half are ill", room=C)
    said = await table.say("cleo", "!sitting start", room=C)
    assert f"{other} · is held now" in said_in(said, C)
    said = await table.say("cleo", f"!sitting add {ref}", room=C)
    assert "14:20" in said_in(said, rooms[0])
    said = await table.say("cleo", "!sitting next", room=C)
    assert f"{ref} · is held now" in said_in(said, C)
    said = await table.say("cleo", "!sitting end", room=C)
    assert "Nothing is left" in said_in(said, C)
    assert [t.state for t in (await table.case(rooms[0])).all(RoundTable)] == [State.CANCELLED, State.ENDED]


async def test_one_of_a_series_that_nobody_began_leaves_its_cases_to_the_next(table: Conference) -> None:
    rooms = await open_some(table, 2)
    await plan(table, rooms, "every: 2 weeks")
    first, second = refs_of(rooms)
    for again in ("Tue 17 Nov 2026", "Tue 1 Dec 2026"):
        table.later(days=14)
        await table.sweeps.run()
        said = await table.deliver()
        assert f"Not heard: {first}, {second}\nThey come first on {again}" in said_in(said, C)
        assert f"round table · {again}, 14:10" in said_in(said, rooms[1])
    assert len([t for t in (await table.case(rooms[0])).all(RoundTable) if t.state is State.SCHEDULED]) == 1


async def test_one_of_a_series_does_not_begin_long_before_its_date(table: Conference) -> None:
    rooms = await open_some(table, 2)
    await plan(table, rooms, "every: 2 weeks")
    await table.say("cleo", "!sitting start", room=C)
    await table.say("cleo", "!sitting end", room=C)
    assert "The next sitting is on Tue 17 Nov 2026" in await table.answer("cleo", "!sitting start", room=C)
    table.later(days=15)
    said = await table.say("cleo", "!sitting start", room=C)
    assert "the round table begins" in said_in(said, rooms[1])


async def test_a_whole_sitting_is_called_off_and_does_not_come_again(table: Conference) -> None:
    rooms = await open_some(table, 2)
    await plan(table, rooms, "every: 2 weeks")
    first, second = refs_of(rooms)
    said = await table.say("cleo", "!sitting cancel", room=C)
    assert "the sitting was called off" in said_in(said, rooms[0])
    assert f"first on Tue 17 Nov 2026, 14:00 Europe/Amsterdam: {first}, {second}" in said_in(said, C)
    assert "does not come again" in await table.answer("cleo", "!sitting stop", room=C)
    said = await table.say("cleo", "!sitting cancel", room=C)
    assert f"unresolved until they are on a sitting again: {first}, {second}" in said_in(said, C)
    assert "No sitting is planned" in await table.answer("cleo", "!sitting cancel", room=C)
    assert "No sitting comes again" in await table.answer("cleo", "!sitting stop", room=C)


async def test_another_person_chairs_what_is_held_and_what_is_still_to_come(table: Conference) -> None:
    rooms = await open_some(table, 2)
    await plan(table, rooms, "chair: Hugo Peters")
    said = await table.say("cleo", "!sitting chair Finn de Boer", room=C)
    assert "Finn de Boer (Health service) chairs" in said_in(said, C)
    assert "chair: Finn de Boer" in said_in(said, rooms[1])
    assert [(await table_in(table, room)).chair for room in rooms] == [user("finn")] * 2
    await table.say("cleo", "!sitting start", room=C)
    assert "confirm" in await table.answer("cleo", "!sitting chair Hugo Peters", room=C)
    assert [(await table_in(table, room)).chair for room in rooms] == [user("finn")] * 2
    await table.say("hugo", "!confirm", room=rooms[0])
    await table.say("cleo", "!sitting chair Hugo Peters", room=C)
    assert [(await table_in(table, room)).chair for room in rooms] == [user("hugo")] * 2
    assert "not held in a sitting" not in await table.answer("hugo", "!sitting chair Finn de Boer", room=rooms[0])


async def test_one_that_nobody_ended_is_asked_about_once(table: Conference) -> None:
    rooms = await open_some(table, 1)
    await plan(table, rooms)
    await table.say("cleo", "!sitting start", room=C)
    told: list[Said] = []
    for _ in range(2):
        table.later(days=1)
        await table.sweeps.run()
        told += await table.deliver()
    assert len([s for s in told if s.channel == C and "is still open" in s]) == 1


async def test_one_that_ends_while_it_is_looked_for_is_not_asked_about(table: Conference) -> None:
    await plan(table, await open_some(table, 1))
    await table.say("cleo", "!sitting start", room=C)
    await table.say("cleo", "!sitting end", room=C)
    table.later(days=1)
    jobs._tell_open(table.sweeps.begin(), "1")
    assert [s for s in await table.deliver() if "is still open" in s] == []


async def test_from_and_to_are_divided_among_the_cases(table: Conference) -> None:
    first, second = refs_of(await open_some(table, 2))
    said = await table.say("cleo", f"!sitting tomorrow 14:00-14:30 cases: {first.lower()} & {second}.", room=C)
    assert "14:15 · 15 minutes" in said_in(said, C)


async def test_a_case_that_is_practised_is_not_counted_upward(table: Conference) -> None:
    await table.say("kees", "!member sits Ella Mulder steering because: x", room="admin")
    rooms = await open_some(table, 1)
    said = await table.say("cleo", "!practice open agencies: police, school", room=C)
    practised = next(s.channel for s in said if s.channel.startswith("case:"))
    await plan(table, [*rooms, practised])
    table.later(days=2)
    await table.sweeps.run()
    assert "1 case was not heard" in said_in(await table.deliver(), "steering")


async def test_a_practice_that_is_over_is_for_no_other_sitting(table: Conference) -> None:
    said = await table.say("cleo", "!practice open agencies: police, school", room=C)
    practised = next(s.channel for s in said if s.channel.startswith("case:"))
    await plan(table, [practised], "every: 2 weeks")
    (ref,) = refs_of([practised])
    await table.say("cleo", f"!practice end {ref}", room=C)
    table.later(days=1)
    await table.sweeps.run()
    await table.deliver()
    assert f"{ref} · skipped: it is closed" in said_in(await table.say("cleo", "!sitting start", room=C), C)
    assert "unresolved" not in said_in(await table.say("cleo", "!sitting end", room=C), C)
    assert ref not in await table.answer("cleo", "!sitting", room=C)


async def test_why_a_case_was_deferred_goes_with_the_message(table: Conference) -> None:
    (room,) = await open_some(table, 1)
    await plan(table, [room])
    line = f"!sitting defer {refs_of([room])[0]} because: CANARY she is ill"
    await table.say("cleo", line, room=C, event_id="$defer")
    assert "CANARY" in str([t.cancelled_because for t in (await table.case(room)).all(RoundTable)])
    await table.deleting.deleted(f"!{C}:example.org", user("cleo"), "$defer", "$deleted")
    await table.deliver()
    table.later(days=1)
    await table.sweeps.run()
    assert "CANARY" not in str([t.cancelled_because for t in (await table.case(room)).all(RoundTable)])


async def test_where_another_round_table_is_held_the_planned_one_is_called_off(table: Conference) -> None:
    rooms = await open_some(table, 2)
    await plan(table, rooms)
    await table.say("ada", "!roundtable tomorrow 13:50", room=rooms[0])
    table.later(days=1, hours=4)
    await table.say("ada", "!roundtable start M-2", room=rooms[0])
    said = await table.say("cleo", "!sitting start", room=C)
    assert f"{refs_of(rooms)[0]} · skipped: another round table is held there" in said_in(said, C)
    assert "another round table is held here now" in said_in(said, rooms[0])
    assert [t.state for t in (await table.case(rooms[0])).all(RoundTable)] == [State.CANCELLED, State.RUNNING]


async def test_the_list_says_until_when_a_case_is_held(table: Conference) -> None:
    rooms = await open_some(table, 2)
    await plan(table, rooms)
    table.later(days=1, hours=4, minutes=3)
    await table.say("cleo", "!sitting start", room=C)
    assert "is held now · until 14:13" in await table.answer("cleo", "!sitting", room=C)


async def test_a_case_whose_chair_has_left_is_planned_once_another_chairs(table: Conference) -> None:
    rooms = await open_some(table, 2)
    await plan(table, rooms, "chair: Hugo Peters every: 2 weeks")
    second = refs_of(rooms)[1]
    await table.say("cleo", f"!sitting defer {second} because: x", room=C)
    await table.say("cleo", f"!case release {second} Hugo Peters because: he changed schools", room=C)
    await table.say("cleo", "!sitting start", room=C)
    said = await table.say("cleo", "!sitting end", room=C)
    assert "round table ·" not in said_in(said, rooms[1])
    assert f"{second} · 14:00 · 10 minutes · waits: the chair has no place there" in await table.answer(
        "cleo", "!sitting", room=C
    )
    said = await table.say("cleo", "!sitting chair Finn de Boer", room=C)
    assert "M-2 · round table · Tue 17 Nov 2026, 14:00" in said_in(said, rooms[1])
    table.later(days=15)
    said = await table.say("cleo", "!sitting start", room=C)
    assert "the round table begins" in said_in(said, rooms[1])
