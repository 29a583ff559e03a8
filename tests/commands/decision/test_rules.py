from datetime import datetime, timedelta

import pytest

from cases.case import FIRST_REVIEW, Case
from cases.errors import Refusal
from commands.decision import rules as decision
from commands.decision.rules import Decision, Position, Stance
from tests.cases.table import ADA, CLEO, DIRK, FINN, FRIDAY, HUGO, NEXT_WEEK, NOW, a_case, closed_case


def decided(case: Case, review_at: datetime | None = None) -> Decision:
    return decision.decide(case, "one person calls", because="five made him hide", review_at=review_at, by=ADA, at=NOW)


def test_the_agency_that_words_it_agrees_and_the_others_are_silent() -> None:
    case = a_case()
    made = decided(case)
    assert (made.id, made.text, made.because) == ("D-1", "one person calls", "five made him hide")
    assert {a: p.stance for a, p in decision.positions_on(case, made).items()} == {"police": Stance.AGREES}
    assert decision.silent_on(case, made) == ["social", "health"]


def test_who_words_it_without_a_seat_takes_no_position() -> None:
    case = a_case()
    made = decision.decide(case, "one person calls", because="he hides", roundtable="M-1", by=HUGO, at=NOW)
    assert made.roundtable == "M-1"
    assert case.all(Position) == []
    with pytest.raises(Refusal, match="case/agency_not_at_table"):
        decision.take_position(case, "D-1", Stance.AGREES, by=HUGO, at=NOW)


def test_dissent_stands_in_its_own_words() -> None:
    case = a_case()
    made = decided(case)
    decision.take_position(case, "D-1", Stance.DISSENTS, why="we must reach his mother", by=FINN, at=NOW)
    position = decision.positions_on(case, made)["health"]
    assert (position.id, position.stance, position.why) == ("D-1/2", Stance.DISSENTS, "we must reach his mother")
    assert decision.silent_on(case, made) == ["social"]


def test_undo_puts_the_earlier_review_back() -> None:
    case = a_case()
    decided(case, FRIDAY)
    case.undo(by=ADA, at=NOW)
    assert case.next_review == NOW + FIRST_REVIEW


def test_undo_leaves_a_review_that_was_set_later() -> None:
    case = a_case()
    decided(case, NEXT_WEEK)
    decision.decide(case, "we ask his aunt", because="she knows", review_at=FRIDAY, by=DIRK, at=NOW)
    case.undo(by=ADA, at=NOW)
    assert case.next_review == FRIDAY
    case.undo(by=DIRK, at=NOW)
    assert case.next_review == NOW + FIRST_REVIEW


def test_undo_leaves_the_review_that_a_later_decision_needs() -> None:
    case = a_case()
    decided(case, FRIDAY)
    decision.decide(case, "we ask his aunt", because="she knows", review_at=NEXT_WEEK, by=DIRK, at=NOW)
    case.undo(by=ADA, at=NOW)
    assert case.next_review == NEXT_WEEK


def test_undo_leaves_the_review_that_the_coordinator_set() -> None:
    case = a_case()
    decided(case, FRIDAY)
    case.plan_review(NEXT_WEEK, by=CLEO, at=NOW)
    case.undo(by=ADA, at=NOW)
    assert case.next_review == NEXT_WEEK


def test_an_agency_may_change_its_mind_and_the_earlier_position_stays_on_file() -> None:
    case = a_case()
    made = decided(case)
    decision.take_position(case, "D-1", Stance.DISSENTS, why="not yet", by=DIRK, at=NOW)
    decision.take_position(case, "D-1", Stance.DISSENTS, why="not at all", by=DIRK, at=NOW)
    decision.take_position(case, "D-1", Stance.AGREES, by=DIRK, at=NOW)
    assert decision.positions_on(case, made)["social"].stance is Stance.AGREES
    assert [p.why for p in case.all(Position) if p.agency == "social"] == ["not yet", "not at all", None]


def test_the_same_position_twice_is_refused() -> None:
    case = a_case()
    decided(case)
    with pytest.raises(Refusal) as refusal:
        decision.take_position(case, "D-1", Stance.AGREES, by=ADA, at=NOW)
    assert refusal.value.code == "decision/same_position"
    assert refusal.value.facts == {"id": "D-1", "agency": "police", "stance": Stance.AGREES}
    assert len(case.all(Position)) == 1


def test_an_earlier_review_becomes_that_of_the_case() -> None:
    case = a_case()
    decided(case, FRIDAY)
    assert case.next_review == FRIDAY


@pytest.mark.parametrize("review_at", [None, NOW + FIRST_REVIEW + timedelta(days=1)])
def test_a_later_review_leaves_the_review_of_the_case(review_at: datetime | None) -> None:
    case = a_case()
    assert decided(case, review_at).review_at == review_at
    assert case.next_review == NOW + FIRST_REVIEW


def test_a_case_without_a_review_gets_one() -> None:
    case = a_case()
    case.next_review = None
    decided(case, FRIDAY)
    assert case.next_review == FRIDAY


def test_what_was_undone_is_nobodys_position() -> None:
    case = a_case()
    made = decided(case)
    decision.take_position(case, "D-1", Stance.AGREES, by=FINN, at=NOW)
    case.undo(by=FINN, at=NOW)
    assert decision.silent_on(case, made) == ["social", "health"]


def test_nothing_is_decided_in_a_closed_case() -> None:
    case = closed_case()
    with pytest.raises(Refusal, match="case/closed"):
        decided(case, FRIDAY)
    with pytest.raises(Refusal, match="case/closed"):
        decision.take_position(case, "D-1", Stance.AGREES, by=ADA, at=NOW)
    assert case.next_review == NOW + FIRST_REVIEW
