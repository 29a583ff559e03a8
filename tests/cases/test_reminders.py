from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from cases import action, request
from cases.case import Case
from cases.reminders import Stage, due, reached, take_due
from tests.cases.table import ADA, CLEO, FINN, FRIDAY, HEALTH, NOW, POLICE, a_case

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def november(day: int, hour: int = 8, minute: int = 0) -> datetime:
    """Nine o'clock in Amsterdam is eight in UTC."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "stage"),
    [
        (november(4, 7, 59), Stage.NONE),
        (november(4), Stage.AHEAD),
        (november(5, 20), Stage.AHEAD),
        (november(6), Stage.DUE),
        (november(8), Stage.DUE),
        (november(9), Stage.LATE),
        (november(12, 20), Stage.LATE),
        (november(13), Stage.MANAGER),
        (november(30), Stage.MANAGER),
    ],
)
def test_the_ladder_of_what_is_due_on_a_friday(now: datetime, stage: Stage) -> None:
    assert reached(FRIDAY, now, AMSTERDAM) is stage


def test_what_is_due_at_a_weekend_is_called_on_the_friday_before() -> None:
    saturday = november(7, 16)
    assert reached(saturday, november(6, 7, 59), AMSTERDAM) is Stage.AHEAD
    assert reached(saturday, november(6), AMSTERDAM) is Stage.DUE
    assert reached(saturday, november(9), AMSTERDAM) is Stage.LATE


def a_case_with_both() -> Case:
    case = a_case()
    request.ask(case, HEALTH, "was he seen?", because="the plan", due_at=FRIDAY, by=ADA, at=NOW)
    action.propose(case, "visit", POLICE, due_at=FRIDAY, by=CLEO, at=NOW)
    return case


def test_each_step_is_said_once() -> None:
    case = a_case_with_both()
    assert take_due(case, NOW) == []
    taken = [(r.record.id, r.agency, r.stage, r.said) for r in take_due(case, november(4))]
    assert taken == [("R-1", "health", Stage.AHEAD, Stage.NONE), ("A-1", "police", Stage.AHEAD, Stage.NONE)]
    assert take_due(case, november(4)) == []


def test_looking_takes_nothing() -> None:
    case = a_case_with_both()
    assert len(due(case, november(4))) == len(due(case, november(4))) == 2


def test_after_a_long_silence_only_the_highest_step_is_said() -> None:
    case = a_case_with_both()
    taken = take_due(case, november(20))
    assert [r.stage for r in taken] == [Stage.MANAGER, Stage.MANAGER]
    # The owner has not heard that it is late, so not only the manager is told.
    assert all(r.for_owner for r in taken)


def test_the_owner_is_not_told_again_when_the_manager_is() -> None:
    case = a_case_with_both()
    take_due(case, november(9))
    assert [r.for_owner for r in take_due(case, november(13))] == [False, False]


def test_what_is_settled_or_closed_is_not_called() -> None:
    case = a_case_with_both()
    request.answer(case, "R-1", request.State.NOTHING, by=FINN, at=NOW)
    action.finish(case, "A-1", "visited", by=ADA, at=NOW)
    assert due(case, november(20)) == []
    case.close(because="done", owner="social", by=CLEO, at=NOW)
    assert due(case, november(20)) == []


def test_a_new_date_starts_the_ladder_again() -> None:
    case = a_case_with_both()
    take_due(case, november(6))
    action.move(case, "A-1", november(13, 16), because="ill", by=ADA, at=november(6, 10))
    assert [r.record.id for r in take_due(case, november(11))] == ["R-1", "A-1"]


def test_an_action_of_two_reminds_those_whose_move_it_is() -> None:
    case = a_case()
    action.propose(case, "visit", POLICE, due_at=FRIDAY, support="health", by=CLEO, at=NOW)
    assert [r.agency for r in due(case, november(4))] == ["police", "health"]
    action.accept(case, "A-1", by=ADA, at=NOW)
    assert [(r.agency, r.person) for r in due(case, november(4))] == [("health", None)]
    action.accept(case, "A-1", by=FINN, at=NOW)
    assert [(r.agency, r.person) for r in due(case, november(4))] == [("police", ADA.user_id)]
