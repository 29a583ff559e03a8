from dataclasses import replace

import pytest

from cases.scheme import Scheme
from tests.room import Conference


@pytest.mark.scenario
async def test_a_health_need_that_nobody_looked_at_is_unresolved_after_five_working_days(table: Conference) -> None:
    room = await table.open_case()
    assert "Looked at: health – by Mon 9 Nov 2026" in await table.answer("ada", "!status", room=room)
    assert "health" not in await table.answer("ada", "!followups", room=room)
    table.later(days=8)
    said = await table.answer("ada", "!followups", room=room)
    assert "Social services (Cleo Bakker): look at it:  !screen health looked" in said
    await table.say("finn", "!screen health looked the nurse saw him", room=room)
    assert "!screen" not in await table.answer("ada", "!followups", room=room)
    assert "health – done" in await table.answer("ada", "!status", room=room)


async def test_what_is_not_needed_needs_its_reason(table: Conference) -> None:
    room = await table.open_case()
    assert "why it is not needed is missing" in await table.answer("finn", "!screen health notneeded", room=room)
    said = await table.answer("finn", "!screen health notneeded because: seen last week", room=room)
    assert "Not needed: health (Finn de Boer (Health service))" in said
    assert "health – not needed" in await table.answer("ada", "!status", room=room)


async def test_the_scheme_says_what_is_looked_at(table: Conference) -> None:
    table = Conference(table.store, replace(table.house, schemes={"safety table": Scheme(screens=("home", "school"))}))
    room = await table.open_case()
    assert "home – by" in await table.answer("ada", "!status", room=room)
    assert "Looked at in this case: home, school." in await table.answer("finn", "!screen health looked", room=room)
    none = Conference(table.store, replace(table.house, schemes={"safety table": Scheme(screens=())}), _ids=table._ids)
    assert "Looked at:" not in await none.answer("ada", "!status", room=await none.open_case())


@pytest.mark.parametrize(("typed", "nearest"), [("healht", "health"), ("Heath", "health"), ("shcool", "school")])
async def test_a_slip_in_its_name_gets_a_suggestion_and_changes_nothing(
    table: Conference, typed: str, nearest: str
) -> None:
    scheme = Scheme(screens=("health", "school"))
    table = Conference(table.store, replace(table.house, schemes={"safety table": scheme}))
    room = await table.open_case()
    said = await table.answer("finn", f"!screen {typed} looked the nurse saw him", room=room)
    assert said.text.startswith(f"Did you mean  !screen {nearest} looked ?\n")
    assert "nurse" not in said
    assert f"{nearest} – by" in await table.answer("ada", "!status", room=room)
