from datetime import timedelta

import pytest

from cases.case import Case
from cases.errors import Refusal
from cases.people import Professional
from commands.planning import rules as planning
from commands.planning.rules import Can, ProposedTime
from commands.roundtable import rules as roundtable
from commands.roundtable.rules import Quorum, RoundTable, State
from tests.cases.table import ADA, CLEO, DIRK, FINN, FRIDAY, HUGO, NOW, a_case

HOUR = timedelta(hours=1)
TIMES = [FRIDAY, FRIDAY + HOUR, FRIDAY + 2 * HOUR]
YES, NO, IF_NEED_BE = Can.YES, Can.NO, Can.IF_NEED_BE


def planned(case: Case) -> RoundTable:
    return planning.plan(case, TIMES, chair=ADA.user_id, by=CLEO, at=NOW)


def says(case: Case, who: Professional, *cans: Can) -> None:
    planning.answer(case, "M-1", dict(enumerate(cans, 1)), by=who, at=NOW)


def order(case: Case) -> list[int]:
    return [p.time.number for p in planning.prospects(case, case.all(RoundTable)[0], NOW)]


def test_until_a_time_is_fixed_it_is_no_meeting_that_is_ahead() -> None:
    case = a_case()
    table = planned(case)
    assert (table.state, table.starts_at, roundtable.upcoming(case)) == (State.PLANNING, FRIDAY, [])
    assert planning.silent(case, table) == ["social", "police", "health"]
    assert planning.best(case, table, NOW) is None


def test_a_quorum_comes_first() -> None:
    case = a_case()
    planned(case)
    says(case, ADA, IF_NEED_BE, NO, YES)
    says(case, DIRK, IF_NEED_BE, YES, YES)
    says(case, FINN, IF_NEED_BE, NO, YES)
    assert order(case) == [3, 1, 2]
    says(case, ADA, IF_NEED_BE, YES, NO)
    assert order(case) == [1, 2, 3]


def test_then_most_yes_then_fewest_if_need_be_then_the_earliest() -> None:
    case = a_case()
    planned(case)
    says(case, ADA, YES, YES, YES)
    assert order(case) == [1, 2, 3]
    says(case, DIRK, IF_NEED_BE, NO, NO)
    assert order(case) == [2, 3, 1]
    says(case, FINN, NO, NO, YES)
    assert order(case) == [3, 2, 1]


def test_without_the_chair_there_is_no_quorum() -> None:
    case = a_case()
    table = planned(case)
    for who in (DIRK, FINN):
        says(case, who, YES)
    colleague = Professional("@bea:example.org", "Bea", "police")
    case.invite(colleague, because="knows him", by=CLEO, at=NOW)
    says(case, colleague, YES)
    best = planning.best(case, table, NOW)
    assert best
    assert (best.yes, best.quorum) == (("social", "police", "health"), False)
    says(case, ADA, IF_NEED_BE)
    best = planning.best(case, table, NOW)
    assert best
    assert best.quorum


def test_without_an_agency_that_the_scheme_calls_mandatory_a_time_is_not_good() -> None:
    case = a_case()
    case.invite(HUGO, because="knows the school", by=CLEO, at=NOW)
    table = planned(case)
    for who in (ADA, DIRK, FINN):
        says(case, who, YES, IF_NEED_BE)
    says(case, HUGO, NO, IF_NEED_BE)
    quorum = Quorum(needs=("school", "probation"))
    found = planning.prospects(case, table, NOW, quorum)
    assert [(p.time.number, p.quorum, p.missing) for p in found[:2]] == [(2, True, ()), (1, False, ("school",))]
    assert planning.best(case, table, NOW, quorum) == found[0]


def test_one_of_an_agency_is_enough_and_the_latest_word_counts() -> None:
    case = a_case()
    case.invite(CLEO, because="coordinates", by=CLEO, at=NOW)
    table = planned(case)
    says(case, DIRK, NO, NO, IF_NEED_BE)
    says(case, CLEO, IF_NEED_BE, NO, YES)
    assert planning.tally(case, table) == {"social": {1: IF_NEED_BE, 2: NO, 3: YES}}
    says(case, CLEO, NO)
    assert planning.tally(case, table)["social"][1] is NO


def test_the_word_of_who_left_no_longer_counts() -> None:
    case = a_case()
    table = planned(case)
    says(case, FINN, YES)
    case.release(FINN.user_id, by=CLEO, at=NOW)
    assert planning.tally(case, table) == {}
    assert planning.silent(case, table) == ["social", "police"]


def test_what_is_past_is_not_proposed_and_not_fixed() -> None:
    case = a_case()
    table = planned(case)
    says(case, ADA, YES, YES)
    best = planning.best(case, table, FRIDAY)
    assert best
    assert best.time.number == 2
    with pytest.raises(Refusal, match="planning/past"):
        planning.fix(case, "M-1", 1, by=CLEO, at=FRIDAY, steers=True)


def test_a_fixed_time_is_moved_not_fixed_again() -> None:
    case = a_case()
    table = planned(case)
    planning.fix(case, None, 2, by=ADA, at=NOW, steers=False)
    assert (table.state, table.starts_at) == (State.SCHEDULED, FRIDAY + HOUR)
    with pytest.raises(Refusal, match="planning/fixed"):
        planning.fix(case, "M-1", 1, by=ADA, at=NOW, steers=False)
    with pytest.raises(Refusal, match="planning/same_time"):
        planning.move(case, "M-1", FRIDAY + HOUR, because="ill", by=DIRK, at=NOW)
    planning.move(case, "M-1", FRIDAY, because="ill", by=DIRK, at=NOW)
    assert (table.starts_at, table.moved_from, table.moved_because) == (FRIDAY, FRIDAY + HOUR, "ill")


def test_six_times_are_enough() -> None:
    with pytest.raises(Refusal, match="planning/too_many_times"):
        planning.plan(a_case(), [FRIDAY + n * HOUR for n in range(7)], chair=ADA.user_id, by=CLEO, at=NOW)


def test_a_time_that_is_named_twice_is_one() -> None:
    case = a_case()
    planning.plan(case, [FRIDAY, FRIDAY], chair=ADA.user_id, by=CLEO, at=NOW)
    assert len(case.all(ProposedTime)) == 1


def test_the_case_is_looked_at_again_when_the_table_meets() -> None:
    case = a_case()
    case.next_review = None
    planned(case)
    planning.fix(case, "M-1", 1, by=ADA, at=NOW, steers=False)
    assert case.next_review == FRIDAY
