from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from cases.case import REVIEW_PLANNED, Case, open_case
from cases.errors import Refusal
from cases.people import Professional
from cases.roles import Role
from commands.roundtable import rules as roundtable
from commands.roundtable.rules import Attendance, NoteKind, Presence, RoundTable, State

MONDAY = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
THURSDAY = MONDAY + timedelta(days=3)
CLEO = Professional("@cleo:example.org", "Cleo", "social", Role.COORDINATOR)
ADA = Professional("@ada:example.org", "Ada", "police")
DIRK = Professional("@dirk:example.org", "Dirk", "social")
FINN = Professional("@finn:example.org", "Finn", "health")
HUGO = Professional("@hugo:example.org", "Hugo", "school")


def a_case(*people: Professional) -> Case:
    people = people or (ADA, DIRK, FINN, HUGO)
    agencies = tuple(p.agency for p in people)
    case = open_case(
        "K7QF",
        scheme="safety table",
        why="why",
        goal="goal",
        zone="Europe/Amsterdam",
        agencies=agencies,
        director=CLEO.user_id,
        by=CLEO,
        at=MONDAY,
    )
    for person in (CLEO, *people):
        case.invite(person, because="from the start", by=CLEO, at=MONDAY).joined_at = MONDAY
    return case


def planned(*, chair: Professional = HUGO) -> Case:
    case = a_case()
    roundtable.schedule(case, THURSDAY, chair=chair.user_id, by=CLEO, at=MONDAY)
    return case


def begun() -> Case:
    case = planned()
    roundtable.start(case, "M-1", by=HUGO, at=THURSDAY, steers=False)
    return case


def refused(code: str, move: Callable[[], object]) -> dict[str, object]:
    with pytest.raises(Refusal) as refusal:
        move()
    assert refusal.value.code == code
    return refusal.value.facts


def test_any_member_schedules_and_any_member_chairs() -> None:
    case = a_case()
    table = roundtable.schedule(
        case, THURSDAY, chair=HUGO.user_id, about="school", minutes=45, where="town hall", by=ADA, at=MONDAY
    )
    assert (table.id, table.chair, table.minutes, table.state) == ("M-1", HUGO.user_id, 45, State.SCHEDULED)
    assert [t.id for t in roundtable.upcoming(case)] == ["M-1"]


def test_who_does_not_sit_at_the_table_cannot_chair_it() -> None:
    case = a_case(ADA, FINN)
    refused("case/not_a_member", lambda: roundtable.schedule(case, THURSDAY, chair=HUGO.user_id, by=ADA, at=MONDAY))
    assert case.all(RoundTable) == []


def test_a_closed_case_holds_no_round_table() -> None:
    case = a_case()
    case.closed_at = MONDAY
    refused("case/closed", lambda: roundtable.schedule(case, THURSDAY, chair=ADA.user_id, by=ADA, at=MONDAY))


@pytest.mark.parametrize("review", [None, MONDAY])
def test_a_round_table_is_the_next_review_when_none_is_ahead(review: datetime | None) -> None:
    case = a_case()
    case.set_review(review, case.step(REVIEW_PLANNED, case.ref, CLEO, MONDAY))
    roundtable.schedule(case, THURSDAY, chair=ADA.user_id, by=ADA, at=MONDAY)
    assert case.next_review == THURSDAY
    case.undo(by=ADA, at=MONDAY)
    assert case.next_review == review


def test_a_review_that_is_ahead_stays() -> None:
    case = a_case()
    ahead = case.next_review
    roundtable.schedule(case, THURSDAY, chair=ADA.user_id, by=ADA, at=MONDAY)
    assert case.next_review == ahead


def test_a_cancelled_round_table_does_not_begin() -> None:
    case = planned()
    table = roundtable.cancel(case, "M-1", because="half are ill", by=ADA, at=MONDAY)
    assert (table.state, table.cancelled_because) == (State.CANCELLED, "half are ill")
    facts = refused("roundtable/wrong_state", lambda: roundtable.start(case, "M-1", by=HUGO, at=THURSDAY, steers=False))
    assert facts == {"table": table}


def test_who_begins_has_confirmed() -> None:
    case = begun()
    assert roundtable.presences(case, case.all(RoundTable)[0]) == {HUGO.user_id: Presence.CONFIRMED}


def test_the_chair_or_the_coordinator_begins() -> None:
    case = planned()
    facts = refused("roundtable/not_chair", lambda: roundtable.start(case, "M-1", by=ADA, at=THURSDAY, steers=False))
    assert facts == {"id": "M-1", "chair": HUGO.user_id}
    assert roundtable.start(case, None, by=CLEO, at=THURSDAY, steers=True).state is State.RUNNING


def test_one_round_table_runs_at_a_time() -> None:
    case = begun()
    roundtable.schedule(case, THURSDAY, chair=HUGO.user_id, by=HUGO, at=MONDAY)
    refused("roundtable/another_runs", lambda: roundtable.start(case, "M-2", by=HUGO, at=THURSDAY, steers=False))


def test_without_an_id_the_only_one_that_fits_is_meant() -> None:
    case = a_case()
    facts = refused("roundtable/none_planned", lambda: roundtable.require(case, None, State.SCHEDULED))
    assert facts == {"running": None}
    second = roundtable.schedule(case, THURSDAY, chair=ADA.user_id, by=ADA, at=MONDAY)
    assert roundtable.require(case, None, State.SCHEDULED) is second
    first = roundtable.schedule(case, THURSDAY - timedelta(days=1), chair=ADA.user_id, by=ADA, at=MONDAY)
    facts = refused("roundtable/which", lambda: roundtable.require(case, None, State.SCHEDULED))
    assert facts == {"tables": [first, second]}


def test_it_ends_once() -> None:
    case = begun()
    table = roundtable.end(case, by=HUGO, at=THURSDAY, steers=False)
    assert (table.state, table.ended_at) == (State.ENDED, THURSDAY)
    refused("roundtable/none_runs", lambda: roundtable.end(case, by=HUGO, at=THURSDAY, steers=False))
    refused("roundtable/wrong_state", lambda: roundtable.end(case, "M-1", by=HUGO, at=THURSDAY, steers=False))


def test_only_the_chair_or_the_coordinator_ends_it() -> None:
    case = begun()
    refused("roundtable/not_chair", lambda: roundtable.end(case, by=ADA, at=THURSDAY, steers=False))
    assert roundtable.end(case, "M-1", by=CLEO, at=THURSDAY, steers=True).state is State.ENDED


def test_when_it_ends_the_next_meeting_is_the_next_review() -> None:
    case = begun()
    case.next_review = THURSDAY
    roundtable.end(case, by=HUGO, at=THURSDAY, steers=False)
    assert case.next_review is None
    later = begun()
    later.next_review = THURSDAY
    roundtable.schedule(later, THURSDAY + timedelta(weeks=4), chair=ADA.user_id, by=ADA, at=MONDAY)
    roundtable.end(later, by=HUGO, at=THURSDAY, steers=False)
    assert later.next_review == THURSDAY + timedelta(weeks=4)


def test_the_latest_word_about_coming_counts() -> None:
    case = planned()
    table = case.all(RoundTable)[0]
    roundtable.announce(case, None, Presence.APOLOGIES, why="ill", by=ADA, at=MONDAY)
    roundtable.announce(case, "M-1", Presence.APOLOGIES, why="still ill", by=ADA, at=MONDAY)
    assert [a.why for a in roundtable.apologies(case, table)] == ["still ill"]
    roundtable.announce(case, "M-1", Presence.ATTENDS, by=ADA, at=MONDAY)
    assert roundtable.apologies(case, table) == []
    assert roundtable.presences(case, table) == {ADA.user_id: Presence.ATTENDS}


def test_a_deputy_is_somebody_else_of_the_same_agency() -> None:
    case = planned()
    refused(
        "roundtable/own_deputy",
        lambda: roundtable.announce(case, "M-1", Presence.APOLOGIES, deputy=DIRK, by=DIRK, at=MONDAY),
    )
    facts = refused(
        "roundtable/deputy_elsewhere",
        lambda: roundtable.announce(case, "M-1", Presence.APOLOGIES, deputy=ADA, by=DIRK, at=MONDAY),
    )
    assert facts == {"id": "M-1", "deputy": ADA.user_id, "agency": "social"}
    assert case.all(Attendance) == []
    roundtable.announce(case, "M-1", Presence.APOLOGIES, deputy=CLEO, by=DIRK, at=MONDAY)
    assert case.all(Attendance)[0].deputy == CLEO.user_id


def test_everybody_confirms_once_while_it_runs() -> None:
    case = planned()
    facts = refused("roundtable/none_runs", lambda: roundtable.confirm(case, by=ADA, at=MONDAY))
    assert facts == {"next": case.all(RoundTable)[0]}
    case = begun()
    roundtable.confirm(case, by=ADA, at=THURSDAY)
    refused("roundtable/already_confirmed", lambda: roundtable.confirm(case, "M-1", by=ADA, at=THURSDAY))
    assert roundtable.agencies_present(case, case.all(RoundTable)[0]) == ["police", "school"]


def test_who_is_here_sends_no_apologies() -> None:
    case = begun()
    refused("roundtable/is_here", lambda: roundtable.announce(case, None, Presence.APOLOGIES, by=HUGO, at=THURSDAY))
    refused(
        "roundtable/is_here", lambda: roundtable.excuse(case, HUGO.user_id, None, by=HUGO, at=THURSDAY, steers=False)
    )


def test_the_chair_takes_apologies_down_for_a_member() -> None:
    case = begun()
    table, said = roundtable.excuse(case, FINN.user_id, "ill", by=HUGO, at=THURSDAY, steers=False)
    assert (said.by, said.agency, said.why) == (FINN.user_id, "health", "ill")
    assert roundtable.apologies(case, table) == [said]
    assert case.steps[-1].by == HUGO.user_id
    refused(
        "roundtable/not_chair", lambda: roundtable.excuse(case, DIRK.user_id, None, by=ADA, at=THURSDAY, steers=False)
    )
    iris = "@iris:example.org"
    refused("case/not_a_member", lambda: roundtable.excuse(case, iris, None, by=HUGO, at=THURSDAY, steers=False))


def test_lines_are_taken_down_for_the_chair_while_it_runs() -> None:
    refused(
        "roundtable/none_runs",
        lambda: roundtable.take_note(planned(), NoteKind.NOTE, "x", by=HUGO, at=MONDAY, steers=False),
    )
    case = begun()
    refused(
        "roundtable/not_chair",
        lambda: roundtable.take_note(case, NoteKind.NOTE, "x", by=ADA, at=THURSDAY, steers=False),
    )
    note = roundtable.take_note(case, NoteKind.NOTE, "he came", by=HUGO, at=THURSDAY, steers=False)
    assert (note.id, roundtable.notes_of(case, case.all(RoundTable)[0])) == ("M-1/n1", [note])


@pytest.mark.parametrize(
    ("present", "quorum"),
    [((), False), ((ADA,), False), ((ADA, FINN), True), ((ADA, DIRK, FINN), True), ((DIRK, CLEO), False)],
)
def test_a_quorum_is_the_chair_and_three_agencies(present: tuple[Professional, ...], *, quorum: bool) -> None:
    case = begun()
    for person in present:
        roundtable.confirm(case, by=person, at=THURSDAY)
    assert roundtable.has_quorum(case, case.all(RoundTable)[0]) is quorum


def test_without_the_chair_there_is_no_quorum() -> None:
    case = planned()
    table = roundtable.start(case, None, by=CLEO, at=THURSDAY, steers=True)
    for person in (ADA, FINN):
        roundtable.confirm(case, by=person, at=THURSDAY)
    assert not roundtable.has_quorum(case, table)
    roundtable.confirm(case, by=HUGO, at=THURSDAY)
    assert roundtable.has_quorum(case, table)


def test_of_two_agencies_both_are_a_quorum() -> None:
    case = a_case(ADA, DIRK)
    table = roundtable.schedule(case, THURSDAY, chair=ADA.user_id, by=ADA, at=MONDAY)
    roundtable.start(case, None, by=ADA, at=THURSDAY, steers=False)
    assert not roundtable.has_quorum(case, table)
    roundtable.confirm(case, by=DIRK, at=THURSDAY)
    assert roundtable.has_quorum(case, table)


def test_a_meeting_that_is_over_keeps_its_quorum_when_seats_are_given_up_or_taken_later() -> None:
    case = begun()
    table = case.all(RoundTable)[0]
    for person in (ADA, FINN):
        roundtable.confirm(case, by=person, at=THURSDAY)
    roundtable.end(case, table.id, by=HUGO, at=THURSDAY, steers=False)
    assert roundtable.has_quorum(case, table)
    before = case.seats
    case.release(FINN.user_id, by=CLEO, at=THURSDAY)
    case.steps[-1].change(case, seats=tuple(seat for seat in before if seat != FINN.agency))
    assert roundtable.has_quorum(case, table)
    assert roundtable.has_quorum(case, table, THURSDAY)
    assert (case.seats_after(case.steps[-2].number), case.seats_after(0)) == (before, before)
    case.invite(FINN, because="back", by=CLEO, at=THURSDAY)
    assert case.seats_after(case.steps[-1].number) == case.seats
    assert set(case.seats) == set(before)


def test_what_was_said_before_the_meeting_is_taken_back_alone() -> None:
    case = planned()
    table = case.all(RoundTable)[0]
    roundtable.add_agenda_item(case, None, "the timetable", by=ADA, at=MONDAY)
    second = roundtable.add_agenda_item(case, "M-1", "the gym", by=FINN, at=MONDAY)
    case.undo(by=ADA, at=MONDAY)
    assert roundtable.agenda_of(case, table) == [second]
    roundtable.announce(case, "M-1", Presence.APOLOGIES, by=DIRK, at=MONDAY)
    roundtable.announce(case, "M-1", Presence.ATTENDS, by=HUGO, at=MONDAY)
    case.undo(by=DIRK, at=MONDAY)
    assert roundtable.presences(case, table) == {HUGO.user_id: Presence.ATTENDS}


def test_a_round_table_is_taken_back_unless_somebody_said_something_to_it() -> None:
    case = planned()
    roundtable.announce(case, "M-1", Presence.ATTENDS, by=ADA, at=MONDAY)
    refused("undo/moved_on", lambda: case.undo(by=CLEO, at=MONDAY))
    case.undo(by=ADA, at=MONDAY)
    case.undo(by=CLEO, at=MONDAY)
    assert roundtable.upcoming(case) == []
    refused("case/no_such_record", lambda: roundtable.require(case, "M-1", State.SCHEDULED))


def test_a_cancellation_is_taken_back() -> None:
    case = planned()
    roundtable.cancel(case, "M-1", because="ill", by=ADA, at=MONDAY)
    case.undo(by=ADA, at=MONDAY)
    assert (case.all(RoundTable)[0].state, case.all(RoundTable)[0].cancelled_because) == (State.SCHEDULED, None)


def test_a_line_is_taken_back_until_the_meeting_ends() -> None:
    case = begun()
    roundtable.take_note(case, NoteKind.NOTE, "wrong", by=HUGO, at=THURSDAY, steers=False)
    case.undo(by=HUGO, at=THURSDAY)
    assert roundtable.notes_of(case, case.all(RoundTable)[0]) == []
    roundtable.take_note(case, NoteKind.NOTE, "right", by=HUGO, at=THURSDAY, steers=False)
    roundtable.end(case, by=CLEO, at=THURSDAY, steers=True)
    refused("undo/moved_on", lambda: case.undo(by=HUGO, at=THURSDAY))


def test_agenda_and_notes_of_one_meeting_are_bounded() -> None:
    case = planned()
    for number in range(roundtable.MOST_ITEMS):
        roundtable.add_agenda_item(case, "M-1", f"item {number}", by=ADA, at=MONDAY)
    with pytest.raises(Refusal, match="roundtable/agenda_full"):
        roundtable.add_agenda_item(case, "M-1", "one too many", by=ADA, at=MONDAY)
    running = begun()
    for number in range(roundtable.MOST_NOTES):
        roundtable.take_note(running, NoteKind.NOTE, f"note {number}", by=HUGO, at=THURSDAY, steers=False)
    with pytest.raises(Refusal, match="roundtable/notes_full"):
        roundtable.take_note(running, NoteKind.NOTE, "one too many", by=HUGO, at=THURSDAY, steers=False)
