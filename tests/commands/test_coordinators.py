"""Nobody lets themselves in: who invites, which schemes are whose, and what whoever comes later reads."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from cases.roles import Role
from cases.scheme import Scheme
from chat.dispatch import Dispatcher
from commands import registry_of_all
from commands.decision.rules import Decision
from storage import tables
from tests.room import Conference, user

CANARY = "kanarie"
OPEN = "!case open why: w goal: g agencies: police, health"


@pytest.fixture
async def two(table: Conference) -> Conference:
    """A house with a second coordinator, Bram of the police, who has youth crime; safety table is Cleo's."""
    with table.store.update() as session:
        bram = sa.update(tables.professionals).where(tables.professionals.c.user_id == user("bram"))
        session.execute(bram.values(role=Role.COORDINATOR))
    schemes = {
        "safety table": Scheme(coordinators=(user("cleo"),)),
        "youth crime": Scheme(coordinators=(user("bram"),)),
    }
    table.house = replace(table.house, schemes=schemes)
    table.dispatcher = Dispatcher(registry_of_all(), table.store, table.house, lambda: table.now)
    return table


async def opened(table: Conference, who: str, text: str = OPEN) -> str:
    """The reference of a case that this person opened."""
    said = await table.say(who, text, room="coordination")
    return next(s.channel for s in said if s.channel.startswith("case:")).partition(":")[2]


async def test_nobody_invites_themselves(table: Conference) -> None:
    room = await table.open_case()
    ref = room.partition(":")[2]
    await table.say("cleo", f"!case director {ref} Iris Kok because: she knows him", room="coordination")
    await table.say("cleo", f"!case release {ref} Cleo Bakker because: on leave", room="coordination")
    for named in ("Cleo Bakker", user("cleo"), "cleo"):
        said = await table.answer("cleo", f"!case invite {ref} {named} because: I am back", room="coordination")
        assert said.text == (
            "Nobody invites themselves to a table."
            f" Those who can invite you to {ref}: Iris Kok (Youth work).\nNothing was changed."
        )
    assert not (await table.case(room)).is_member(user("cleo"))
    assert (await table.outcomes())[-1] == ("case invite", "case/not_yourself")
    told = await table.answer("iris", f"!case invite {ref} Cleo Bakker because: she is back", room=room)
    assert told.text.startswith("Cleo Bakker (Social services) is being invited to this table.")
    assert (await table.case(room)).is_member(user("cleo"))
    assert table.invited[-1] == (room, user("cleo"))


async def test_only_the_process_director_invites_from_the_table_and_only_to_it(table: Conference) -> None:
    room = await table.open_case(agencies="police, youth")
    ref = room.partition(":")[2]
    other = await opened(table, "cleo")
    await table.say("cleo", f"!case director {ref} Iris Kok because: she knows him", room="coordination")
    said = await table.answer("ada", f"!case invite {ref} Hugo Peters because: x", room=room)
    assert "Here this is for: coordinator." in said
    said = await table.answer("iris", f"!case invite {other} Hugo Peters because: x", room=room)
    assert said.text.startswith(f"There is no case with this reference. Open are: {ref}.")
    assert not (await table.case(f"case:{other}")).is_member(user("hugo"))
    assert not (await table.case(room)).is_member(user("hugo"))


async def test_a_case_is_closed_by_its_process_director(table: Conference) -> None:
    room = await table.open_case(agencies="police, youth")
    ref = room.partition(":")[2]
    await table.say("cleo", f"!case director {ref} Iris Kok because: she knows him", room="coordination")
    said = await table.answer("cleo", "!close because: done owner: police", room=room)
    assert (
        said.text
        == f"{ref} is closed by its process director: Iris Kok (Youth work). Please ask them. Nothing was changed."
    )
    assert "is closed." in await table.answer("iris", "!close because: done owner: police", room=room)


async def test_nobody_takes_the_process_from_who_runs_it(table: Conference) -> None:
    room = await table.open_case(agencies="police, youth")
    ref = room.partition(":")[2]
    await table.say("cleo", f"!case director {ref} Iris Kok because: she knows him", room="coordination")
    said = await table.answer("cleo", f"!case director {ref} Cleo Bakker because: {CANARY}", room="coordination")
    assert said.text == (
        f"{ref} has a process director, from whom nobody takes it over alone."
        " Those who can give it to you: Iris Kok (Youth work).\nNothing was changed."
    )
    assert (await table.case(room)).director == user("iris")
    await table.say("cleo", f"!case release {ref} Iris Kok because: another job", room="coordination")
    await table.say("cleo", f"!case director {ref} Cleo Bakker because: she left", room="coordination")
    assert (await table.case(room)).director == user("cleo")


async def test_without_a_process_director_a_coordinator_closes(table: Conference) -> None:
    room = await table.open_case(agencies="police, youth")
    ref = room.partition(":")[2]
    await table.say("cleo", f"!case director {ref} Iris Kok because: she knows him", room="coordination")
    await table.say("cleo", f"!case release {ref} Iris Kok because: another job", room="coordination")
    assert "is closed." in await table.answer("cleo", "!close because: done owner: police", room=room)


async def test_an_agency_without_a_seat_decides_nothing(table: Conference) -> None:
    room = await table.open_case(agencies="police, youth")
    said = await table.answer("cleo", f"!decide {CANARY} because: x", room=room)
    assert said.text.startswith("Social services does not sit at this table.")
    assert (await table.case(room)).all(Decision) == []


async def test_a_coordinator_steers_and_lists_only_what_is_theirs(two: Conference) -> None:
    mine = await opened(two, "cleo")
    theirs = await opened(two, "bram")
    assert [(await two.case(f"case:{ref}")).scheme for ref in (mine, theirs)] == ["safety table", "youth crime"]
    for who, own, other, asks in (("cleo", mine, theirs, "Bram Visser"), ("bram", theirs, mine, "Cleo Bakker")):
        listed = await two.answer(who, "!case list", room="coordination")
        assert own in listed
        assert other not in listed
        unknown = await two.answer(who, "!case invite ZZZZ Hugo Peters because: x", room="coordination")
        assert own in unknown
        assert other not in unknown
        for line in ("invite {} Hugo Peters", "release {} Ada Jansen", "director {} Ada Jansen", "reroom {}"):
            said = await two.answer(who, f"!case {line.format(other)} because: x", room="coordination")
            assert said.text.startswith(f"{other} belongs to a scheme that others coordinate. Please ask: {asks}"), line
            assert (await two.outcomes())[-1][1] == "case/not_your_scheme"


async def test_a_coordinator_opens_cases_only_in_their_schemes(two: Conference) -> None:
    said = await two.answer("bram", f"{OPEN} scheme: safety table", room="coordination")
    assert "Others coordinate that scheme, and open its cases. Please ask: Cleo Bakker" in said
    with two.store.look() as find:
        assert find.open_cases() == []


async def test_a_coordinator_of_another_scheme_is_one_of_the_table(two: Conference) -> None:
    ref = await opened(two, "cleo")
    await two.say("cleo", f"!case invite {ref} Bram Visser because: he knows him", room="coordination")
    room = f"case:{ref}"
    for line in ("!close because: x owner: police", "!review 20 nov", f"!case invite {ref} Hugo Peters because: x"):
        assert "Here this is for: coordinator." in await two.answer("bram", line, room=room), line
    assert "C-1" in await two.answer("bram", "!concern he was out", room=room)


async def test_every_coordinator_has_every_scheme_when_none_is_named(table: Conference) -> None:
    with table.store.update() as session:
        bram = sa.update(tables.professionals).where(tables.professionals.c.user_id == user("bram"))
        session.execute(bram.values(role=Role.COORDINATOR))
    ref = await opened(table, "cleo")
    assert ref in await table.answer("bram", "!case list", room="coordination")


# Whoever comes later


async def with_a_past(table: Conference) -> str:
    """A case with something of everything on file, and Hugo and Iris invited after that."""
    room = await table.open_case(agencies="police, social, health")
    ref = room.partition(":")[2]
    for who, line in (
        ("ada", f"!concern {CANARY} domain: justice"),
        ("ada", f"!request health {CANARY}? because: {CANARY}"),
        ("ada", f"!request school {CANARY} school? because: {CANARY}"),
        ("ada", f"!action {CANARY} for: social by: fri 15:00"),
        ("ada", f"!decide one of us calls him because: {CANARY}"),
        ("cleo", f"!roundtable tomorrow 10:00 about: {CANARY}"),
        ("cleo", "!roundtable start M-1"),
        ("cleo", f"note: {CANARY}"),
        ("cleo", "!roundtable end"),
    ):
        await table.say(who, line, room=room)
    for person in ("Hugo Peters", "Iris Kok"):
        await table.say("cleo", f"!case invite {ref} {person} because: knows him", room="coordination")
    return room


READS = ("!status", "!next", "!timeline", "!who", "!mine", "!followups", "!minutes", "!minutes M-1")


async def test_who_comes_later_reads_what_is_new_and_theirs(table: Conference) -> None:
    room = await with_a_past(table)
    since = len(table.heard)
    for line in (*READS, "!minutes correct M-1 §1 x", "!minutes dispute M-1 x", "!minutes addendum M-1 x"):
        await table.say("iris", line, room=room)
    assert not [s.text for s in table.heard[since:] if CANARY in s or (s.file and CANARY.encode() in s.file.data)]
    assert not [s.text for s in table.heard[since:] if "justice" in s]
    followups = await table.answer("iris", "!followups", room=room)
    assert "Health service: answer R-1" in followups
    assert "What was on file before Iris Kok came is not shown." in followups
    theirs = await table.answer("hugo", "!followups", room=room)
    assert f"School: answer R-2 · due Mon 9 Nov 2026 · {CANARY} school?" in theirs
    assert theirs.text.count(CANARY) == 1
    assert CANARY in await table.answer("hugo", "!mine", room=room)
    await table.say("ada", "!concern this is new", room=room)
    assert "raised a concern (C-2)" in await table.answer("iris", "!timeline", room=room)


async def test_what_comes_by_itself_shows_what_all_may_read(table: Conference) -> None:
    room = await with_a_past(table)
    await table.say("ada", "!roundtable 12 nov 10:00 about: next steps", room=room)
    since = len(table.heard)
    for _ in range(8):
        table.later(days=1)
        await table.sweeps.run()
        await table.deliver()
    said = [s for s in table.heard[since:] if s.channel == room]
    assert {"R-1", "A-1"} <= {word.strip(":,") for s in said for word in s.text.split()}
    assert [s.file.name for s in said if s.file]
    markdown = [s.file.data for s in said if s.file and s.file.name.endswith(".md")]
    assert markdown
    assert not [s.text for s in said if CANARY in s]
    assert not [data for data in markdown if CANARY.encode() in data]


async def test_the_table_gives_what_was_on_file(table: Conference) -> None:
    room = await with_a_past(table)
    refused = await table.answer("hugo", "!brief Iris Kok", room=room)
    assert "You came to" in refused
    assert "You came to" in await table.answer("hugo", "!brief Hugo Peters", room=room)
    given = await table.answer("ada", "!brief Iris Kok", room=room)
    assert given.mentions == (user("iris"),)
    assert "now for Iris Kok (Youth work), too." in given
    for line in ("!followups", "!minutes"):
        said = await table.say("iris", line, room=room)
        assert [s for s in said if CANARY in s or (s.file and CANARY.encode() in s.file.data)], line
    assert CANARY not in (await table.answer("hugo", "!followups", room=room)).text.replace(f"{CANARY} school", "")
    assert "reads everything" in await table.answer("ada", "!brief Iris Kok", room=room)
    assert "does not sit at the table" in await table.answer("ada", "!brief Jack Post", room=room)
    await table.say("ada", "!undo", room=room)
    assert CANARY not in (await table.answer("iris", "!followups", room=room)).text


async def test_who_was_there_from_the_beginning_reads_everything(table: Conference) -> None:
    room = await with_a_past(table)
    said = await table.answer("finn", "!followups", room=room)
    assert said.text.count(CANARY) >= 3
    assert "is not shown" not in said


async def test_who_comes_back_reads_from_then_on(table: Conference) -> None:
    room = await with_a_past(table)
    ref = room.partition(":")[2]
    await table.say("cleo", f"!case release {ref} Finn de Boer because: another job", room="coordination")
    await table.say("ada", f"!concern {CANARY} two", room=room)
    await table.say("cleo", f"!case invite {ref} Finn de Boer because: he is back", room="coordination")
    said = await table.answer("finn", "!timeline", room=room)
    assert "C-2" not in said
    assert "was held before you were invited" in await table.answer("finn", "!minutes", room=room)


async def test_sittings_are_those_of_ones_own_schemes(two: Conference) -> None:
    ours, theirs = await opened(two, "cleo"), await opened(two, "bram", f"{OPEN} scheme: youth crime")
    await two.say("cleo", f"!sitting tomorrow 14:00 cases: {ours}", room="coordination")
    for line in ("!sitting", "!sitting start", "!sitting cancel", f"!sitting drop {ours}", "!sitting chair Ada Jansen"):
        said = await two.answer("bram", line, room="coordination")
        assert "No sitting is planned" in said, line
        assert ours not in said
    refused = await two.answer("bram", f"!sitting tomorrow 15:00 cases: {theirs}, {ours}", room="coordination")
    assert "Cleo Bakker" in refused
    await two.say("bram", f"!sitting tomorrow 15:00 cases: {theirs}", room="coordination")
    for who, mine, other in (("cleo", ours, theirs), ("bram", theirs, ours)):
        told = await two.say(who, "!sitting start", room="coordination")
        assert f"{mine} · is held now" in told[-1].text
        assert not any(other in s.text for s in told)
    listed = await two.answer("cleo", "!sitting", room="coordination")
    assert theirs not in listed
    two.later(minutes=11)
    await two.sweeps.run()
    up = {s.channel for s in await two.deliver() if "are up" in s}
    assert up == {f"case:{ours}", f"case:{theirs}", "coordination"}
