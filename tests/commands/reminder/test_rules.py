from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.calendar import Calendar
from cases.case import Case
from cases.errors import Refusal
from cases.people import Addressee
from commands.action import rules as action
from commands.case import rules as closing
from commands.reminder import rules as reminders
from commands.reminder.rules import Stage, due, ladder
from commands.request import rules as request
from tests.cases.table import ADA, CLEO, DIRK, FINN, FRIDAY, HEALTH, NOW, POLICE, a_case

AMSTERDAM = Calendar(ZoneInfo("Europe/Amsterdam"))
CHRISTMAS = Calendar(AMSTERDAM.zone, frozenset({date(2026, 12, 25), date(2026, 12, 26), date(2027, 1, 1)}))
DAYS = st.dates(date(2020, 1, 1), date(2040, 1, 1))


def november(day: int, hour: int = 8, minute: int = 0) -> datetime:
    """Nine o'clock in Amsterdam is eight in UTC."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def reached(day: date, now: datetime, calendar: Calendar = AMSTERDAM) -> Stage:
    return max((stage for stage, moment in ladder(day, calendar).items() if moment <= now), default=Stage.NONE)


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
        (november(19, 20), Stage.MANAGER),
        (november(20), Stage.STEERING),
        (november(30), Stage.STEERING),
    ],
)
def test_the_ladder_of_what_is_due_on_a_friday(now: datetime, stage: Stage) -> None:
    assert reached(FRIDAY.date(), now) is stage


def test_what_is_due_at_a_weekend_is_called_on_the_friday_before() -> None:
    saturday = date(2026, 11, 7)
    assert reached(saturday, november(6, 7, 59)) is Stage.AHEAD
    assert reached(saturday, november(6)) is Stage.DUE
    assert reached(saturday, november(9)) is Stage.LATE


def test_the_ladder_over_christmas() -> None:
    days = {stage: moment.date().isoformat() for stage, moment in ladder(date(2026, 12, 24), CHRISTMAS).items()}
    assert days == {
        Stage.AHEAD: "2026-12-22",
        Stage.DUE: "2026-12-24",
        Stage.LATE: "2026-12-28",
        Stage.MANAGER: "2027-01-04",
        Stage.STEERING: "2027-01-11",
    }


@given(DAYS, st.frozensets(DAYS, max_size=40))
def test_every_step_is_said_on_a_working_morning_and_in_order(day: date, holidays: frozenset[date]) -> None:
    calendar = Calendar(AMSTERDAM.zone, holidays)
    moments = list(ladder(day, calendar).values())
    assert moments == sorted(moments)
    assert not any(calendar.rests(moment) for moment in moments)
    assert calendar.day(moments[1]) <= day < calendar.day(moments[2])


def a_case_with_both() -> Case:
    case = a_case()
    request.ask(case, HEALTH, "was he seen?", because="the plan", due_at=FRIDAY, by=ADA, at=NOW)
    action.propose(case, "visit", POLICE, due_at=FRIDAY, by=CLEO, at=NOW)
    return case


def steps(case: Case, now: datetime) -> list[tuple[str, str, Stage]]:
    return [(r.record.id, r.agency, max(r.reached)) for r in due(case, now, AMSTERDAM)]


def test_what_waits_climbs_the_ladder() -> None:
    case = a_case_with_both()
    assert steps(case, NOW) == []
    assert steps(case, november(4)) == [("R-1", "health", Stage.AHEAD), ("A-1", "police", Stage.AHEAD)]
    assert steps(case, november(20)) == [("R-1", "health", Stage.STEERING), ("A-1", "police", Stage.STEERING)]
    assert [r.for_owner for r in due(case, november(20), AMSTERDAM)] == [Stage.LATE, Stage.LATE]


def test_what_was_passed_when_the_date_was_set_is_not_called() -> None:
    case = a_case()
    action.propose(case, "visit", POLICE, due_at=FRIDAY, by=CLEO, at=november(5))
    assert steps(case, november(5, 20)) == []
    assert steps(case, november(6)) == [("A-1", "police", Stage.DUE)]


def test_what_is_settled_or_closed_is_not_called() -> None:
    case = a_case_with_both()
    request.answer(case, "R-1", request.State.NOTHING, by=FINN, at=NOW)
    action.finish(case, "A-1", "visited", by=ADA, at=NOW)
    assert steps(case, november(20)) == []
    closing.close(case, because="done", owner="social", by=CLEO, at=NOW)
    assert steps(case, november(20)) == []


def test_a_new_date_starts_the_ladder_again_and_taking_it_back_goes_on() -> None:
    case = a_case_with_both()
    action.accept(case, "A-1", by=ADA, at=NOW)
    action.move(case, "A-1", november(13, 16), because="ill", by=ADA, at=november(6, 10))
    assert [r.since for r in due(case, november(11), AMSTERDAM)] == [NOW, november(6, 10)]
    case.undo(by=ADA, at=november(6, 10, 5))
    assert steps(case, november(6, 11)) == [("R-1", "health", Stage.DUE), ("A-1", "police", Stage.DUE)]
    assert {r.since for r in due(case, november(11), AMSTERDAM)} == {NOW}


def test_whoever_is_handed_something_late_hears_only_what_comes_after() -> None:
    case = a_case_with_both()
    action.hand(case, "A-1", HEALTH, because="they know him", by=ADA, at=november(10))
    assert [s for s in steps(case, november(10, 20)) if s[0] == "A-1"] == []
    assert [s for s in steps(case, november(13)) if s[0] == "A-1"] == [("A-1", "health", Stage.MANAGER)]


def test_an_action_of_two_reminds_those_whose_move_it_is() -> None:
    case = a_case()
    action.propose(case, "visit", POLICE, due_at=FRIDAY, support="health", by=CLEO, at=NOW)
    assert [r.agency for r in due(case, november(4), AMSTERDAM)] == ["police", "health"]
    action.accept(case, "A-1", by=ADA, at=NOW)
    assert [(r.agency, r.person) for r in due(case, november(4), AMSTERDAM)] == [("health", None)]
    action.accept(case, "A-1", by=FINN, at=NOW)
    assert [(r.agency, r.person) for r in due(case, november(4), AMSTERDAM)] == [("police", ADA.user_id)]


def test_a_pause_holds_until_its_end_or_until_it_is_taken_back() -> None:
    case = a_case_with_both()
    standing = reminders.snooze(case, "A-1", november(5), by=ADA, at=NOW)
    assert (standing.id, standing.subject, standing.by) == ("A-1/p1", "A-1", ADA.user_id)
    assert reminders.rests(standing, november(4))
    assert not reminders.rests(standing, november(5))
    assert reminders.pause_of(case, "A-1", CLEO.user_id) is None
    paused = reminders.pause(case, "A-1", because="she is on holiday", by=ADA, at=NOW)
    assert reminders.pause_of(case, "A-1", ADA.user_id) is paused
    assert reminders.rests(paused, november(30))
    assert reminders.resume(case, "A-1", by=ADA, at=NOW).id == "A-1"
    assert reminders.pause_of(case, "A-1", ADA.user_id) is standing
    assert [s.verb for s in case.steps[-3:]] == ["snooze", "pause", "resume"]


def test_only_what_i_owe_can_be_paused_and_only_a_pause_be_ended() -> None:
    case = a_case_with_both()
    action.propose(case, "call", Addressee("social", DIRK.user_id), due_at=FRIDAY, by=CLEO, at=NOW)
    for record_id, by, code in (
        ("A-1", FINN, "reminder/not_yours"),
        ("R-1", ADA, "reminder/not_yours"),
        ("A-9", ADA, "case/no_such_record"),
        ("A-2", CLEO, "reminder/not_yours"),
    ):
        with pytest.raises(Refusal) as refused:
            reminders.snooze(case, record_id, november(5), by=by, at=NOW)
        assert refused.value.code == code
    with pytest.raises(Refusal) as refused:
        reminders.resume(case, "A-1", by=ADA, at=NOW)
    assert refused.value.code == "reminder/not_paused"
