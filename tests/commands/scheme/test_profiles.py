"""The profiles that are shipped: each works, and each of its safeguards is missed when it is taken out."""

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from bot.schemes import SchemeSection, scheme_of
from cases.case import Mode
from cases.scheme import Scheme
from tests.room import AGENCIES, Conference

PROFILES = sorted((Path(__file__).parent.parent.parent.parent / "docs" / "schemes").glob("*.toml"))
NAMES = ["AT Fallkonferenz", "BE LIVC-R", "DK SSP", "FI Anchor", "NL safety house", "UK MARAC"]
OPEN = "!case open why: Sem is not at school goal: Sem is back agencies: police, social, health, school"


def read() -> dict[str, SchemeSection]:
    tables = [tomllib.loads(path.read_text())["scheme"] for path in PROFILES]
    return {name: SchemeSection.model_validate(given) for table in tables for name, given in table.items()}


def as_given(name: str) -> Scheme:
    return scheme_of(read()[name], country=None, language="en", mode=Mode.TABLE, polls=False)


def with_profile(table: Conference, name: str, **taken_out: object) -> Conference:
    """The same house with one profile as its scheme; ``taken_out``: safeguards, as they are without it."""
    scheme = replace(as_given(name), language="en", **taken_out)  # type: ignore[arg-type]  # by name
    return Conference(table.store, replace(table.house, scheme=name, schemes={name: scheme}), _ids=table._ids)


def test_six_profiles_are_shipped_each_to_be_checked_by_counsel() -> None:
    assert sorted(read()) == NAMES
    assert {section.note for section in read().values()} == {"To be checked by counsel."}
    for section in read().values():
        assert {*section.mandatory_agencies, *section.conveners} <= AGENCIES.keys()


@pytest.mark.scenario
@pytest.mark.parametrize("name", NAMES)
async def test_a_case_opens_under_each_profile_and_its_scheme_can_be_read(table: Conference, name: str) -> None:
    table = with_profile(table, name)
    said = await table.say(
        "cleo", f"{OPEN} brought by: {(read()[name].conveners or ['social'])[0]}", room="coordination"
    )
    room = next(s.channel for s in said if s.channel.startswith("case:"))
    assert (await table.case(room)).scheme == name
    shown = await table.answer("cleo", "!scheme", room="coordination")
    assert "To be checked by counsel." in shown


@pytest.mark.scenario
async def test_at_only_the_security_authority_convenes(table: Conference) -> None:
    at = with_profile(table, "AT Fallkonferenz")
    assert "does not bring cases" in await at.answer("cleo", f"{OPEN} brought by: school", room="coordination")
    anybody = with_profile(table, "AT Fallkonferenz", conveners=())
    said = await anybody.say("cleo", f"{OPEN} brought by: school", room="coordination")
    assert any("is open" in s for s in said)


@pytest.mark.scenario
async def test_nl_who_brings_a_case_is_on_file(table: Conference) -> None:
    nl = with_profile(table, "NL safety house")
    assert "who brings the case is missing" in await nl.answer("cleo", OPEN, room="coordination")
    without = with_profile(table, "NL safety house", conveners=())
    assert any("is open" in s for s in await without.say("cleo", OPEN, room="coordination"))


@pytest.mark.scenario
async def test_fi_a_team_begins_its_day_with_a_digest(table: Conference) -> None:
    async def said_in_the_morning(fi: Conference) -> list[str]:
        room = await fi.open_case()
        await fi.say("ada", "!action visit the family for: social by: wed 15:00", room=room)
        fi.later(days=1)
        await fi.sweeps.run()
        return [s.text for s in await fi.deliver() if s.channel == room]

    assert any("Waiting for" in text for text in await said_in_the_morning(with_profile(table, "FI Anchor")))
    table_mode = with_profile(table, "FI Anchor", mode=Mode.TABLE)
    assert not any("Waiting for" in text for text in await said_in_the_morning(table_mode))


def test_what_a_profile_leaves_out_is_as_usual() -> None:
    assert read()["DK SSP"].model_fields_set < SchemeSection.model_fields.keys()
    assert Scheme().ladder == as_given("DK SSP").ladder
