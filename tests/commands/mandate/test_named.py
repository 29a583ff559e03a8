"""Whom a mandate names: who signed it, and who may stand in."""

from dataclasses import replace

import pytest

from cases.roles import Role
from cases.scheme import Scheme
from commands.mandate import standing
from commands.mandate.standing import Mandate
from storage import directory, register
from tests.commands.people.test_changing import change
from tests.room import Conference, Said, user

GRANT = "!mandate health until: 2027-06-30 signatory: Dr. Mulder version: 3 deputies: Gina Dekker, Jan Onbekend"


async def grant(table: Conference, line: str = GRANT) -> Said:
    """Kees puts a mandate on file."""
    return await table.answer("kees", line, room="admin")


def kept(table: Conference, agency: str = "health") -> Mandate:
    """The mandate of an agency, as it is on file."""
    with table.store.look() as find:
        return standing.mandates(find)[agency]


def to_type(said: Said, begins: str) -> str:
    """The line that is offered to be copied."""
    return next(line for line in said.text.splitlines() if line.startswith(begins))


async def planned(table: Conference) -> str:
    """A case with a round table, M-1."""
    room = await table.open_case()
    await table.say("cleo", "!roundtable tomorrow 15:00", room=room)
    return room


@pytest.mark.scenario
async def test_who_cant_come_is_told_who_may_stand_in_and_what_to_type(table: Conference) -> None:
    await grant(table)
    room = await planned(table)
    said = await table.answer("finn", "!apologies M-1 I am on a course", room=room)
    assert "By the mandate of their agency these may stand in: Gina Dekker, Jan Onbekend." in said
    assert "I am on a course" in said
    assert to_type(said, "!apologies") == "!apologies M-1 WHY deputy: Gina Dekker"
    bare = await table.answer("finn", "!apologies M-1", room=room)
    again = await table.answer("finn", to_type(bare, "!apologies"), room=room)
    assert "Instead comes Gina Dekker (Health service)." in again
    assert "mandate" not in again


@pytest.mark.scenario
async def test_a_deputy_whom_the_mandate_does_not_name_is_accepted_and_the_others_are_named(table: Conference) -> None:
    await grant(table, "!mandate police until: 2027-06-30 deputies: Jan Onbekend and Ada Jansen")
    room = await planned(table)
    said = await table.answer("ada", "!apologies M-1 deputy: Bram Visser", room=room)
    assert "Instead comes Bram Visser (Police)." in said
    assert "The mandate of their agency names others: Jan Onbekend." in said
    assert "!apologies" not in said


@pytest.mark.parametrize(
    "line",
    [
        "!mandate police until: 2027-06-30 signatory: CANARY",
        "!mandate police until: 2027-06-30 deputies: Ada Jansen",
        "!mandate police until: tomorrow deputies: Bram Visser",
        "!mandate health until: 2027-06-30 deputies: Gina Dekker, CANARY",
    ],
)
async def test_no_deputy_is_named_by_nobody_by_oneself_by_a_lapsed_mandate_or_of_another_agency(
    table: Conference, line: str
) -> None:
    await grant(table, line)
    room = await table.open_case()
    await table.say("cleo", "!roundtable 6 nov 15:00", room=room)
    table.later(days=3)
    said = await table.answer("ada", "!apologies M-1", room=room)
    assert not [word for word in ("mandate", "CANARY", "deputy", "Visser", "Gina") if word in said]


@pytest.mark.parametrize("name", ["Gina Dekker", "gina dekker", "Gina", "@gina:example.org", "mevrouw Dekker"])
async def test_a_deputy_on_file_is_kept_as_who_it_is(table: Conference, name: str) -> None:
    said = await grant(table, f"!mandate health until: 2027-06-30 deputies: {name}, Finn de Boer")
    assert "Deputies: Gina Dekker, Finn de Boer." in said
    assert "Nobody on file" not in said
    assert kept(table).deputies == (user("gina"), user("finn"))
    with table.store.update() as session:
        assert "gina" not in str(session.exec_driver_sql("SELECT key, value FROM settings").all())


async def test_a_change_of_name_loses_no_deputy(table: Conference) -> None:
    await grant(table, "!mandate health until: 2027-06-30 signatory: finn de boer deputies: Gina Dekker")
    with table.store.work("a wedding", table.now) as work:
        for who, name in (("gina", "Gina de Wit"), ("finn", "Finn Smid")):
            directory.put(work, replace(work.find.directory().people[user(who)], name=name))
        work.outcome = "done"
    listed = await table.answer("kees", "!mandate list", room="admin")
    assert "Signed by Finn Smid. Deputies: Gina de Wit." in listed
    room = await planned(table)
    assert "deputy: Gina de Wit" in await table.answer("finn", "!apologies M-1", room=room)


async def test_a_name_that_nobody_on_file_bears_is_told_and_not_refused(table: Conference) -> None:
    said = await grant(table)
    assert "Nobody on file is called so: Jan Onbekend." in said
    assert kept(table).deputies == (user("gina"), "Jan Onbekend")
    assert kept(table).signatory == "Dr. Mulder"


@pytest.mark.parametrize("name", ["Hugo Peters", "hugo", "Gina Dekker, Hugo Peters", "Visser"])
async def test_nobody_of_another_agency_is_a_deputy_and_nothing_is_changed(table: Conference, name: str) -> None:
    await grant(table)
    before = kept(table)
    said = await grant(table, f"!mandate health until: 2028-06-30 deputies: {name}")
    assert "can’t be a deputy of Health service" in said
    assert "!mandate health until: DATE" in said
    assert kept(table) == before


async def test_two_of_an_agency_who_are_called_alike_are_asked_about(table: Conference) -> None:
    with table.store.work("another", table.now) as work:
        directory.put(work, replace(work.find.directory().people[user("jack")], name="Iris Post", user_id="@i:x.org"))
        work.outcome = "done"
    said = await grant(table, "!mandate youth until: 2028-06-30 deputies: Iris")
    assert ("Iris Kok" in said, "Iris Post" in said) == (True, True)
    with table.store.look() as find:
        assert register.read(find, "mandate") == {}


@pytest.mark.scenario
async def test_the_warning_the_list_and_the_refusal_name_who_signs_anew(table: Conference) -> None:
    strict = replace(table.house, schemes={"safety table": Scheme(mandates=True)})
    table = Conference(table.store, strict, _ids=table._ids)
    await grant(table, GRANT.replace("2027-06-30", "fri 27 nov"))
    await grant(table, "!mandate police until: 2027-06-30")
    listed = await table.answer("kees", "!mandate list", room="admin")
    assert "Health service: until Fri 27 Nov 2026. Signed by Dr. Mulder. Deputies: Gina Dekker, Jan Onbekend." in listed
    assert "Police: until Wed 30 Jun 2027. No signatory is on file." in listed
    assert "School: none" in listed
    table.later(days=14)
    await table.sweeps.run()
    (warned,) = [s for s in await table.deliver() if s.channel == "admin"]
    assert "Health service: on Fri 27 Nov 2026. Signed by Dr. Mulder. Deputies: Gina Dekker, Jan Onbekend." in warned
    renewal = to_type(warned, "!mandate")
    assert renewal == (
        "!mandate health until: DATE signatory: Dr. Mulder version: 3 deputies: Gina Dekker, Jan Onbekend"
    )
    table.later(days=18)
    said = await table.say("cleo", "!case open why: w goal: g agencies: police", room="coordination")
    room = next(s.channel for s in said if s.channel.startswith("case:"))
    invite = f"!case invite {room[5:]} Finn de Boer because: he knows him"
    refused = await table.answer("cleo", invite, room="coordination")
    assert "The mandate of Health service has lapsed. Signed by Dr. Mulder. Deputies: Gina Dekker" in refused
    assert renewal in refused
    assert (room, user("finn")) not in table.invited
    await grant(table, renewal.replace("DATE", "2028-06-30"))
    assert kept(table).deputies == (user("gina"), "Jan Onbekend")


async def test_a_scheme_without_mandates_asks_for_no_signatory(table: Conference) -> None:
    await grant(table, "!mandate police until: 2027-06-30")
    listed = await table.answer("kees", "!mandate list", room="admin")
    assert "Police: until Wed 30 Jun 2027." in listed
    assert "signatory" not in listed


@pytest.mark.scenario
@pytest.mark.parametrize(
    "line", ["!member leave Gina Dekker because: retired", "!member move Gina Dekker to: youth because: new job"]
)
async def test_when_a_deputy_leaves_or_moves_admins_read_which_mandate_names_them_and_what_to_type(
    table: Conference, line: str
) -> None:
    await grant(table)
    await grant(table, "!mandate police until: 2027-06-30 signatory: CANARY deputies: Bram Visser")
    said = await table.answer("kees", line, room="admin")
    assert "The mandate of Health service names Gina Dekker. Signed by Dr. Mulder." in said
    assert "CANARY" not in said
    renewal = to_type(said, "!mandate")
    assert renewal == ("!mandate health until: Wed 30 Jun 2027 signatory: Dr. Mulder version: 3 deputies: Jan Onbekend")
    before = kept(table).until
    await grant(table, renewal)
    assert (kept(table).deputies, kept(table).until.date()) == (("Jan Onbekend",), before.date())


async def test_when_who_signed_leaves_another_name_is_asked_for(table: Conference) -> None:
    await grant(table, "!mandate police until: 2027-06-30 signatory: Bram Visser deputies: Ada Jansen")
    said = await table.answer("kees", "!member leave Bram Visser because: retired", room="admin")
    assert "The mandate of Police names Bram Visser. Signed by Bram Visser. Deputies: Ada Jansen." in said
    assert "!mandate police until: Wed 30 Jun 2027 signatory: NAME deputies: Ada Jansen" in said
    room = await planned(table)
    assert "Bram" not in (await table.answer("ada", "!apologies M-1", room=room)).text


async def test_who_is_named_by_no_mandate_leaves_without_a_word_of_any(table: Conference) -> None:
    await grant(table)
    said = await table.answer("kees", "!member leave Hugo Peters because: retired", room="admin")
    assert not [word for word in ("mandate", "Mulder", "Onbekend") if word in said]


@pytest.mark.parametrize("moves", [True, False])
async def test_who_leaves_or_moves_by_the_agencies_file_is_told_to_the_admins_too(
    table: Conference, moves: bool
) -> None:
    await grant(table)
    await table.open_case()
    with table.store.look() as find:
        people = find.everybody()
    moved = [replace(p, agency="youth") if p.user_id == user("gina") else p for p in people]
    said = await change(table, *(moved if moves else [p for p in people if p.user_id != user("gina")]), prune=True)
    (told,) = [s for s in said if s.channel == "admin"]
    assert "The mandate of Health service names Gina Dekker." in told
    assert told.mentions == (user("kees"),)


async def test_a_deputy_who_becomes_a_manager_of_the_same_agency_stays_one(table: Conference) -> None:
    await grant(table)
    await table.open_case()
    with table.store.look() as find:
        people = find.everybody()
    said = await change(table, *(replace(p, role=Role.MANAGER) if p.user_id == user("gina") else p for p in people))
    assert "coordination" in {s.channel for s in said}
    assert "admin" not in {s.channel for s in said}


async def test_one_deputy_under_the_key_of_apologies_is_told_the_key_of_mandates(table: Conference) -> None:
    said = await table.answer("kees", "!mandate health until: 2027-06-30 deputy: Gina Dekker", room="admin")
    assert "Did you mean  deputies: ?" in said
    assert (await table.outcomes())[-1] == ("mandate", "reading/unknown_key")
