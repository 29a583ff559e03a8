from datetime import timedelta

from cases.calendar import Calendar
from cases.case import Case
from cases.followups import Todo, owed_by, unresolved
from commands.action import rules as action
from commands.decision import rules as decision
from commands.decision.rules import Stance
from commands.minutes import rules as minutes
from commands.request import rules as request
from commands.roundtable import rules as roundtable
from commands.roundtable.rules import NoteKind
from tests.cases.table import ADA, CLEO, FINN, FRIDAY, HEALTH, NEXT_WEEK, NOW, POLICE, a_case


def told(case: Case) -> list[tuple[str, Todo, str]]:
    return [(item.id, item.what, item.agency) for item in unresolved(case, NOW)]


def test_a_new_case_has_nothing_unresolved() -> None:
    assert unresolved(a_case(), NOW) == []


def test_a_question_waits_for_the_agency_that_was_asked() -> None:
    case = a_case()
    request.ask(case, HEALTH, "was he seen?", because="the plan", due_at=FRIDAY, by=ADA, at=NOW)
    (item,) = unresolved(case, NOW)
    assert (item.what, item.agency, item.due_at, item.late) == (request.UNANSWERED, "health", FRIDAY, False)
    assert unresolved(case, NEXT_WEEK)[0].late
    request.answer(case, "R-1", request.State.NOTHING, by=FINN, at=NOW)
    assert unresolved(case, NOW) == []


def test_a_proposed_action_waits_for_its_owner_then_to_be_done() -> None:
    case = a_case()
    action.propose(case, "visit", POLICE, due_at=FRIDAY, by=CLEO, at=NOW)
    assert told(case) == [("A-1", action.UNACCEPTED, "police")]
    action.accept(case, "A-1", by=ADA, at=NOW)
    assert told(case) == [("A-1", action.UNFINISHED, "police")]
    assert unresolved(case, NOW)[0].person == ADA.user_id
    action.finish(case, "A-1", "visited", by=ADA, at=NOW)
    assert told(case) == []


def test_an_action_of_two_waits_for_the_one_that_has_not_accepted() -> None:
    case = a_case()
    action.propose(case, "visit", POLICE, due_at=FRIDAY, support="health", by=CLEO, at=NOW)
    assert {agency for _, _, agency in told(case)} == {"police", "health"}
    action.accept(case, "A-1", by=ADA, at=NOW)
    assert told(case) == [("A-1", action.UNACCEPTED, "health")]


def test_a_declined_action_goes_back_to_the_agency_that_proposed_it() -> None:
    case = a_case()
    action.propose(case, "visit", POLICE, due_at=FRIDAY, by=CLEO, at=NOW)
    action.decline(case, "A-1", "no car", by=ADA, at=NOW)
    assert told(case) == [("A-1", action.LEFT_TO_NOBODY, "social")]


def test_a_decision_waits_for_each_silent_agency() -> None:
    case = a_case()
    decision.decide(case, "one caller", because="five are too many", by=ADA, at=NOW)
    assert told(case) == [("D-1", decision.PROPOSED, "social"), ("D-1", decision.PROPOSED, "health")]
    decision.take_position(case, "D-1", Stance.DISSENTS, why="ours too", by=FINN, at=NOW)
    assert [item.agency for item in owed_by(case, "social", NOW)] == ["social"]
    assert owed_by(case, "health", NOW) == []


def test_a_meeting_that_was_not_held_and_minutes_that_wait_are_the_chairs() -> None:
    case = a_case()
    table = roundtable.schedule(case, FRIDAY, chair=ADA.user_id, by=CLEO, at=NOW)
    assert told(case) == []
    (item,) = unresolved(case, NEXT_WEEK)
    assert (item.what, item.agency, item.person, item.late) == (roundtable.NOT_HELD, "police", ADA.user_id, True)
    roundtable.start(case, "M-1", by=ADA, at=NEXT_WEEK, steers=False)
    roundtable.end(case, by=ADA, at=NEXT_WEEK, steers=False)
    minutes.file(case, table, "what was said", by=ADA, at=NEXT_WEEK)
    assert [i.what for i in unresolved(case, NEXT_WEEK)] == [roundtable.UNAPPROVED]
    calendar = Calendar(case.zone_info)
    minutes.add(case, "M-1", NoteKind.VIEW, "he wants to go back", by=FINN, at=NEXT_WEEK, calendar=calendar)
    minutes.approve(case, "M-1", by=ADA, at=NEXT_WEEK, numbers={})
    assert unresolved(case, NEXT_WEEK) == []


def test_what_is_late_comes_first_and_what_has_no_date_last() -> None:
    case = a_case()
    decision.decide(case, "one caller", because="five are too many", by=ADA, at=NOW)
    request.ask(case, HEALTH, "later", because="x", due_at=NEXT_WEEK, by=ADA, at=NOW)
    request.ask(case, HEALTH, "sooner", because="x", due_at=FRIDAY, by=ADA, at=NOW)
    items = unresolved(case, FRIDAY + timedelta(hours=1))
    assert [item.id for item in items] == ["R-2", "R-1", "D-1", "D-1"]


def test_what_was_taken_back_waits_for_nobody() -> None:
    case = a_case()
    action.propose(case, "visit", POLICE, due_at=FRIDAY, by=CLEO, at=NOW)
    case.undo(by=CLEO, at=NOW)
    decision.decide(case, "one caller", because="five", by=CLEO, at=NOW)
    case.undo(by=CLEO, at=NOW)
    assert told(case) == []
