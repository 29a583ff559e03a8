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


@pytest.mark.scenario
async def test_dk_what_serves_an_investigation_is_not_asked_for_and_refusing_is_always_allowed(
    table: Conference,
) -> None:
    line = "!request health what do you know for the criminal investigation? because: the case"
    dk = with_profile(table, "DK SSP")
    room = await dk.open_case()
    assert "This is not asked for at this table." in await dk.answer("ada", line, room=room)
    await dk.say("ada", "!request health is he well? because: the plan", room=room)
    refused = await dk.answer("finn", "!refuse R-1 said in confidence ground: professional secrecy", room=room)
    assert "Thank you for saying why." in refused
    without = with_profile(table, "DK SSP", never_asked=())
    assert any("criminal investigation" in said for said in await without.say("ada", line, room=room))


@pytest.mark.scenario
async def test_nl_an_answer_stands_on_a_basis_of_the_catalogue(table: Conference) -> None:
    line = "!answer R-1 twice in May"
    nl = with_profile(table, "NL safety house")
    room = await with_profile(table, "NL safety house", conveners=()).open_case()
    await nl.say("ada", "!request health was he seen? because: the plan", room=room)
    assert "a lawful basis and the consent are missing" in await nl.answer("finn", line, room=room)
    assert "is not in the catalogue" in await nl.answer("finn", f"{line} basis: ours consent: yes", room=room)
    without = with_profile(table, "NL safety house", basis_on_answers=False)
    assert "twice in May" in await without.answer("finn", line, room=room)


@pytest.mark.scenario
async def test_uk_an_action_set_at_a_table_says_why(table: Conference) -> None:
    line = "action: visit her for: social by: 20 nov"
    uk = with_profile(table, "UK MARAC")
    room = await uk.open_case()
    await uk.say("ada", "!roundtable tomorrow 10:00", room=room)
    await uk.say("ada", "!roundtable start M-1", room=room)
    assert "a reason is missing" in await uk.answer("ada", line, room=room)
    without = with_profile(table, "UK MARAC", reasons_on_actions=False)
    assert "A-1 · Social services" in await without.answer("ada", line, room=room)


@pytest.mark.scenario
async def test_be_nothing_leaves_the_table_unless_all_who_were_there_agree(table: Conference) -> None:
    async def hold(be: Conference) -> list[str]:
        room = await be.open_case()
        await be.say("hugo", "!roundtable tomorrow 10:00", room=room)
        await be.say("hugo", "!roundtable start M-1", room=room)
        for who, text in (("finn", "!confirm"), ("hugo", "view: she is well"), ("hugo", "!roundtable end")):
            await be.say(who, text, room=room)
        await be.say("hugo", "!minutes summary M-1 approve", room=room)
        said = await be.say("hugo", "!disclose M-1 to: police because: they ask", room=room)
        return [one.text for one in said if one.channel == "agency:police" and not one.file]

    assert await hold(with_profile(table, "BE LIVC-R", conveners=())) == []
    assert await hold(with_profile(table, "BE LIVC-R", conveners=(), consensus=False)) != []
