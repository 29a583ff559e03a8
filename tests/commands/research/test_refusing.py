"""An agency can't share what its records hold: it says so, on which ground and why, as it may of a question."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from cases.briefing import has_briefed
from cases.period import Period
from cases.scheme import Scheme
from commands.figures.counting import Counts
from commands.poll.jobs import keep_polls
from commands.request.rules import Ground
from storage import tables
from tests.commands.research.test_commands import asked, in_room
from tests.room import Conference, Said, user

WHY = "refuse we promised his mother ground: professional secrecy instead: ask her doctor"


async def refused(table: Conference, text: str = WHY, who: str = "finn") -> tuple[str, Said, list[Said]]:
    """Health replies to its card; the case's room, that card, and what is said."""
    room, said = await asked(table)
    card = in_room(said, "agency:health")
    return room, card, await table.say(who, text, room=card.channel, replies_to=card)


@pytest.mark.scenario
async def test_a_partner_refuses_research_and_the_refusal_stands_in_the_agency_round(table: Conference) -> None:
    room, card, told = await refused(table)
    assert " · refuse …" in card
    ref = room.partition(":")[2]
    returned = in_room(told, room).text.replace("\n", " ")
    assert "Health service, for round table M-1 · not shared" in returned
    assert "Ground: professional secrecy Explanation: we promised his mother" in returned
    assert "What could help: ask her doctor" in returned
    assert "Thank you for saying why." in returned
    assert "Not returned yet: Police, Social services, School, Youth work" in returned
    assert "promised" not in in_room(told, card.channel)

    status = (await table.answer("ada", "!status", room=room)).text.replace("\n", " ")
    assert "Research for M-1: 1 of 5 returned · not shared: Health service not yet: Police" in status
    moves = (await table.answer("ada", "!next", room=room)).text.replace("\n", " ")
    assert "Police, Social services, School, Youth work: check your records for M-1" in moves
    assert "check your records" not in (await table.answer("finn", "!mine", room=room)).text
    timeline = (await table.answer("ada", "!timeline", room=room)).text.replace("\n", " ")
    assert "did not share what it found (Q-3)" in timeline
    listed = (await table.answer("ada", "!disclosures", room=room)).text.replace("\n", " ")
    assert "Health service: not shared" in listed
    assert "Ground: professional secrecy" in listed
    assert "promised" not in listed

    table.now = table.now.replace(day=19)
    opened = (await table.answer("hugo", "!roundtable start", room=room)).text.replace("\n", " ")
    line = "Health service: did not share: professional secrecy, we promised his mother"
    assert line in opened
    for who in ("ada", "dirk"):
        await table.say(who, "!confirm", room=room)
    table.later(minutes=50)
    await table.say("hugo", "!roundtable end", room=room)
    minutes = table.files(room)[f"{ref}-M-1-minutes-v1.md"].decode()
    assert "did not share: professional secrecy, we promised his mother" in minutes
    assert "What could help: ask her doctor" in minutes
    assert "professional secrecy (1)" in minutes
    assert "sent information before" not in minutes


@pytest.mark.parametrize(
    "text",
    [
        "!refuse Q-3 ground: professional secrecy because: we promised his mother",
        "!refuse Q-3 we promised his mother ground: professional secrecy",
        "weiger we promised his mother ground: professional secrecy",
        "refuse Q-3 because: we promised his mother ground: professional secrecy",
    ],
)
async def test_it_is_said_in_several_ways(table: Conference, text: str) -> None:
    room, _, told = await refused(table, text)
    assert "Explanation: we promised his mother" in in_room(told, room)


@pytest.mark.parametrize(
    "text", ["can't share because it is c4nary", "sorry, we may not share that c4nary", "nee, dat mogen we niet delen"]
)
async def test_in_peoples_words_the_ground_is_asked_for_and_nothing_is_sent(table: Conference, text: str) -> None:
    room, card, told = await refused(table, text)
    assert [one.channel for one in told] == [card.channel]
    assert "a ground is missing" in told[0]
    assert "c4nary" not in told[0]
    told = await table.say(
        "finn", "can't share because we promised him ground: consent refused", room=card.channel, replies_to=card
    )
    assert "Ground: consent refused" in in_room(told, room)


async def test_because_stands_for_the_explanation_of_a_refused_question_too(table: Conference) -> None:
    room = await table.open_case()
    await table.say("ada", "!request health was he there? because: the plan", room=room)
    told = await table.answer("finn", "!refuse R-1 ground: other because: we promised him", room=room)
    assert "Explanation: we promised him" in told


async def test_a_scheme_says_on_which_grounds(table: Conference) -> None:
    schemes = {"safety table": Scheme(grounds=(Ground.TOO_BROAD,))}
    table = Conference(table.store, replace(table.house, schemes=schemes), table.now)
    _, card, told = await refused(table)
    assert [one.channel for one in told] == [card.channel]
    assert "Its grounds are" in told[0]


async def test_whose_function_is_not_to_answer_may_refuse_and_not_tell(table: Conference) -> None:
    with table.store.update() as session:
        health = tables.agencies.c.short == "health"
        session.execute(sa.update(tables.agencies).where(health).values(answers=("clinician",)))
        finn = tables.professionals.c.user_id == user("finn")
        session.execute(sa.update(tables.professionals).where(finn).values(function="clinician"))
    room, _, told = await refused(table, who="gina")
    assert "not shared" in in_room(told, room)


async def test_a_refusal_of_research_is_read_in_no_other_room(table: Conference) -> None:
    room, said = await asked(table)
    other = await table.open_case()
    card = in_room(said, "agency:health")
    text = "refuse it is c4nary for us ground: other instead: c5nary basis: c6nary"
    await table.say("finn", text, room=card.channel, replies_to=card)
    await table.say("cleo", "!case list", room="coordination")
    await table.say("cleo", "!sitting", room="coordination")
    await table.say("ada", "!research", room=other)
    await table.say("ada", "!research", room=room)
    for _ in range(3):
        table.later(days=1)
        await table.sweeps.run()
        await table.deliver()
    for canary in ("c4nary", "c5nary", "c6nary"):
        assert {one.channel for one in table.heard if canary in one} == {room}


async def test_nothing_nags_further_and_what_was_not_shared_is_no_briefing(table: Conference) -> None:
    room, _, _ = await refused(table)
    case = await table.case(room)
    assert not has_briefed(case, "health", "M-1")
    before = len(table.heard)
    for _ in range(6 * 24):
        table.later(hours=1)
        await table.sweeps.run()
        await table.deliver()
    nagged = [one for one in table.heard[before:] if one.channel == "agency:health" and "Q-3" in one]
    assert nagged == []
    assert not any("not yet: Health" in one.text for one in table.heard)


async def test_a_refusal_of_research_is_corrected_undone_and_returned_anew(table: Conference) -> None:
    room, card, _ = await refused(table)
    await table.say("finn", "correct we promised his sister", room=card.channel, replies_to=card)
    listed = (await table.answer("ada", "!research", room=room)).text.replace("\n", " ")
    assert "Health service: did not share: professional secrecy, we promised his sister" in listed
    await table.say("finn", "known one stay", room=card.channel, replies_to=card)
    assert "Health service: one stay" in (await table.answer("ada", "!research", room=room)).text
    await table.say("finn", "!undo", room=room)
    assert "did not share" in (await table.answer("ada", "!research", room=room)).text
    await table.say("finn", "!undo", room=room)
    await table.say("finn", "!undo", room=room)
    assert "Health service: nothing returned" in (await table.answer("ada", "!research", room=room)).text


async def test_a_deleted_refusal_of_research_is_off_the_file(table: Conference) -> None:
    room, said = await asked(table)
    card = in_room(said, "agency:health")
    text = "refuse it is c4nary ground: other instead: c4nary"
    await table.say("finn", text, room=card.channel, replies_to=card, event_id="$told")
    await table.deleting.deleted(f"!{card.channel}:example.org", user("finn"), "$told", "$deleted")
    await table.deliver()
    listed = await table.answer("ada", "!research", room=room)
    assert "c4nary" not in listed
    assert "Health service: nothing returned" in listed


async def test_a_refusal_of_research_is_escalated_as_that_of_a_question_is(table: Conference) -> None:
    room, _ = await asked(table)
    line = "!escalate Q-3 because: without it we plan blindly"
    await table.say("ada", line, room=room)
    assert (await table.outcomes())[-1] == ("escalate", "escalation/no_dispute")
    await table.say("finn", "!refuse Q-3 we promised him ground: other", room=room)
    told = await table.answer("ada", line, room=room)
    assert "Q-3 · escalated to:" in told
    assert set(told.mentions) == {user("finn"), user("gina")}
    moves = (await table.answer("ada", "!next", room=room)).text
    assert "!resolve Q-3" in moves
    table.heard.clear()
    for _ in range(12 * 24):
        table.later(hours=1)
        await table.sweeps.run()
        await table.deliver()
    above = [one for one in table.heard if one.channel == f"direct:{user('bram')}"]
    assert any("a disagreement has reached your level" in one for one in above)
    assert not any("promised" in one or "blindly" in one for one in above)
    told = await table.answer("finn", "!resolve Q-3 his doctor speaks with the chair", room=room)
    assert "resolved" in told


async def test_who_comes_later_does_not_read_why(table: Conference) -> None:
    room = await table.open_case(agencies="police, social, health")
    await table.answer("cleo", "!roundtable 19 nov 10:00 about: x chair: Ada Jansen", room=room)
    table.later(days=10)
    await table.sweeps.run()
    await table.deliver()
    await table.say("finn", "!refuse Q-3 it is c4nary ground: other instead: c4nary", room=room)
    await table.say("cleo", f"!case invite {room[5:]} Hugo Peters because: he teaches him", room="coordination")
    before = len(table.heard)
    for line in ("!research", "!disclosures", "!status", "!timeline"):
        await table.say("hugo", line, room=room)
    assert any("Health service: …" in one for one in table.heard[before:])
    assert not any("c4nary" in one for one in table.heard[before:])


async def test_a_tap_asks_why_it_is_not_shared(table: Conference) -> None:
    table = Conference(table.store, replace(table.house, schemes={"safety table": Scheme(polls=True)}), table.now)
    room, _ = await asked(table)
    keep_polls(table.sweeps.begin())
    await table.deliver()
    poll = next(poll for poll, _ in table.polls if poll.channel == "agency:health" and "Q-3" in poll.text)
    before = len((await table.case(room)).steps)
    (asks,) = await table.tap("finn", poll, "Can’t share it, and say why")
    assert "!refuse Q-3" in asks
    assert asks.channel == f"direct:{user('finn')}"
    assert len((await table.case(room)).steps) == before
    told = await table.say("finn", "refuse we promised him ground: other", room=asks.channel, replies_to=asks)
    assert "Explanation: we promised him" in in_room(told, room)


async def test_a_refusal_of_research_is_among_the_refusals_with_a_reason(table: Conference) -> None:
    room, _, _ = await refused(table)
    case = await table.case(room)
    month, counts = Period.of(table.now, table.house.zone), Counts()
    counts.add(case, month, table.house.calendar(case), table.now)
    assert counts.explained == [True]
