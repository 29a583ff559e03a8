from datetime import timedelta

import pytest

from cases.case import Case
from cases.errors import Refusal
from cases.people import Professional
from cases.roles import restraint
from commands.concern import rules as concern
from commands.decision import rules as decision
from commands.meeting import rules as meeting
from commands.roundtable import rules as roundtable
from commands.roundtable.rules import RoundTable
from tests.commands.roundtable.test_rules import ADA, DIRK, FINN, HUGO, THURSDAY, begun, planned


def refusal(code: str) -> pytest.RaisesExc[Refusal]:
    return pytest.RaisesExc(Refusal, check=lambda refused: refused.code == code)


def confirm(case: Case, *people: Professional) -> None:
    for person in people:
        roundtable.confirm(case, by=person, at=THURSDAY)


def test_who_has_not_confirmed_listens_while_a_meeting_is_held() -> None:
    case = planned()
    assert restraint(case, ADA) is None
    roundtable.start(case, "M-1", by=HUGO, at=THURSDAY, steers=False)
    why = restraint(case, ADA)
    assert why is not None
    assert why.code == "meeting/observer"
    confirm(case, ADA)
    assert restraint(case, ADA) is None


def test_a_decision_takes_the_agencies_that_the_scheme_calls_mandatory() -> None:
    case = planned()
    roundtable.start(case, "M-1", by=HUGO, at=THURSDAY, steers=False, needs=("health", "probation"))
    confirm(case, ADA, DIRK)
    # Probation has no seat in this case; health has one, and is not there yet.
    with pytest.raises(Refusal) as refused:
        decision.decide(case, "he returns", because="x", by=HUGO, at=THURSDAY)
    assert (refused.value.code, refused.value.facts["missing"]) == ("meeting/no_quorum", ["health"])
    confirm(case, FINN)
    assert decision.decide(case, "he returns", because="x", by=HUGO, at=THURSDAY).id == "D-1"


def test_another_agency_begins_at_each_table() -> None:
    case = planned()
    first = meeting.speaking_order(case, case.all(RoundTable)[0])
    assert first == list(case.seats)
    roundtable.start(case, "M-1", by=HUGO, at=THURSDAY, steers=False)
    roundtable.end(case, by=HUGO, at=THURSDAY, steers=False)
    second = roundtable.schedule(case, THURSDAY + timedelta(days=7), chair=ADA.user_id, by=ADA, at=THURSDAY)
    assert meeting.speaking_order(case, second) == [*first[1:], first[0]]


def test_who_said_least_at_the_last_table_begins() -> None:
    case = planned()
    roundtable.start(case, "M-1", by=HUGO, at=THURSDAY, steers=False)
    confirm(case, ADA, DIRK, FINN)
    for who in (ADA, DIRK, DIRK):
        concern.raise_concern(case, "CANARY he is out at night", by=who, at=THURSDAY)
    roundtable.end(case, by=HUGO, at=THURSDAY, steers=False)
    concern.raise_concern(case, "said in between, at no table", by=FINN, at=THURSDAY)
    second = roundtable.schedule(case, THURSDAY + timedelta(days=7), chair=ADA.user_id, by=ADA, at=THURSDAY)
    assert meeting.speaking_order(case, second) == ["health", "school", "police", "social"]


def test_who_has_a_conflict_of_interest_takes_no_position() -> None:
    case = begun()
    confirm(case, ADA, DIRK, FINN)
    meeting.declare_conflict(case, "he is my nephew", by=FINN, at=THURSDAY)
    with refusal("meeting/conflict_known"):
        meeting.declare_conflict(case, "he is my nephew", by=FINN, at=THURSDAY)
    made = decision.decide(case, "he returns", because="x", roundtable="M-1", by=HUGO, at=THURSDAY)
    with refusal("meeting/conflict"):
        decision.take_position(case, made.id, decision.Stance.AGREES, by=FINN, at=THURSDAY)
    with refusal("meeting/conflict"):
        decision.decide(case, "another", because="x", by=FINN, at=THURSDAY)
    roundtable.end(case, by=HUGO, at=THURSDAY, steers=False)
    # Nor afterwards on what was decided there.
    with refusal("meeting/conflict"):
        decision.take_position(case, made.id, decision.Stance.AGREES, by=FINN, at=THURSDAY)
    assert decision.take_position(case, made.id, decision.Stance.AGREES, by=ADA, at=THURSDAY) is made


def test_the_minute_takers_lines_are_taken_down() -> None:
    case = begun()
    with refusal("roundtable/not_chair"):
        roundtable.take_note(case, roundtable.NoteKind.NOTE, "x", by=DIRK, at=THURSDAY, steers=False)
    with refusal("roundtable/not_chair"):
        meeting.appoint(case, DIRK.user_id, by=DIRK, at=THURSDAY, steers=False)
    meeting.appoint(case, DIRK.user_id, by=HUGO, at=THURSDAY, steers=False)
    assert roundtable.take_note(case, roundtable.NoteKind.NOTE, "x", by=DIRK, at=THURSDAY, steers=False).id == "M-1/n1"


def test_the_chair_is_given_away_and_taken_over_once_it_is_gone() -> None:
    case = begun()
    confirm(case, ADA)
    with refusal("roundtable/not_chair"):
        meeting.hand_chair(case, None, ADA.user_id, by=ADA, at=THURSDAY, steers=False)
    with refusal("meeting/chair_confirms_first"):
        meeting.hand_chair(case, None, DIRK.user_id, by=HUGO, at=THURSDAY, steers=False)
    with refusal("meeting/chairs_already"):
        meeting.hand_chair(case, None, HUGO.user_id, by=HUGO, at=THURSDAY, steers=False)
    case.leave(HUGO, THURSDAY)
    assert meeting.hand_chair(case, None, ADA.user_id, by=ADA, at=THURSDAY, steers=False).chair == ADA.user_id


def test_what_is_agreed_before_there_is_a_quorum_is_interim() -> None:
    case = begun()
    table = case.all(RoundTable)[0]
    assert meeting.is_interim(case, table, THURSDAY)
    later = THURSDAY + timedelta(minutes=10)
    for person in (ADA, DIRK):
        roundtable.confirm(case, by=person, at=later)
    assert meeting.is_interim(case, table, THURSDAY)
    assert not meeting.is_interim(case, table, later)


def test_the_points_of_the_agenda_are_taken_in_turn() -> None:
    case = planned()
    roundtable.add_agenda_item(case, None, "the timetable", by=ADA, at=THURSDAY, minutes=10)
    roundtable.add_agenda_item(case, None, "the gym", by=ADA, at=THURSDAY)
    roundtable.start(case, "M-1", by=HUGO, at=THURSDAY, steers=False)
    table = case.all(RoundTable)[0]
    assert meeting.current_item(case, table) is None
    first = meeting.begin_next(case, by=HUGO, at=THURSDAY, steers=False)
    assert (first.text, meeting.ends_at(first)) == ("the timetable", THURSDAY + timedelta(minutes=10))
    second = meeting.begin_next(case, by=HUGO, at=THURSDAY, steers=False)
    assert (meeting.current_item(case, table), meeting.ends_at(second)) == (second, None)
    with refusal("meeting/agenda_done"):
        meeting.begin_next(case, by=HUGO, at=THURSDAY, steers=False)


def test_a_meeting_is_forgotten_an_hour_after_it_was_to_end() -> None:
    table = begun().all(RoundTable)[0]
    due = THURSDAY + timedelta(minutes=table.minutes) + meeting.FORGOTTEN_AFTER
    assert not meeting.is_forgotten(table, due - timedelta(seconds=1))
    assert meeting.is_forgotten(table, due)
