"""Who of an agency answers: roles inside of it, and a question that is passed on to a colleague."""

import pytest
import sqlalchemy as sa

from commands.request.rules import Answer, Request, State
from storage import tables
from tests.room import Conference, Said, user

ASK = "!request health was he seen? because: the plan"


async def with_clinicians(table: Conference, *clinicians: str) -> str:
    """A case whose health service leaves answers to its clinicians."""
    with table.store.update() as session:
        a, p = tables.agencies.c, tables.professionals.c
        session.execute(sa.update(tables.agencies).where(a.short == "health").values(answers=("clinician",)))
        for who in clinicians:
            session.execute(sa.update(tables.professionals).where(p.user_id == user(who)).values(function="clinician"))
    return await table.open_case()


def at(said: list[Said], channel: str) -> Said:
    return next(one for one in said if one.channel == channel)


@pytest.mark.scenario
@pytest.mark.parametrize("line", ["!answer R-1 kanarie", "!partly R-1 kanarie withheld: names", "!nothing R-1"])
async def test_the_health_computer_is_operated_only_by_those_who_may(table: Conference, line: str) -> None:
    """Practice, section 1: mental-health hubs; an answer is written by a clinician."""
    room = await with_clinicians(table, "gina")
    asked = await table.say("ada", ASK, room=room)
    refused = await table.answer("finn", line, room="agency:health", replies_to=at(asked, "agency:health"))
    assert refused.text == (
        "What Health service is asked is answered there by: clinician.\n"
        "Pass it to one of them: Gina Dekker.\n"
        "Nothing was sent."
    )
    assert (await table.case(room)).all(Answer) == []
    said = await table.say("gina", line, room="agency:health")
    assert {one.channel for one in said} == {room, "agency:health"}


@pytest.mark.parametrize(
    "line", ["!refuse R-1 in confidence ground: other", "!moretime R-1 20 nov because: she is away"]
)
async def test_refusing_and_asking_for_time_is_everybodys(table: Conference, line: str) -> None:
    room = await with_clinicians(table, "gina")
    await table.say("ada", ASK, room=room)
    await table.say("finn", line, room="agency:health")
    assert (await table.case(room)).all(Request)[0].state is not State.OPEN


async def test_who_may_not_answer_does_not_reword_an_answer(table: Conference) -> None:
    room = await with_clinicians(table, "gina")
    await table.say("ada", ASK, room=room)
    await table.say("gina", "!answer R-1 twice", room="agency:health")
    refused = await table.answer("finn", "!correct R-1 kanarie", room=room)
    assert "answered there by: clinician" in refused
    assert (await table.case(room)).all(Answer)[0].text == "twice"


async def test_an_agency_in_which_nobody_may_answer_is_not_asked(table: Conference) -> None:
    room = await with_clinicians(table)
    refused = await table.answer("ada", ASK, room=room)
    assert refused.text == (
        "What Health service is asked is answered there by: clinician. There is nobody at the moment.\n"
        "Nothing was sent."
    )
    assert (await table.case(room)).all(Request) == []


async def test_a_person_is_asked_only_if_they_may_answer(table: Conference) -> None:
    room = await with_clinicians(table, "gina")
    refused = await table.answer("ada", "!request Finn de Boer was he seen? because: the plan", room=room)
    assert "Pass it to one of them: Gina Dekker." in refused
    await table.say("ada", "!request Gina Dekker was he seen? because: the plan", room=room)
    assert [r.to_person for r in (await table.case(room)).all(Request)] == [user("gina")]


async def test_a_question_is_passed_on_to_a_colleague_who_alone_reads_why(table: Conference) -> None:
    room = await table.open_case(agencies="police, social")
    asked = await table.say("ada", ASK, room=room)
    card = at(asked, "agency:health")
    said = await table.say("finn", "pass Gina Dekker because: kanarie knows her", room="agency:health", replies_to=card)
    assert {one.channel for one in said if "kanarie" in one} == {f"direct:{user('gina')}"}
    assert at(said, f"direct:{user('gina')}").mentions == (user("gina"),)
    assert "has passed the question on to a colleague" in at(said, room)
    refused = await table.answer("finn", "!answer R-1 he was", room="agency:health")
    assert "R-1 was asked of Gina Dekker." in refused
    alone = f"direct:{user('gina')}"
    answered = await table.say("gina", "answer twice", room=alone, replies_to=at(said, alone))
    assert "twice" in at(answered, room)


@pytest.mark.parametrize(
    ("whom", "told"),
    [("Hugo Peters", "is not of Health service"), ("Finn de Boer", "is with Finn de Boer already")],
)
async def test_it_is_passed_on_to_a_colleague_only(table: Conference, whom: str, told: str) -> None:
    room = await table.open_case()
    await table.say("ada", ASK, room=room)
    refused = await table.answer("finn", f"!pass R-1 {whom} because: kanarie", room=room)
    assert told in refused
    assert "kanarie" not in refused
    assert (await table.case(room)).all(Request)[0].to_person is None


async def test_passing_on_can_be_taken_back(table: Conference) -> None:
    room = await table.open_case()
    await table.say("ada", ASK, room=room)
    await table.say("finn", "!pass R-1 Gina Dekker because: she knows her", room=room)
    await table.say("finn", "!undo", room=room)
    assert (await table.case(room)).all(Request)[0].to_person is None
