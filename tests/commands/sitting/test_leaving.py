"""Who had a place at a table for a sitting alone leaves it when that is over, unless they hold something there."""

from collections.abc import Iterable

import pytest

from commands.decision import rules as decisions
from commands.decision.rules import Decision
from tests.commands.sitting.house import C, extend, refs_of, said_in
from tests.room import Conference, Said, user

NINA = f"direct:{user('nina')}"


@pytest.fixture
def table(table: Conference) -> Conference:
    """A house of eight agencies."""
    extend(table)
    return table


async def planned(table: Conference, many: int = 2, more: str = "core: Nina Vos") -> list[str]:
    """The rooms of cases that are on a sitting tomorrow, at whose tables Nina Vos has a place for it."""
    rooms = [await table.open_case(agencies="police, health, school") for _ in range(many)]
    await table.say("cleo", f"!sitting tomorrow 14:00 cases: {', '.join(refs_of(rooms))} for: 10m {more}", room=C)
    for room in rooms:
        await table.comings.joined(f"!{room}:example.org", (user("nina"),), f"join {room}")
    await table.deliver()
    return rooms


async def held(table: Conference, rooms: list[str], *lines: tuple[str, str, str]) -> list[Said]:
    """The sitting is held: in each of these rooms somebody says something; what is said once its minutes are read."""
    await ended(table, rooms, *lines)
    return await over(table)


async def over(table: Conference) -> list[Said]:
    """What is said on the working mornings until nobody has to read minutes any more."""
    said: list[Said] = []
    for _ in range(9):
        table.later(days=1)
        await table.sweeps.run()
        said += await table.deliver()
    return said


async def ended(table: Conference, rooms: list[str], *lines: tuple[str, str, str]) -> list[Said]:
    """The sitting is held: in each of these rooms somebody says something; what is said at its end."""
    table.later(days=1, hours=4)
    await table.say("cleo", "!sitting start", room=C)
    for room in rooms:
        for who in ("ada", "nina", "hugo"):
            if "health" in (await table.case(room)).seats:
                await table.say(who, "!confirm", room=room)
        for who, line, where in lines:
            if where == room:
                await table.say(who, line, room=room)
        if room != rooms[-1]:
            await table.say("cleo", "!sitting next", room=C)
    return await table.say("cleo", "!sitting end", room=C)


async def sits(table: Conference, rooms: Iterable[str], who: str = "nina") -> list[bool]:
    return [(await table.case(room)).is_member(user(who)) for room in rooms]


@pytest.mark.scenario
async def test_a_core_member_leaves_each_table_when_the_sitting_is_over_and_guests_stay(table: Conference) -> None:
    rooms = await planned(table)
    assert await sits(table, rooms) == [True, True]
    assert "mental" in (await table.case(rooms[0])).seats
    said = await held(table, rooms)
    assert await sits(table, rooms) == [False, False]
    for room, other in zip(rooms, reversed(rooms), strict=True):
        assert (room, user("nina")) in table.removed
        case = await table.case(room)
        assert case.seats == ("police", "health", "school")
        assert [case.is_member(user(guest)) for guest in ("ada", "finn", "hugo", "cleo")] == [True] * 4
        here = said_in(said, room).replace("\n", " ")
        assert "for the sitting alone, and leave this table: Nina Vos (Mental health)" in here
        assert "Mental health gives up its seat." in here
        assert refs_of([other])[0] not in here
    (alone,) = [one for one in said if one.channel == NINA]
    assert ", ".join(refs_of(rooms)) in alone
    # What comes after reaches neither them nor their agency.
    await table.say("ada", "!brief c4nary he is out at night", room=rooms[0])
    await table.say("cleo", "!roundtable 13 nov 10:00 about: c5nary", room=rooms[0])
    before = len(table.heard)
    for _ in range(10 * 24):
        table.later(hours=1)
        await table.sweeps.run()
        await table.deliver()
    after = [one for one in table.heard[before:] if one.channel in {NINA, "agency:mental"}]
    assert [one.text for one in after] == []
    for canary in ("c4nary", "c5nary"):
        assert {one.channel for one in table.heard if canary in one} == {rooms[0]}
    refused = await table.say("nina", "!status", room=rooms[0])
    assert not any("c4nary" in one for one in refused)


@pytest.mark.scenario
async def test_who_was_there_first_reads_the_minutes_and_can_dispute_them(table: Conference) -> None:
    rooms = await planned(table)
    await ended(table, rooms)
    assert await sits(table, rooms) == [True, True]
    await table.say("nina", "!minutes dispute M-1 that is not what I said", room=rooms[0])
    assert (await table.outcomes())[-1] == ("minutes dispute", "done")
    await table.say("cleo", "!minutes view M-1 he was not asked", room=rooms[1])
    for who in ("ada", "cleo"):
        await table.say(who, "!minutes approve M-1", room=rooms[1])
    assert (await table.outcomes())[-1] == ("minutes approve", "done")
    assert await sits(table, rooms) == [True, True]
    # On the next working morning; in the first case their dispute is still open.
    table.later(days=1)
    await table.sweeps.run()
    assert await sits(table, rooms) == [True, False]
    (alone,) = [one for one in await table.deliver() if one.channel == NINA]
    assert ([ref in alone for ref in refs_of(rooms)]) == [False, True]
    said = await over(table)
    assert await sits(table, rooms) == [False, False]
    assert "leave this table" in said_in(said, rooms[0]).replace("\n", " ")


async def test_who_stayed_for_something_leaves_once_it_is_done(table: Conference) -> None:
    rooms = await planned(table, 1)
    await held(table, rooms, ("ada", "!request Nina Vos was she seen? because: the plan", rooms[0]))
    assert await sits(table, rooms) == [True]
    await table.say("nina", "!answer R-1 yes, twice", room=rooms[0])
    assert await sits(table, rooms) == [True]
    # On the mornings before there was nothing to tell.
    assert ("sitting places", "done") not in await table.outcomes()
    await over(table)
    assert await sits(table, rooms) == [False]
    assert (await table.outcomes()).count(("sitting places", "done")) == 1


@pytest.mark.parametrize(
    "lines",
    [
        [("cleo", "!action a talk with her for: Nina Vos by: 20 nov")],
        [("cleo", "!action a talk with her for: mental by: 20 nov"), ("nina", "!accept A-1")],
        [("ada", "!request Nina Vos was she seen? because: the plan")],
        [("ada", "!request mental was she seen? because: the plan")],
        [("nina", "!request police was she seen? because: the plan")],
        [("cleo", "!lead Nina Vos because: she knows her")],
        [("cleo", "!roundtable 20 nov 10:00 about: her nights chair: Nina Vos")],
    ],
)
async def test_who_holds_something_stays_there_and_leaves_the_others(
    table: Conference, lines: list[tuple[str, str]]
) -> None:
    rooms = await planned(table)
    said = await held(table, rooms, *((who, line, rooms[0]) for who, line in lines))
    assert await sits(table, rooms) == [True, False]
    assert "mental" in (await table.case(rooms[0])).seats
    (alone,) = [one for one in said if one.channel == NINA]
    kept, left = refs_of(rooms)
    assert (left in alone, kept in alone) == (True, False)
    assert "leave this table" not in said_in(said, rooms[0])


async def test_what_was_done_holds_nobody(table: Conference) -> None:
    rooms = await planned(table, 1)
    await held(
        table,
        rooms,
        ("ada", "!request mental was she seen? because: the plan", rooms[0]),
        ("nina", "!nothing R-1", rooms[0]),
        ("cleo", "!action a talk with her for: Nina Vos by: 20 nov", rooms[0]),
        ("nina", "!accept A-1", rooms[0]),
        ("nina", "!done A-1 she came", rooms[0]),
    )
    assert await sits(table, rooms) == [False]


async def test_who_brought_the_case_and_who_sat_there_before_stays(table: Conference) -> None:
    opened = await table.say("cleo", "!case open why: x goal: g agencies: police, health brought by: mental", room=C)
    brought = next((s.channel for s in opened if s.channel.startswith("case:")), None)
    before = await table.open_case(agencies="police, mental")
    rooms = [room for room in (brought, before) if room]
    assert len(rooms) == 2
    line = f"!sitting tomorrow 14:00 cases: {', '.join(refs_of(rooms))} for: 10m core: Nina Vos"
    await table.say("cleo", line, room=C)
    assert await sits(table, rooms) == [True, True]
    table.later(days=1, hours=4)
    await table.say("cleo", "!sitting start", room=C)
    await table.say("cleo", "!sitting end", room=C)
    assert await sits(table, rooms) == [True, True]


async def test_where_the_case_goes_to_the_next_sitting_they_stay_until_that_is_over(table: Conference) -> None:
    rooms = await planned(table, 2, "core: Nina Vos every: 1 week")
    table.later(days=1, hours=4)
    await table.say("cleo", "!sitting start", room=C)
    await table.say("cleo", "!sitting end", room=C)
    # The second one was not reached, and comes first next week.
    assert await sits(table, rooms) == [False, True]
    table.later(days=7)
    await table.say("cleo", "!sitting start", room=C)
    await table.say("cleo", "!sitting end", room=C)
    assert await sits(table, rooms) == [False, False]


async def test_where_it_is_on_another_sitting_already_they_stay_until_that_is_over(table: Conference) -> None:
    rooms = await planned(table, 1)
    ref = refs_of(rooms)[0]
    await table.say("cleo", f"!sitting defer {ref} because: the school is shut", room=C)
    await table.say("cleo", f"!sitting 12 nov 14:00 cases: {ref} for: 10m", room=C)
    await table.say("cleo", "!sitting cancel", room=C)
    assert await sits(table, rooms) == [True]
    await table.say("cleo", "!sitting cancel", room=C)
    assert await sits(table, rooms) == [False]


@pytest.mark.parametrize("line", ["!sitting cancel", "!sitting drop {ref}"])
async def test_they_leave_also_when_it_is_not_held(table: Conference, line: str) -> None:
    rooms = await planned(table, 1)
    said = await table.say("cleo", line.format(ref=refs_of(rooms)[0]), room=C)
    assert await sits(table, rooms) == [False]
    assert "leave this table" in said_in(said, rooms[0]).replace("\n", " ")


async def test_they_leave_when_nobody_began_it(table: Conference) -> None:
    rooms = await planned(table, 1)
    table.later(days=2)
    await table.sweeps.run()
    await table.deliver()
    assert await sits(table, rooms) == [False]


async def test_who_was_put_on_anew_keeps_the_place_for_the_sitting_alone(table: Conference) -> None:
    rooms = await planned(table, 1)
    ref = refs_of(rooms)[0]
    await table.say("cleo", f"!sitting defer {ref} because: the school is shut", room=C)
    await table.say("cleo", f"!sitting add {ref}", room=C)
    assert await sits(table, rooms) == [True]
    await held(table, rooms)
    assert await sits(table, rooms) == [False]


async def test_who_handed_the_chair_on_leaves_and_who_has_it_stays(table: Conference) -> None:
    rooms = await planned(table, 1, "chair: Nina Vos")
    await table.say("cleo", "!sitting chair Mo Aziz", room=C)
    await held(table, rooms)
    assert (await sits(table, rooms), await sits(table, rooms, "mo")) == ([False], [True])


async def test_whoever_was_invited_anew_meanwhile_stays(table: Conference) -> None:
    rooms = await planned(table, 1)
    ref = refs_of(rooms)[0]
    await table.say("cleo", f"!case release {ref} Nina Vos because: a slip", room=C)
    table.later(hours=1)
    await table.say("cleo", f"!case invite {ref} Nina Vos because: she treats her", room=C)
    await held(table, rooms)
    assert await sits(table, rooms) == [True]


async def test_what_was_decided_with_them_stays_decided(table: Conference) -> None:
    rooms = await planned(table, 1)
    table.later(days=1, hours=4)
    await table.say("cleo", "!sitting start", room=C)
    for who in ("hugo", "nina", "ada"):
        await table.say(who, "!confirm", room=rooms[0])
    table.later(minutes=1)
    await table.say("cleo", "decision: one visit a week because: he asked for it", room=rooms[0])
    # Whoever has not said where they stand still holds that.
    await table.say("nina", "!agree D-1", room=rooms[0])
    taken = await taken_in(table, rooms[0])
    assert taken
    table.later(minutes=1)
    await table.say("cleo", "!sitting end", room=C)
    await over(table)
    assert await sits(table, rooms) == [False]
    assert await taken_in(table, rooms[0]) == taken


async def taken_in(table: Conference, room: str) -> set[str]:
    """By which agencies the decision of a case was taken."""
    case = await table.case(room)
    taken = decisions.taken(case, case.all(Decision)[0])
    return {*taken.agencies} if taken else set()


async def test_they_leave_a_case_that_was_closed_meanwhile_and_one_that_cannot_be_read_holds_up_no_other(
    table: Conference,
) -> None:
    rooms = await planned(table, 3)
    await table.say("cleo", "!screen health looked", room=rooms[0])
    await table.say("cleo", "!close because: he is well owner: police informed: Ada told him", room=rooms[0])
    assert (await table.case(rooms[0])).closed
    await table.damage(refs_of(rooms)[1])
    await table.say("cleo", "!sitting cancel", room=C)
    await table.mend(refs_of(rooms)[1])
    assert await sits(table, rooms) == [False, True, False]
    await over(table)
    assert await sits(table, rooms) == [False, False, False]
