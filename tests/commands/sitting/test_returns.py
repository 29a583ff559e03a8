"""How many agencies have returned what their records hold before each case of a sitting: told by reference only."""

import re

import pytest

from tests.commands.sitting.house import C, refs_of
from tests.room import Conference


async def planned(table: Conference, *agencies: str) -> list[str]:
    """The rooms of cases with these agencies, which are on a sitting tomorrow; each agency was asked."""
    rooms = [await table.open_case(agencies=one) for one in agencies]
    await table.say("cleo", f"!sitting tomorrow 14:00 cases: {', '.join(refs_of(rooms))} chair: Hugo Peters", room=C)
    table.later(minutes=15)
    await table.sweeps.run()
    await table.deliver()
    return rooms


async def listed(table: Conference) -> list[str]:
    """What ``!sitting`` shows of each case, in one line each."""
    said = " ".join((await table.answer("cleo", "!sitting", room=C)).text.split())
    shown = said.partition(" To plan one:")[0].partition(" To go on:")[0]
    return re.split(r" (?=\d+\. \w{4} ·)", shown)[1:]


@pytest.mark.scenario
async def test_the_coordinators_see_how_many_have_returned_before_each_case(table: Conference) -> None:
    first, second = await planned(table, "police, social, health, school, youth", "police, health")
    await table.say("finn", "!known Q-3 c4nary lead: c5nary suggest: c6nary", room=first)
    await table.say("ada", "!nothing Q-1 c4nary", room=first)
    await table.say("hugo", "!refuse Q-4 it is c4nary for us ground: other", room=first)
    one, other = await listed(table)
    assert refs_of([first])[0] in one
    assert "3 of 5 returns, missing: Social services, Youth work" in one
    assert "0 of 3 returns, missing: " in other
    await table.say("ada", "!nothing Q-1", room=second)
    await table.say("finn", "!nothing Q-2", room=second)
    await table.say("hugo", "!nothing Q-3", room=second)
    assert "3 of 3 returns" in (await listed(table))[1]
    assert "missing" not in (await listed(table))[1]
    for canary in ("c4nary", "c5nary", "c6nary"):
        assert {said.channel for said in table.heard if canary in said} <= {first}


async def test_of_many_that_are_missing_only_their_number_is_told(table: Conference) -> None:
    await planned(table, "police, social, health, school, youth")
    (line,) = await listed(table)
    assert line.endswith("0 of 5 returns")


async def test_before_they_are_asked_no_return_is_missing(table: Conference) -> None:
    rooms = [await table.open_case()]
    await table.say("cleo", f"!sitting 27 nov 14:00 cases: {refs_of(rooms)[0]} for: 10m", room=C)
    (line,) = await listed(table)
    assert "waits · returns not asked for yet" in line


async def test_who_has_been_heard_needs_no_return_any_more(table: Conference) -> None:
    first, _ = await planned(table, "police, health", "police, health")
    table.later(days=1, hours=4)
    await table.say("cleo", "!sitting start", room=C)
    assert "0 of 3 returns" in (await listed(table))[0]
    await table.say("cleo", "!sitting next", room=C)
    held, now = await listed(table)
    assert refs_of([first])[0] in held
    assert ("returns" in held, "0 of 3 returns" in now) == (False, True)


async def test_a_case_that_cannot_be_read_leaves_the_others_shown(table: Conference) -> None:
    first, _ = await planned(table, "police, health", "police, health")
    await table.damage(refs_of([first])[0])
    one, other = await listed(table)
    assert ("returns" in one, "0 of 3 returns" in other) == (False, True)
