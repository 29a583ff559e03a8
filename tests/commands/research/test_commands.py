"""Research before a round table (MARAC): each agency returns what its own records say, and silence is named."""

from dataclasses import replace
from datetime import date

import pytest
import sqlalchemy as sa

from cases.briefing import has_briefed
from cases.scheme import Scheme
from commands.phase.rules import silent
from commands.poll.jobs import keep_polls
from storage import tables
from tests.room import AGENCIES, Conference, Said, user

CALL = "!roundtable 19 nov 10:00 about: back to school chair: Hugo Peters"


def in_room(said: list[Said], channel: str) -> Said:
    return next(one for one in said if one.channel == channel and not one.file)


async def swept(table: Conference) -> list[Said]:
    """What the bot says by itself about research, looked through twice."""
    said = []
    for _ in range(2):
        await table.sweeps.run()
        said += await table.deliver()
    return [one for one in said if "check your own records" in one.text]


async def asked(table: Conference) -> tuple[str, list[Said]]:
    """On Thursday 12 November, five working days before the round table: the case's room, and what is said."""
    room = await table.open_case()
    await table.answer("cleo", CALL, room=room)
    table.later(days=9)
    assert await swept(table) == []
    table.later(days=1)
    return room, await swept(table)


@pytest.mark.scenario
async def test_marac_research_fills_the_agency_round(table: Conference) -> None:
    room, said = await asked(table)
    ref = room.partition(":")[2]
    assert sorted(one.channel for one in said) == sorted([room, *(f"agency:{short}" for short in AGENCIES)])
    card = in_room(said, "agency:health")
    assert card.subject == "Q-3"
    assert card.text == (
        f"Q-3 · {ref} · to Health service\n"
        "round table M-1, Thu 19 Nov 2026, 10:00 Europe/Amsterdam\n"
        "Please check your own records first: is this person known to you? Tell only\n"
        "what matters for this case.\n"
        "Who it is about know at the table: Finn de Boer, Gina Dekker\n"
        "Reply: nothing · known FACTS lead: PERSON suggest: ACTION · refuse …\n"
        "Only what you return leaves this room."
    )
    assert sorted(card.mentions) == [user("finn"), user("gina")]
    # Everybody was rung in their own room, and not once more here.
    assert in_room(said, room).mentions == ()

    told = await table.say(
        "finn", "known one stay in May lead: Sister Vos suggest: a visit together", room=card.channel, replies_to=card
    )
    returned = in_room(told, room)
    assert "one stay in May" in returned
    assert "Lead worker: Sister Vos" in returned
    assert "Suggests: a visit together" in returned
    assert "Not returned yet: Police, Social services, School, Youth work" in returned.text.replace("\n", " ")
    assert "one stay" not in in_room(told, card.channel)
    card = in_room(said, "agency:police")
    told = await table.say("ada", "nothing known", room=card.channel, replies_to=card)
    assert "nothing known" in in_room(told, room)

    table.later(days=2)
    status = (await table.answer("ada", "!status", room=room)).text.replace("\n", " ")
    assert (
        "Research for M-1: 2 of 5 returned · not yet: Social services (2 days), School (2 days), Youth work (2 days)"
    ) in status
    moves = (await table.answer("ada", "!next", room=room)).text.replace("\n", " ")
    assert "Social services, School, Youth work: check your records for M-1" in moves
    assert "check your records for M-1" in (await table.answer("dirk", "!mine", room=room)).text
    assert "check your records for M-1" not in (await table.answer("finn", "!mine", room=room)).text
    listed = (await table.answer("finn", "!research", room=room)).text.replace("\n", " ")
    assert "Q-3 · Health service: one stay in May · Lead worker: Sister Vos · Suggests: a visit together" in listed
    assert "Q-1 · Police: nothing known" in listed

    table.now = table.now.replace(day=17)
    await table.sweeps.run()
    pack = next(one for one in await table.deliver() if "pack for" in one.text)
    assert "Research, not yet: Social services, School, Youth work" in pack
    assert "one stay in May" in table.files(room)[f"{ref}-M-1-pack.md"].decode()

    table.now = table.now.replace(day=19)
    opened = (await table.answer("hugo", "!roundtable start", room=room)).text.replace("\n", " ")
    assert "Agency round: what each found in its own records" in opened
    assert "Health service: one stay in May" in opened
    assert "School: nothing returned" in opened
    for who in ("ada", "dirk"):
        await table.say(who, "!confirm", room=room)
    table.later(minutes=50)
    await table.say("hugo", "!roundtable end", room=room)
    minutes = next(data.decode() for name, data in table.files(room).items() if name.endswith("minutes-v1.md"))
    assert "Agency round" in minutes
    assert "one stay in May" in minutes
    assert "Sister Vos" in minutes
    assert "Not there, sent information before: Health service" in minutes


async def test_only_the_return_leaves_the_room_and_no_other_room_reads_it(table: Conference) -> None:
    room, said = await asked(table)
    other = await table.open_case()
    card = in_room(said, "agency:health")
    await table.say("gina", "he was here, c4nary they say", room=card.channel, replies_to=card)
    await table.say("gina", "known c5nary stay suggest: c6nary", room=card.channel, replies_to=card)
    await table.sweeps.run()
    await table.deliver()
    await table.say("cleo", "!case list", room="coordination")
    await table.say("ada", "!research", room=other)
    assert not [one for one in table.heard if "c4nary" in one]
    assert {one.channel for one in table.heard if "c5nary" in one or "c6nary" in one} == {room}


async def test_the_chair_asks_on_demand_and_nobody_twice(table: Conference) -> None:
    room = await table.open_case()
    await table.answer("cleo", CALL, room=room)
    assert "chairs M-1" in await table.answer("ada", "!research M-1", room=room)
    said = await table.say("hugo", "!research M-1 because: he was seen at the station", room=room)
    assert "Because: he was seen at the station" in in_room(said, "agency:police")
    assert {one.channel for one in said} == {room, *(f"agency:{short}" for short in AGENCIES)}
    said = await table.say("cleo", "!research M-1", room=room)
    assert [one.channel for one in said] == [room]
    assert "0 of 5 returned" in said[0]
    table.later(days=10)
    (told,) = await swept(table)
    assert told.channel == room
    assert "Not returned yet: Police" in told.text


async def test_what_is_returned_is_corrected_taken_back_and_returned_anew(table: Conference) -> None:
    room, said = await asked(table)
    card = in_room(said, "agency:health")
    await table.say("finn", "known two stays", room=card.channel, replies_to=card)
    told = await table.say("finn", "correct one stay", room=card.channel, replies_to=card)
    assert "one stay" in in_room(told, room)
    assert "Health service: one stay" in (await table.answer("ada", "!research", room=room)).text
    await table.say("ada", "!correct Q-3 canary", room=room)
    assert (await table.outcomes())[-1] == ("correct", "correct/not_yours")
    await table.say("finn", "!nothing Q-3 but his sister is known", room=room)
    assert "nothing known · but his sister is known" in (await table.answer("ada", "!research", room=room)).text
    await table.say("finn", "!undo", room=room)
    assert "Health service: one stay" in (await table.answer("ada", "!research", room=room)).text
    assert "returned what it knows (Q-3)" in (await table.answer("ada", "!timeline", room=room)).text


async def test_a_deleted_return_is_off_the_file(table: Conference) -> None:
    room, said = await asked(table)
    card = in_room(said, "agency:health")
    await table.say("finn", "known c4nary", room=card.channel, replies_to=card, event_id="$told")
    await table.deleting.deleted(f"!{card.channel}:example.org", user("finn"), "$told", "$deleted")
    await table.deliver()
    listed = await table.answer("ada", "!research", room=room)
    assert "c4nary" not in listed
    assert "Health service: nothing returned" in listed


async def test_a_tap_says_that_nothing_is_known(table: Conference) -> None:
    table = Conference(table.store, replace(table.house, schemes={"safety table": Scheme(polls=True)}), table.now)
    room, said = await asked(table)
    keep_polls(table.sweeps.begin())
    await table.deliver()
    poll = next(poll for poll, _ in table.polls if poll.channel == "agency:health" and "Q-3" in poll.text)
    # Nobody is rung twice.
    assert (in_room(said, "agency:health").mentions, in_room(said, room).mentions) == ((), ())
    assert set(poll.mentions) == {user("finn"), user("gina")}
    said = await table.tap("finn", poll, "Nothing known")
    assert "nothing known" in in_room(said, room)
    keep_polls(table.sweeps.begin())
    await table.deliver()
    assert ("agency:health", poll.event_id) in table.retracted


async def test_only_those_whose_function_it_is_return_for_a_sealed_agency(table: Conference) -> None:
    with table.store.update() as session:
        session.execute(
            sa.update(tables.agencies).where(tables.agencies.c.short == "health").values(answers=("clinician",))
        )
        session.execute(
            sa.update(tables.professionals)
            .where(tables.professionals.c.user_id == user("finn"))
            .values(function="clinician")
        )
    room, said = await asked(table)
    card = in_room(said, "agency:health")
    for text in ("known canary", "nothing"):
        said = await table.say("gina", text, room=card.channel, replies_to=card)
        assert [one.channel for one in said] == [card.channel]
        assert (await table.outcomes())[-1][1] == "request/not_your_function"
    said = await table.say("finn", "nothing", room=card.channel, replies_to=card)
    assert "nothing known" in in_room(said, room)


@pytest.mark.parametrize(
    ("who", "text", "where", "code"),
    [
        ("finn", "!known Q-1 canary", None, "research/not_asked_of_you"),
        ("finn", "!nothing Q-1", None, "research/not_asked_of_you"),
        ("finn", "!known Q-1 canary", "agency:health", "research/which_case"),
        ("finn", "!known Q-3", "agency:health", "reading/missing"),
        ("finn", "!known R-1 canary", None, "reading/wrong_kind"),
        ("finn", "!known Q-9 canary", None, "case/no_such_record"),
        ("ella", "!nothing Q-2", "agency:social", "dispatch/not_allowed"),
        ("ada", "!research M-9", None, "case/no_such_record"),
        ("finn", "!refuse Q-3 no ground: other", "agency:health", "request/refusal_without_explanation"),
        ("finn", "!refuse Q-3 ground: other", "agency:health", "reading/missing"),
        ("finn", "!refuse Q-3 it is canary", "agency:health", "reading/missing"),
        ("finn", "!refuse Q-3 it is canary ground: canary", "agency:health", "reading/choice"),
        ("finn", "!refuse Q-1 it is canary ground: other", None, "research/not_asked_of_you"),
        ("finn", "!refuse Q-1 it is canary ground: other", "agency:health", "research/which_case"),
        ("ella", "!refuse Q-2 it is canary ground: other", "agency:social", "dispatch/not_allowed"),
        ("finn", "!refuse Q-9 it is canary ground: other", None, "case/no_such_record"),
    ],
)
async def test_who_may_not_or_says_no_reason_changes_nothing(
    table: Conference, who: str, text: str, where: str | None, code: str
) -> None:
    room, _ = await asked(table)
    steps = len((await table.case(room)).steps)
    said = await table.answer(who, text, room=where or room)
    assert (await table.outcomes())[-1][1] == code
    assert "canary" not in said.text
    assert len((await table.case(room)).steps) == steps


async def test_after_the_table_nothing_is_returned_and_nobody_waits(table: Conference) -> None:
    room, said = await asked(table)
    await table.say("hugo", "!roundtable cancel M-1 because: half are ill", room=room)
    card = in_room(said, "agency:health")
    said = await table.say("finn", "known canary", room=card.channel, replies_to=card)
    assert (await table.outcomes())[-1] == ("known", "research/over")
    assert "canary" not in said[0].text
    assert "check your records" not in (await table.answer("ada", "!next", room=room)).text


async def test_who_has_left_the_table_is_not_asked(table: Conference) -> None:
    room = await table.open_case()
    await table.answer("cleo", CALL, room=room)
    ref = room.partition(":")[2]
    await table.say("cleo", f"!case release {ref} Finn de Boer because: he moved", room="coordination")
    table.later(days=10)
    said = await swept(table)
    assert [one.channel for one in said if one.subject == "Q-3"] == [f"direct:{user('gina')}"]


async def test_after_downtime_the_agencies_are_still_asked_and_the_table_hears_only_the_newer(
    table: Conference,
) -> None:
    room = await table.open_case()
    await table.answer("cleo", CALL, room=room)
    table.later(days=(date(2026, 11, 18) - table.now.date()).days)
    said = await swept(table)
    assert {one.channel for one in said} == {f"agency:{short}" for short in AGENCIES}
    assert room not in {one.channel for one in said}


async def test_an_agency_of_which_nobody_could_return_anything_is_not_waited_for(table: Conference) -> None:
    room = await table.open_case()
    await table.answer("cleo", CALL, room=room)
    with table.store.update() as session:
        session.execute(
            sa.update(tables.agencies).where(tables.agencies.c.short == "youth").values(answers=("clinician",))
        )
    table.later(days=10)
    said = await swept(table)
    assert "agency:youth" not in {one.channel for one in said}
    assert "Youth" not in in_room(said, room)


async def test_an_agency_that_takes_a_seat_later_is_asked_as_well(table: Conference) -> None:
    room = await table.open_case(agencies="police, social, health")
    await table.answer("cleo", CALL.replace("Hugo Peters", "Ada Jansen"), room=room)
    table.later(days=10)
    assert len(await swept(table)) == 4
    await table.say("cleo", f"!case invite {room[5:]} Hugo Peters because: he teaches him", room="coordination")
    table.later(minutes=15)
    (said,) = await swept(table)
    assert (said.channel, said.subject) == ("agency:school", "Q-4")


async def test_what_is_returned_is_a_disclosure_with_its_basis_and_consent(table: Conference) -> None:
    schemes = {"safety table": Scheme(basis_on_answers=True)}
    table = Conference(table.store, replace(table.house, schemes=schemes), table.now)
    room, said = await asked(table)
    card = in_room(said, "agency:health")
    (asks,) = await table.say("finn", "known c4nary", room=card.channel, replies_to=card)
    assert "basis" in asks
    assert "c4nary" not in asks
    told = await table.say(
        "finn",
        "known one stay basis: our law consent: not asked because he ran away",
        room=card.channel,
        replies_to=card,
    )
    assert "Basis: our law" in in_room(told, room)
    listed = (await table.answer("ada", "!disclosures", room=room)).text
    assert "Q-3/1" in listed
    assert "Basis: our law" in listed
    assert "not asked: he ran away" in listed
    assert "one stay" not in listed


async def test_who_comes_later_does_not_read_what_was_returned_before(table: Conference) -> None:
    room = await table.open_case(agencies="police, social, health")
    await table.answer("cleo", CALL.replace("Hugo Peters", "Ada Jansen"), room=room)
    table.later(days=10)
    card = in_room(await swept(table), "agency:health")
    await table.say("finn", "known c4nary basis: c4nary", room=card.channel, replies_to=card)
    await table.say("cleo", f"!case invite {room[5:]} Hugo Peters because: he teaches him", room="coordination")
    before = len(table.heard)
    await table.say("hugo", "!research", room=room)
    await table.say("hugo", "!disclosures", room=room)
    await table.say("hugo", "!status", room=room)
    table.now = table.now.replace(day=17)
    await table.sweeps.run()
    await table.deliver()
    table.now = table.now.replace(day=19)
    await table.say("ada", "!roundtable start", room=room)
    said = table.heard[before:]
    assert any("Health service: …" in one.text for one in said)
    assert not [one for one in said if "c4nary" in one.text and not one.file]
    assert not [one for one in said if one.file and b"c4nary" in one.file.data]


async def test_a_return_counts_as_a_briefing_and_as_having_been_heard(table: Conference) -> None:
    room, said = await asked(table)
    card = in_room(said, "agency:health")
    assert not has_briefed(await table.case(room), "health", "M-1")
    await table.say("finn", "nothing", room=card.channel, replies_to=card)
    case = await table.case(room)
    assert has_briefed(case, "health", "M-1")
    assert not has_briefed(case, "school", "M-1")
    assert "health" not in {one.agency for one in silent(case)}


async def test_before_a_sitting_that_is_planned_late_each_agency_is_asked_at_once(table: Conference) -> None:
    room = await table.open_case()
    await table.say("cleo", f"!sitting fri 14:00 cases: {room[5:]} for: 10m", room="coordination")
    table.later(minutes=15)
    said = await swept(table)
    # The invitation has just said in the case's room that each checks its records.
    assert {one.channel for one in said} == {f"agency:{short}" for short in AGENCIES}
