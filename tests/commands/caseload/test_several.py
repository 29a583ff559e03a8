import pytest

from chat.context import case_channel
from commands.action.rules import Action
from tests.commands.caseload.test_commands import steered_by, three
from tests.room import Conference, Said, user

__all__ = ["three"]
VISIT = "!action visit the family for: police by: 20 nov"


def rooms(said: list[Said]) -> dict[str, str]:
    return {one.channel: one.text for one in said}


async def test_one_review_date_for_several_cases(three: Conference) -> None:
    line = "!review 27 nov cases: K7QF, m3xp because: it is half a year"
    said = rooms(await three.say("cleo", line, room="coordination"))
    assert said.keys() == {"case:K7QF", "case:M3XP", "coordination"}
    assert "next review: Fri 27 Nov 2026" in said["case:K7QF"]
    assert "Because: it is half a year" in said["case:M3XP"]
    assert "M3XP" not in said["case:K7QF"]
    assert "K7QF" not in said["case:M3XP"]
    assert said["coordination"].startswith("Next review: Fri 27 Nov 2026, 17:00 Europe/Amsterdam · K7QF, M3XP")
    assert "half a year" not in said["coordination"]
    dates = [(await three.case(case_channel(ref))).next_review for ref in ("K7QF", "M3XP", "T4BB")]
    assert dates[0] == dates[1] != dates[2]


async def test_one_action_for_several_cases_each_with_its_own_card(three: Conference) -> None:
    said = await three.say("cleo", f"{VISIT} cases: K7QF and M3XP", room="coordination")
    cards = {one.channel: one for one in said}
    assert (cards["case:K7QF"].subject, cards["case:M3XP"].subject) == ("A-2", "A-1")
    assert cards["case:K7QF"].mentions == (user("ada"),)
    assert "M3XP" not in cards["case:K7QF"]
    assert "K7QF" not in cards["case:M3XP"]
    assert "A-2 in K7QF, A-1 in M3XP" in cards["coordination"]
    assert "visit the family" not in cards["coordination"]
    accepted = await three.say("ada", "accept", room="case:M3XP", replies_to=cards["case:M3XP"])
    assert [one.channel for one in accepted] == ["case:M3XP"]
    first = (await three.case("case:K7QF")).all(Action)[-1]
    assert (first.outcome, first.accepted_by) == ("visit the family", ())


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (f"{VISIT} cases: K7QF, T4BB", "Police does not sit at this table"),
        (f"{VISIT} cases: K7QF, ZZ99", "There is no case with this reference"),
        ("!review 27 nov cases: K7QF, ZZ99", "ZZ99: There is no case with this reference"),
    ],
)
async def test_all_or_none_and_what_became_of_each_is_said(three: Conference, line: str, told: str) -> None:
    said = await three.say("cleo", line, room="coordination")
    assert [one.channel for one in said] == ["coordination"]
    assert "In 1 case it can't be done, so nothing was changed in any:" in said[0]
    assert told in said[0].text
    assert said[0].text.endswith("cases: K7QF")
    case = await three.case("case:K7QF")
    assert [action.id for action in case.all(Action)] == ["A-1"]
    assert case.next_review
    assert f"{case.next_review:%d %b}" == "30 Nov"
    assert (await three.outcomes())[-1][1] == "caseload/not_in_all"


async def test_what_is_no_reference_is_not_repeated(three: Conference) -> None:
    said = await three.answer("cleo", "!review 27 nov cases: K7QF, kanarie", room="coordination")
    assert "KANARIE" not in said.text.upper()


async def test_a_coordinator_acts_only_where_they_steer(three: Conference) -> None:
    steered_by(three, safety_table="cleo", youth_crime="dirk")
    said = await three.say("cleo", "!review 27 nov cases: K7QF, T4BB because: x", room="coordination")
    assert [one.channel for one in said] == ["coordination"]
    assert "T4BB belongs to a scheme that others coordinate." in said[0]


async def test_who_does_not_sit_at_a_table_proposes_nothing_there(three: Conference) -> None:
    await three.say("cleo", "!case director K7QF Hugo Peters because: on leave", room="coordination")
    await three.say("cleo", "!case release K7QF Cleo Bakker because: on leave", room="coordination")
    said = await three.answer("cleo", f"{VISIT} cases: K7QF, M3XP", room="coordination")
    assert "K7QF: Cleo Bakker does not sit at the table of K7QF." in said
    assert not (await three.case("case:M3XP")).all(Action)


async def test_several_are_named_in_the_coordination_room_only(three: Conference) -> None:
    for line in ("!review 27 nov cases: K7QF, M3XP", f"{VISIT} cases: K7QF, M3XP"):
        said = await three.answer("cleo", line, room="case:K7QF")
        assert said.text.startswith("Here it is about K7QF alone: leave  cases:  out.")
        assert "M3XP" not in said
    for line in ("!review 27 nov", VISIT):
        said = await three.answer("cleo", line, room="coordination")
        assert said.text.startswith("Almost: a list of cases is missing.")
    for who in ("ada", "bram"):
        said = await three.answer(who, f"{VISIT} cases: K7QF", room="coordination")
        assert "Here this is for: coordinator." in said


async def test_what_is_deleted_in_the_coordination_room_goes_from_each_file(three: Conference) -> None:
    line = f"{VISIT} cases: K7QF, M3XP because: he asked for it"
    await three.say("cleo", line, room="coordination", event_id="$several")
    await three.deleting.deleted("!coordination:example.org", user("cleo"), "$several", "$redaction")
    await three.deliver()
    for ref in ("K7QF", "M3XP"):
        case = await three.case(case_channel(ref))
        assert [one.id for one in case.all(Action) if one.outcome == "visit the family"] == []


async def test_more_than_a_few_dozen_are_refused(three: Conference) -> None:
    refs = ", ".join(f"K{number}" for number in range(31))
    said = await three.answer("cleo", f"!review 27 nov cases: {refs}", room="coordination")
    assert "31 cases are too many at once: 30 at most." in said


@pytest.mark.parametrize(
    "line",
    [
        "!action visit him with those of OTHER for: police by: fri cases: HERE",
        "!action visit him for: police by: fri cases: HERE, OTHER because: OTHER needs it, too",
        "!review 20 nov cases: HERE because: as other",
        "!sitting defer HERE because: OTHER took longer",
        "!case repeat HERE because: the brother is in (OTHER)",
        "!case open why: as in OTHER goal: a safe routine agencies: police, social",
        "!case invite HERE Hugo Peters because: he knows OTHER",
    ],
)
async def test_no_rooms_words_name_another_case(table: Conference, line: str) -> None:
    here, other = [(await table.open_case()).partition(":")[2] for _ in range(2)]
    await table.say("cleo", f"!sitting fri 14:00 cases: {here}", room="coordination")
    before = len(await table.outcomes())
    said = await table.say(
        "cleo", line.replace("HERE", here).replace("OTHER", other).replace("other", other.lower()), room="coordination"
    )
    assert [outcome for _, outcome in (await table.outcomes())[before:]] == ["dispatch/names_another"]
    assert [s.channel for s in said] == ["coordination"]
    assert other not in said[0]
    assert "reference of another case" in said[0]


async def test_a_cases_own_reference_may_stand_in_its_words(table: Conference) -> None:
    ref = (await table.open_case()).partition(":")[2]
    line = f"!action look at {ref} again for: police by: fri cases: {ref}"
    said = await table.say("cleo", line, room="coordination")
    assert any(f"look at {ref} again" in s for s in said if s.channel == f"case:{ref}")
    not_one = "!action open door 4KLM for: police by: fri cases: " + ref
    said = await table.say("cleo", not_one, room="coordination")
    assert any("door 4KLM" in s for s in said)
