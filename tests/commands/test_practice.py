# lines: one scenario for each arrangement of the practice that is about one case, in the order of the practice
"""The arrangements of multi-agency work, each typed as its people type it (practice, sections 1 and 5)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cases.scheme import Clock, NeverAsked, Rung, Runs, Scheme, Unit
from tests.room import Conference, user

pytestmark = pytest.mark.scenario


def under(table: Conference, **rules: object) -> Conference:
    """The same house, whose scheme has these rules."""
    scheme = replace(Scheme(), **rules)  # type: ignore[arg-type]  # by name
    return Conference(table.store, replace(table.house, schemes={"safety table": scheme}), _ids=table._ids)


async def test_police_dont_have_all_the_information(table: Conference) -> None:
    room = await table.open_case()
    for line in (
        "!concern he has not been at school for two weeks kind: fact domain: school",
        "!concern she hears shouting at night kind: opinion domain: home",
    ):
        await table.say("hugo", line, room=room)
    await table.say("ada", "!request health was he seen since May? because: the plan domain: health", room=room)
    await table.say("finn", "!refuse R-1 we owe him secrecy here ground: professional secrecy", room=room)
    await table.say("ada", "!request youth who are his friends? because: the plan domain: peers", room=room)
    await table.say("iris", "!answer R-2 two boys from the gym", room=room)
    await table.say("ada", "!request social is the rent paid? because: the plan domain: housing", room=room)
    table.later(days=6)
    said = (await table.answer("ada", "!status", room=room)).text.replace("\n", " ")
    assert "5 of 7 domains" in said
    assert "professional secrecy" in said
    assert "silent for 6 days" in said


async def test_an_action_outside_the_remit_is_questioned_and_one_nobody_accepts_goes_to_the_chair(
    table: Conference,
) -> None:
    room = await table.open_case()
    await table.say("ada", "!action visit the family for: social by: 20 nov", room=room)
    since = len(table.heard)
    for _ in range(8):
        table.later(days=1)
        await table.sweeps.run()
        await table.deliver()
    told = [s for s in table.heard[since:] if "A-1" in s and user("cleo") in s.mentions]
    assert told


async def test_a_consult_only_agency_is_outside_the_room_and_asked_in_its_own(table: Conference) -> None:
    room = await table.open_case()
    said = await table.say("cleo", "!posture police consult", room=room)
    assert any("consult" in s for s in said)
    assert (room, user("ada")) in table.removed
    said = await table.say("finn", "!request police any call-outs? because: the safety plan", room=room)
    assert any(s.channel == "agency:police" and "R-1" in s for s in said)
    answered = await table.say("ada", "!answer R-1 CANARY-POLICE none", room="agency:police")
    assert any(s.channel == room and "CANARY-POLICE" in s for s in answered)


async def test_police_action_can_make_it_worse(table: Conference) -> None:
    room = await table.open_case()
    said = await table.say("cleo", "!action arrest him at school for: police by: fri 15:00", room=room)
    assert any("could this make it worse?" in s.text.lower() for s in said)


async def test_round_two_of_an_assessment_is_compared_with_round_one(table: Conference) -> None:
    room = await table.open_case()
    for round_, score in (("1", "3"), ("2", "6")):
        await table.say("cleo", "!assess start", room=room)
        for who in ("ada", "finn", "hugo"):
            await table.say(
                who, f"!assess he is alone | the gym {round_} | a plan score: {score} confidence: medium", room=room
            )
        await table.say("cleo", "!assess close", room=room)
        table.later(days=7)
    said = await table.say("ada", "!assess compare", room=room)
    text = next(s.text for s in said if not s.file)
    assert "3" in text
    assert "6" in text
    assert "average" not in text.lower()
    assert any(s.file and s.file.name.endswith(".png") for s in said)


async def test_a_referral_is_the_desks_until_it_is_accepted_and_the_referrer_hears_the_outcome(
    table: Conference,
) -> None:
    room = await table.open_case()
    said = await table.say("dirk", "!refer youth somebody to go to the gym with because: he is alone", room=room)
    assert any("X-1" in s for s in said)
    assert any(s.channel == "agency:youth" and "X-1" in s for s in said)
    assert "X-1" in await table.answer("cleo", "!followups", room=room)
    accepted = await table.say("iris", "!accept X-1", room=room)
    assert any("X-1" in s and s.channel == room for s in accepted)
    ended = await table.say("iris", "!outcome X-1 he goes there twice a week", room=room)
    assert any("twice a week" in s and s.channel == room for s in ended)


async def test_process_director_and_case_director_are_two_and_both_are_shown(table: Conference) -> None:
    room = await table.open_case()
    await table.say("cleo", "!lead Finn de Boer because: he knows him best", room=room)
    said = (await table.answer("ada", "!status", room=room)).text
    assert "Cleo Bakker" in said
    assert "Finn de Boer" in said


async def test_tandem_one_half_declines_and_another_half_is_asked_for(table: Conference) -> None:
    room = await table.open_case()
    await table.say("cleo", "!action visit the family for: health with: police by: fri 15:00", room=room)
    await table.say("finn", "!accept A-1", room=room)
    said = await table.say("ada", "!decline A-1 the uniform frightens him", room=room)
    assert any("A-1" in s for s in said)
    case = await table.case(room)
    (action,) = [r for r in case.records() if r.id == "A-1"]
    assert "health" in action.accepted_by  # type: ignore[attr-defined]  # an action
    assert "A-1" in await table.answer("cleo", "!followups", room=room)


async def test_lead_and_safety_are_named_and_only_the_lead_closes(table: Conference) -> None:
    room = await table.open_case()
    said = await table.answer("cleo", "!action visit him at home for: health safety: police by: fri 15:00", room=room)
    assert "Lead: Health service" in said
    assert "Safety: Police" in said
    await table.say("finn", "!accept A-1", room=room)
    refused = await table.answer("ada", "!done A-1 we were there", room=room)
    assert "done" not in [o for c, o in await table.outcomes() if c == "done"]
    assert "Health service" in refused


async def test_health_need_not_looked_at_is_unresolved_after_five_working_days(table: Conference) -> None:
    room = await table.open_case()
    table.later(days=9)
    assert "health" in (await table.answer("ada", "!followups", room=room)).text.lower()
    await table.say("finn", "!screen health looked seen by the nurse", room=room)
    assert "screen" not in (await table.answer("ada", "!followups", room=room)).text.lower()


async def test_three_gates_and_whose_move_it_is(table: Conference) -> None:
    room = await table.open_case()
    said = (await table.answer("ada", "!phase", room=room)).text.lower()
    assert "gather" in said
    assert "assess" in said
    refused = await table.answer("cleo", "!phase decide", room=room)
    assert "because:" in refused
    gone_on = await table.answer("cleo", "!phase assess because: health answers on Monday", room=room)
    assert "assess" in gone_on.text.lower()
    assert "assess" in (await table.answer("ada", "!status", room=room)).text.lower()


async def test_an_agency_withdraws_and_a_next_owner_is_demanded(table: Conference) -> None:
    room = await table.open_case()
    assert "owner" in await table.answer("ada", "!withdraw because: not for the police", room=room)
    await table.say("ada", "!withdraw because: not for the police owner: social", room=room)
    case = await table.case(room)
    assert not case.closed
    assert "police" not in case.seats


async def test_a_decision_outside_a_table_is_proposed_until_the_quorum_agrees(table: Conference) -> None:
    room = await table.open_case()
    said = await table.answer("ada", "!decide one person calls him because: five callers made him hide", room=room)
    assert "proposed" in said.text.lower()
    await table.say("finn", "!agree D-1", room=room)
    said = await table.answer("hugo", "!agree D-1", room=room)
    assert "proposed" not in said.text.lower()


async def test_dissent_climbs_the_ladder_and_comes_to_an_end(table: Conference) -> None:
    ladder = (Rung("managers", Clock(5), (user("ella"),)), Rung("senior level", Clock(14, Unit.DAYS), (user("bram"),)))
    table = under(table, ladder=ladder)
    room = await table.open_case()
    await table.say("ada", "!decide one person calls him because: five callers made him hide", room=room)
    await table.say("hugo", "!dissent D-1 CANARY-DISSENT we must reach his mother", room=room)
    said = await table.say("hugo", "!escalate D-1 because: CANARY-WHY nobody heard us", room=room)
    for _ in range(9):
        table.later(days=1)
        await table.sweeps.run()
        said += await table.deliver()
    upward = [s for s in said if s.channel in {f"direct:{user('ella')}", f"direct:{user('bram')}"}]
    assert {s.channel for s in upward} == {f"direct:{user('ella')}", f"direct:{user('bram')}"}
    assert not any("CANARY" in s.text + s.html for s in upward)
    assert "D-1" in await table.answer("ada", "!followups", room=room)
    await table.say("cleo", "!resolve D-1 the school calls his mother on Fridays", room=room)
    assert "escalat" not in (await table.answer("ada", "!followups", room=room)).text.lower()


async def test_difference_is_welcome_is_read_at_each_opening(table: Conference) -> None:
    room = await table.open_case()
    await table.say("cleo", "!roundtable tomorrow 10:00", room=room)
    table.later(days=1)
    said = await table.say("cleo", "!roundtable start M-1", room=room)
    assert any("Difference is welcome" in s for s in said)


async def test_it_is_about_the_person(table: Conference) -> None:
    room = await table.open_case()
    await table.say("iris", "!person goal he wants to play football again", room=room)
    await table.say("iris", "!person view he feels watched", room=room)
    await table.say("iris", "!person informed tomorrow what we plan by: Iris Kok", room=room)
    said = (await table.answer("ada", "!status", room=room)).text
    assert "play football again" in said


async def test_contact_with_parents_is_planned_and_recorded(table: Conference) -> None:
    room = await table.open_case()
    said = await table.answer("hugo", "!contact parent his mother will be called who: Hugo Peters on: fri", room=room)
    assert "Hugo Peters" in said
    assert "contact" in (await table.answer("ada", "!timeline", room=room)).text


async def test_urgent_at_night_calls_those_on_duty_without_content(table: Conference) -> None:
    table = under(table, duty=(user("finn"), user("dirk")), emergency_number="112")
    room = await table.open_case()
    table.now = table.now.replace(hour=23)
    said = await table.say("hugo", "!urgent CANARY he is on the roof", room=room)
    here = next(s for s in said if s.channel == room)
    assert here.text.startswith("112") or "112" in here.text.splitlines()[0]
    finn = [s for s in said if s.channel == f"direct:{user('finn')}"]
    assert finn
    assert user("finn") in finn[0].mentions or not finn[0].notice
    assert not any("CANARY" in s.text + s.html for s in said if s.channel != room)
    table.now += timedelta(minutes=16)
    await table.sweeps.run()
    later = await table.deliver()
    assert any(s.channel == f"direct:{user('dirk')}" for s in later)
    on_it = await table.say(
        "dirk",
        "on it",
        room=f"direct:{user('dirk')}",
        replies_to=next(s for s in later if s.channel == f"direct:{user('dirk')}"),
    )
    assert any("Dirk Smit" in s and s.channel == room for s in on_it)


async def test_no_request_for_a_criminal_investigation_in_the_danish_profile(table: Conference) -> None:
    never = (NeverAsked(("criminal investigation",), "This table prevents."),)
    table = under(table, never_asked=never)
    room = await table.open_case()
    refused = await table.answer(
        "ada", "!request school a statement for the criminal investigation because: the case", room=room
    )
    assert "This table prevents." in refused
    assert not [r for r in (await table.case(room)).records() if r.id == "R-1"]


async def test_a_disclosure_is_recorded_with_its_basis_and_consent(table: Conference) -> None:
    table = under(table, basis_on_answers=True)
    room = await table.open_case()
    await table.say("ada", "!request health was he seen? because: the plan", room=room)
    assert "basis:" in await table.answer("finn", "!answer R-1 twice in May", room=room)
    await table.say("finn", "!answer R-1 twice in May basis: care consent: yes", room=room)
    said = (await table.answer("ada", "!disclosures", room=room)).text
    assert "R-1" in said
    assert "care" in said


async def test_reasons_for_actions_set_at_a_table(table: Conference) -> None:
    table = under(table, reasons_on_actions=True)
    room = await table.open_case()
    await table.say("cleo", "!roundtable tomorrow 10:00", room=room)
    table.later(days=1)
    await table.say("cleo", "!roundtable start M-1", room=room)
    for who in ("ada", "finn", "hugo", "cleo", "iris"):
        await table.say(who, "!confirm", room=room)
    said = await table.say("cleo", "action: visit the family for: social by: fri 15:00", room=room)
    assert any("because:" in s for s in said)
    assert not [r for r in (await table.case(room)).records() if r.id == "A-1"]


async def test_flag_and_repeat_instead_of_a_review_date(table: Conference) -> None:
    table = under(table, repeats=True)
    room = await table.open_case()
    ref = room.partition(":")[2]
    await table.say("cleo", "!close because: the plan works owner: social", room=room)
    said = await table.say("cleo", f"!case repeat {ref} because: he was hit again", room="coordination")
    assert any("repeat" in s.text.lower() for s in said)
    assert not (await table.case(room)).closed


async def test_nothing_leaves_without_consensus(table: Conference) -> None:
    table = under(table, consensus=True)
    room = await table.open_case(agencies="police, social, health")
    await table.say("cleo", "!roundtable tomorrow 10:00", room=room)
    table.later(days=1)
    await table.say("cleo", "!roundtable start M-1", room=room)
    for who in ("ada", "dirk", "finn", "cleo"):
        await table.say(who, "!confirm", room=room)
    await table.say("cleo", "note: CANARY said under secrecy", room=room)
    await table.say("cleo", "!roundtable end", room=room)
    said = await table.say("cleo", "!disclose M-1 to: police because: the safety plan", room=room)
    assert not any(s.channel == "agency:police" and "CANARY" in s.text + s.html for s in said)


async def test_feedback_to_who_raised_it_is_not_forgotten(table: Conference) -> None:
    table = under(table, clocks={Runs.FEEDBACK: {"routine": Clock(2)}})
    room = await table.open_case()
    await table.say("dirk", "!refer youth somebody to talk to because: he is alone", room=room)
    await table.say("iris", "!accept X-1", room=room)
    table.later(days=7)
    assert "X-1" in await table.answer("ada", "!followups", room=room)


async def test_work_over_many_cases_at_once(table: Conference) -> None:
    rooms = [await table.open_case(agencies="police, health") for _ in range(3)]
    first, second, third = (room.partition(":")[2] for room in rooms)
    await table.say("ada", "!action CANARY-FIRST him for: health by: fri 15:00", room=rooms[0])
    table.later(days=5)
    late = (await table.answer("cleo", "!case list late agency: health", room="coordination")).text
    assert [ref in late for ref in (first, second, third)] == [True, False, False]
    line = f"!review 27 nov cases: {first}, {second} because: half a year"
    told = {one.channel: one.text for one in await table.say("cleo", line, room="coordination")}
    assert told.keys() == {rooms[0], rooms[1], "coordination"}
    assert second not in told[rooms[0]]
    said = (await table.answer("cleo", "!digest", room="coordination")).text
    assert first in said
    assert "CANARY" not in said + late


async def test_two_siblings_are_kept_apart_item_by_item(table: Conference) -> None:
    room = await table.open_case()
    await table.say("dirk", "!concern CANARY-ELDER steals kind: fact", room=room)
    await table.say("hugo", "!concern CANARY-YOUNGER is absent kind: fact", room=room)
    said = await table.say("cleo", "!separate because: two brothers, each with his own story", room=room)
    other = next(s.channel for s in said if s.channel.startswith("case:") and s.channel != room)
    reference = other.removeprefix("case:")
    assert (other, user("cleo")) in table.invited
    assert "C-1" in await table.answer("cleo", "!next", room=room)
    moved = await table.say("cleo", "!allocate C-1 there", room=room)
    assert any(s.channel == other and "CANARY-ELDER" in s for s in moved)
    asked = await table.say("cleo", "!allocate C-2 both", room=room)
    card = next(s for s in asked if s.channel == "agency:school")
    agreed = await table.say("hugo", "accept", room="agency:school", replies_to=card)
    assert any(s.channel == other and "CANARY-YOUNGER" in s for s in agreed)
    assert "Nothing is left" in await table.answer("cleo", "!allocate", room=room)
    for line in ("!status", "!timeline", "!followups", "!concern what comes now kind: fact"):
        answer = await table.answer("ada", line, room=room)
        assert reference not in answer.text
        assert "CANARY-ELDER" not in answer.text
    assert [s.text for s in table.heard if reference in s.text and s.channel != other] == []
