import hashlib
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cases.calendar import Calendar
from cases.case import Case
from cases.people import Addressee, Professional
from commands.action import rules as action
from commands.concern import rules as concern
from commands.decision import rules as decision
from commands.minutes import rules as minutes
from commands.request import rules as request
from commands.request.rules import Ground
from commands.roundtable import rules as roundtable
from commands.roundtable.rules import NoteKind, RoundTable
from tests.commands.roundtable.test_rules import ADA, CLEO, DIRK, FINN, HUGO, MONDAY, THURSDAY, begun, planned, refused

END = THURSDAY + timedelta(hours=1)
CALENDAR = Calendar(ZoneInfo("Europe/Amsterdam"))
IRIS = Professional("@iris:example.org", "Iris", "youth")
NUMBERS = {"M-1/n1": 12, "M-1/c2": 30}


def ended(case: Case | None = None) -> Case:
    case = case or begun()
    table = roundtable.end(case, by=HUGO, at=END, steers=False)
    minutes.file(case, table, "version one", by=HUGO, at=END)
    return case


def confirm(case: Case, *people: Professional) -> None:
    for person in people:
        roundtable.confirm(case, by=person, at=roundtable.require_running(case).started_at or THURSDAY)


def drafted(case: Case) -> minutes.Draft:
    return minutes.draft(case, case.all(RoundTable)[-1], END)


def test_a_draft_tells_who_was_there() -> None:
    case = begun()
    roundtable.confirm(case, by=ADA, at=THURSDAY)
    roundtable.excuse(case, FINN.user_id, "ill", by=HUGO, at=THURSDAY, steers=False)
    roundtable.announce(case, "M-1", roundtable.Presence.ATTENDS, by=DIRK, at=THURSDAY)
    who = drafted(ended(case)).attended
    assert who.present == [HUGO.user_id, ADA.user_id]
    assert [a.by for a in who.apologies] == [FINN.user_id]
    assert who.observers == [CLEO.user_id, DIRK.user_id]
    assert (who.agencies, who.quorum, who.needed) == (["police", "school"], False, 3)


def test_an_agency_that_was_not_there_may_have_sent_information() -> None:
    case = planned()
    for agency, by, result in (
        ("health", FINN, request.State.PARTLY),
        ("social", DIRK, request.State.REFUSED),
        ("school", HUGO, request.State.ANSWERED),
    ):
        asked = request.ask(case, Addressee(agency), "anything?", because="x", due_at=THURSDAY, by=ADA, at=MONDAY)
        request.answer(case, asked.id, result, "that is how it is", by=by, at=MONDAY)
    concern.raise_concern(case, "not seen for weeks", by=ADA, at=MONDAY)
    roundtable.start(case, "M-1", by=HUGO, at=THURSDAY, steers=False)
    assert drafted(ended(case)).attended.informed == ["police", "health"]


def test_who_left_before_or_came_to_the_table_later_is_not_missed() -> None:
    case = begun()
    case.release(FINN.user_id, by=CLEO, at=THURSDAY)
    ended(case)
    case.release(DIRK.user_id, by=CLEO, at=END + timedelta(days=1))
    case.invite(FINN, because="back again", by=CLEO, at=END + timedelta(days=1))
    assert drafted(case).attended.observers == [CLEO.user_id, ADA.user_id, DIRK.user_id]


def test_a_draft_holds_what_happened_since_the_last_meeting_and_no_more() -> None:
    case = begun()
    confirm(case, ADA, DIRK)
    decision.decide(case, "before", because="x", by=ADA, at=MONDAY + timedelta(hours=1))
    refuse_health(case)
    ended(case)
    again = END + timedelta(days=7)
    roundtable.schedule(case, again, chair=HUGO.user_id, by=HUGO, at=MONDAY)
    action.propose(case, "between", Addressee("police"), due_at=again, by=ADA, at=END + timedelta(days=1))
    roundtable.start(case, "M-2", by=HUGO, at=again, steers=False)
    confirm(case, ADA, DIRK)
    decision.decide(case, "at it", because="x", roundtable="M-2", by=ADA, at=again)
    roundtable.end(case, by=HUGO, at=again, steers=False)
    decision.decide(case, "after", because="x", by=ADA, at=again + timedelta(days=1))
    first, second = (minutes.draft(case, table, again) for table in case.all(RoundTable))
    assert [d.text for d, *_ in first.decisions] == ["before"]
    assert first.refusals == [(Ground.TOO_BROAD, 1)]
    assert [d.text for d, *_ in second.decisions] == ["at it"]
    assert [a.outcome for a in second.actions] == ["between"]
    assert second.refusals == []


def refuse_health(case: Case) -> None:
    asked = request.ask(case, Addressee("health"), "anything?", because="x", due_at=THURSDAY, by=ADA, at=MONDAY)
    request.answer(
        case, asked.id, request.State.REFUSED, "that is far too much", grounds=(Ground.TOO_BROAD,), by=FINN, at=THURSDAY
    )


def test_a_draft_tells_each_position_and_who_was_silent() -> None:
    case = begun()
    confirm(case, ADA, DIRK)
    made = decision.decide(case, "part-time", because="it worked", roundtable="M-1", by=HUGO, at=THURSDAY)
    decision.take_position(case, made.id, decision.Stance.DISSENTS, why="too early", by=FINN, at=THURSDAY)
    draft = drafted(ended(case))
    [(told, positions, silent, _)] = draft.decisions
    assert told is made
    assert [(p.agency, p.stance, p.why) for p in positions] == [
        ("school", decision.Stance.AGREES, None),
        ("health", decision.Stance.DISSENTS, "too early"),
    ]
    assert silent == ["police", "social"]
    assert draft.unresolved == []


def test_what_was_taken_back_is_not_in_the_minutes() -> None:
    case = begun()
    roundtable.take_note(case, roundtable.NoteKind.NOTE, "wrong", by=HUGO, at=THURSDAY, steers=False)
    case.undo(by=HUGO, at=THURSDAY)
    confirm(case, ADA, DIRK)
    decision.decide(case, "wrong", because="x", by=ADA, at=THURSDAY)
    case.undo(by=ADA, at=THURSDAY)
    draft = drafted(ended(case))
    assert (draft.notes[NoteKind.NOTE], draft.decisions) == ([], [])


def test_a_draft_names_what_comes_next() -> None:
    case = begun()
    review = case.next_review
    after = roundtable.schedule(case, END + timedelta(days=7), chair=ADA.user_id, by=ADA, at=MONDAY)
    draft = minutes.draft(ended(case), case.all(RoundTable)[0], END)
    assert (draft.next_table, draft.next_review) == (after, review)
    case.next_review = END - timedelta(days=1)
    roundtable.cancel(case, "M-2", because="x", by=ADA, at=END)
    draft = minutes.draft(case, case.all(RoundTable)[0], END)
    assert (draft.next_table, draft.next_review) == (None, None)


def test_each_wording_is_kept_with_the_checksum_of_its_text() -> None:
    case = ended()
    second = minutes.file(case, case.all(RoundTable)[0], "version two", by=HUGO, at=END)
    assert [v.text for v in minutes.versions(case, "M-1")] == ["version one", "version two"]
    assert (second.id, second.checksum) == ("M-1/v2", hashlib.sha256(b"version two").hexdigest())
    assert minutes.require_minutes(case, None) == (case.all(RoundTable)[0], second)


def test_the_latest_minutes_are_those_of_the_meeting_that_ended_last() -> None:
    case = begun()
    roundtable.schedule(case, END, chair=ADA.user_id, by=ADA, at=MONDAY)
    ended(case)
    assert minutes.require_minutes(case, None)[0].id == "M-1"
    assert refused("minutes/none", lambda: minutes.require_minutes(case, "M-2")) == {"table": case.all(RoundTable)[1]}


def test_before_the_first_meeting_there_are_none() -> None:
    assert refused("minutes/none", lambda: minutes.require_minutes(begun(), None)) == {"table": None}
    refused("minutes/none", lambda: correct(begun(), "x"))
    refused("minutes/none", lambda: approve(begun()))
    refused("case/no_such_record", lambda: minutes.require_minutes(begun(), "M-7"))


def correct(case: Case, text: str, about: str | None = None, by: Professional = ADA, at: datetime = END) -> None:
    minutes.correct(case, "M-1", text, paragraph=about, by=by, at=at, calendar=CALENDAR)


def dispute(case: Case, text: str, about: str | None = None, by: Professional = ADA, at: datetime = END) -> None:
    minutes.dispute(case, "M-1", text, paragraph=about, by=by, at=at, calendar=CALENDAR)


def settle(case: Case, about: str, text: str | None = None, by: Professional = HUGO, *, steers: bool = False) -> None:
    minutes.settle(case, None, about, text, by=by, at=END, steers=steers, numbers=NUMBERS)


def add_view(case: Case, by: Professional = ADA, at: datetime = END) -> None:
    minutes.add(case, "M-1", NoteKind.VIEW, "he wants to go back", by=by, at=at, calendar=CALENDAR)


def approve(case: Case, by: Professional = HUGO, *, steers: bool = False) -> RoundTable:
    return minutes.approve(case, None, by=by, at=END, steers=steers, numbers=NUMBERS)[0]


def test_anybody_corrects_until_the_chair_approves() -> None:
    case = ended()
    correct(case, "he talked about school")
    add_view(case)
    assert [r.text for r in drafted(case).remarks] == ["he talked about school"]
    table, version = minutes.approve(case, None, by=HUGO, at=END, numbers={})
    assert (table.approved_by, table.approved_at, version.text) == (HUGO.user_id, END, "version one")
    refused("minutes/approved", lambda: correct(case, "x"))
    refused("minutes/approved", lambda: dispute(case, "x"))
    refused("minutes/approved", lambda: add_view(case))
    refused("minutes/approved", lambda: approve(case))
    refused("minutes/approved", lambda: minutes.second(case, "M-1", by=ADA, at=END))


def test_a_correction_takes_the_place_of_its_paragraph_and_the_latest_one_counts() -> None:
    case = ended()
    correct(case, "on Wednesday", "M-1/n1")
    correct(case, "on Thursday", "M-1/n1", by=DIRK)
    assert {about: r.text for about, r in drafted(case).corrected.items()} == {"M-1/n1": "on Thursday"}
    assert drafted(case).remarks == []


@pytest.mark.parametrize("record", ["D-1", "A-1"])
def test_the_minutes_never_say_otherwise_than_the_record(record: str) -> None:
    case = ended()
    assert refused("minutes/is_a_record", lambda: correct(case, "x", record)) == {"id": "M-1", "record": record}
    dispute(case, "x", record)
    refused("minutes/is_a_record", lambda: settle(case, record, "x"))
    settle(case, record)
    assert [r.state for r in case.all(minutes.Remark)] == [minutes.State.BOTH]


def test_time_to_correct_is_five_working_days() -> None:
    case = ended()
    friday = datetime(2026, 11, 13, 16, tzinfo=UTC)
    calendar = Calendar(CALENDAR.zone, {date(2026, 11, 9)})
    assert minutes.corrections_until(case.all(RoundTable)[0], calendar) == friday
    until = minutes.corrections_until(case.all(RoundTable)[0], CALENDAR)
    correct(case, "in time", at=until)
    late = until + timedelta(minutes=1)
    facts = refused("minutes/too_late", lambda: correct(case, "x", at=late))
    assert facts == {"id": "M-1", "until": until, "chair": HUGO.user_id}
    refused("minutes/too_late", lambda: dispute(case, "x", at=late))
    refused("minutes/too_late", lambda: add_view(case, at=late))
    correct(case, "the chair still can", by=HUGO, at=late)
    case.release(HUGO.user_id, by=CLEO, at=late)
    correct(case, "so can everybody when the chair has left", at=late)


def test_what_is_disputed_is_not_approved() -> None:
    case = ended()
    add_view(case)
    dispute(case, "on Wednesday", "M-1/n1")
    dispute(case, "all of it is too harsh", by=FINN)
    assert refused("minutes/disputed", lambda: approve(case)) == {
        "id": "M-1",
        "disputed": [(12, ADA.user_id), (30, FINN.user_id)],
    }
    assert drafted(case).disputes == {"M-1/n1": [case.all(minutes.Remark)[0]]}
    assert drafted(case).remarks == [case.all(minutes.Remark)[1]]
    settle(case, "M-1/n1")
    settle(case, "M-1/c2", "softer")
    assert [(r.kind, r.state, r.paragraph) for r in case.all(minutes.Remark)] == [
        (minutes.Kind.DISPUTE, minutes.State.BOTH, "M-1/n1"),
        (minutes.Kind.DISPUTE, minutes.State.CORRECTED, None),
        (minutes.Kind.CORRECTION, minutes.State.STANDS, None),
    ]
    assert drafted(case).disputes == {"M-1/n1": [case.all(minutes.Remark)[0]]}
    assert [r.text for r in drafted(case).remarks] == ["softer"]
    assert approve(case).approved_by == HUGO.user_id


def test_a_dispute_is_settled_by_another_wording() -> None:
    case = ended()
    dispute(case, "on Wednesday", "M-1/n1")
    dispute(case, "at night", "M-1/n1", by=FINN)
    settle(case, "M-1/n1", "on Wednesday night")
    draft = drafted(case)
    assert (draft.disputes, draft.corrected["M-1/n1"].text) == ({}, "on Wednesday night")
    case.undo(by=HUGO, at=END)
    draft = drafted(case)
    assert ([r.text for r in draft.disputes["M-1/n1"]], draft.corrected) == (["on Wednesday", "at night"], {})


def test_only_the_chair_settles_and_only_what_is_disputed() -> None:
    case = ended()
    assert refused("minutes/no_dispute", lambda: settle(case, "M-1/n1")) == {"id": "M-1", "number": 12, "disputed": []}
    dispute(case, "on Wednesday", "M-1/n1")
    refused("minutes/chair_approves", lambda: settle(case, "M-1/n1", by=ADA))
    refused("minutes/chair_approves", lambda: settle(case, "M-1/n1", by=CLEO, steers=True))
    case.release(HUGO.user_id, by=CLEO, at=END)
    settle(case, "M-1/n1", by=CLEO, steers=True)
    assert minutes.open_disputes(case, "M-1") == []


def test_without_the_persons_view_nothing_is_approved() -> None:
    case = ended()
    assert refused("minutes/no_view", lambda: approve(case)) == {"id": "M-1"}
    correct(case, "he would not say", "M-1/view")
    assert approve(case).approved_at == END


def test_the_chair_does_not_approve_alone_what_only_the_chair_wrote() -> None:
    case = begun()
    roundtable.confirm(case, by=ADA, at=THURSDAY)
    roundtable.take_note(case, NoteKind.VIEW, "he would not say", by=HUGO, at=THURSDAY, steers=False)
    ended(case)
    assert refused("minutes/alone", lambda: approve(case)) == {"id": "M-1", "readers": [ADA.user_id]}
    assert refused("minutes/chair_approves", lambda: minutes.second(case, "M-1", by=FINN, at=END)) == {
        "id": "M-1",
        "chair": HUGO.user_id,
    }
    minutes.second(case, "M-1", by=ADA, at=END)
    refused("minutes/agreed_already", lambda: minutes.second(case, "M-1", by=ADA, at=END))
    case.undo(by=ADA, at=END)
    refused("minutes/alone", lambda: approve(case))
    minutes.second(case, "M-1", by=ADA, at=END)
    minutes.file(case, case.all(RoundTable)[0], "version two", by=HUGO, at=END)
    refused("minutes/alone", lambda: approve(case))
    minutes.second(case, None, by=ADA, at=END)
    assert approve(case).approved_at == END


def test_what_another_wrote_in_them_makes_the_chair_one_of_two() -> None:
    case = begun()
    roundtable.take_note(case, NoteKind.VIEW, "he would not say", by=HUGO, at=THURSDAY, steers=False)
    ended(case)
    refused("minutes/alone", lambda: approve(case))
    correct(case, "he did", by=FINN)
    assert approve(case).approved_at == END


def test_when_nobody_else_was_there_any_other_member_agrees() -> None:
    case = begun()
    roundtable.take_note(case, NoteKind.VIEW, "he would not say", by=HUGO, at=THURSDAY, steers=False)
    ended(case)
    facts = refused("minutes/alone", lambda: approve(case))
    assert facts["readers"] == [CLEO.user_id, ADA.user_id, DIRK.user_id, FINN.user_id]
    minutes.second(case, "M-1", by=FINN, at=END)
    assert approve(case).approved_at == END


def test_when_the_chair_left_the_coordinator_agrees_not_with_herself() -> None:
    case = begun()
    ended(case)
    add_view(case, by=CLEO)
    case.release(HUGO.user_id, by=CLEO, at=END)
    minutes.second(case, "M-1", by=CLEO, at=END)
    refused("minutes/alone", lambda: approve(case, by=CLEO, steers=True))
    minutes.second(case, "M-1", by=ADA, at=END)
    assert approve(case, by=CLEO, steers=True).approved_by == CLEO.user_id


@pytest.mark.parametrize(("by", "steers"), [(ADA, False), (CLEO, True)])
def test_nobody_but_the_chair_approves(by: Professional, *, steers: bool) -> None:
    case = ended()
    facts = refused("minutes/chair_approves", lambda: approve(case, by=by, steers=steers))
    assert facts == {"id": "M-1", "chair": HUGO.user_id}
    assert case.all(RoundTable)[0].approved_at is None


def test_when_the_chair_left_the_table_the_coordinator_approves() -> None:
    case = ended()
    add_view(case)
    case.release(HUGO.user_id, by=CLEO, at=END)
    refused("minutes/chair_approves", lambda: approve(case, by=ADA))
    assert approve(case, by=CLEO, steers=True).approved_by == CLEO.user_id


def test_a_credit_goes_to_an_agency_at_the_table() -> None:
    case = ended()
    said: dict[str, Any] = {"by": ADA, "at": END, "calendar": CALENDAR}
    minutes.add(case, "M-1", NoteKind.CREDIT, "the gym", credits_="school", **said)
    assert [(n.credits, n.text) for n in drafted(case).notes[NoteKind.CREDIT]] == [("school", "the gym")]
    refused(
        "case/agency_not_at_table",
        lambda: minutes.add(case, "M-1", NoteKind.CREDIT, "x", credits_="probation", **said),
    )


def test_what_is_said_after_the_approval_is_an_addendum() -> None:
    case = ended()
    refused("minutes/not_approved", lambda: minutes.add_later(case, "M-1", "x", by=ADA, at=END))
    add_view(case)
    case.release(FINN.user_id, by=CLEO, at=END + timedelta(minutes=1))
    case.invite(FINN, because="back", by=CLEO, at=END + timedelta(days=1)).joined_at = END + timedelta(days=1)
    case.release(DIRK.user_id, by=CLEO, at=END + timedelta(minutes=1))
    case.invite(IRIS, because="new here", by=CLEO, at=END + timedelta(days=1)).joined_at = END + timedelta(days=1)
    approve(case)
    table, addendum = minutes.add_later(case, "M-1", "the school agrees", by=ADA, at=END + timedelta(days=2))
    assert minutes.addenda(case, "M-1") == [addendum]
    assert [r.text for r in drafted(case).remarks] == []
    entitled = [CLEO.user_id, ADA.user_id, FINN.user_id, HUGO.user_id]
    assert minutes.had(case, table) == (entitled, [DIRK.user_id])
    refused("undo/final", lambda: case.undo(by=ADA, at=END + timedelta(days=2)))


def test_a_correction_is_taken_back_and_what_was_posted_stays_on_file() -> None:
    case = ended()
    correct(case, "wrong")
    minutes.file(case, case.all(RoundTable)[0], "version two", by=ADA, at=END)
    correct(case, "right", by=FINN)
    case.undo(by=ADA, at=END)
    assert [r.text for r in drafted(case).remarks] == ["right"]
    assert [v.withdrawn for v in minutes.versions(case, "M-1")] == [False, False]


def test_an_approved_correction_is_not_taken_back() -> None:
    case = ended()
    correct(case, "he wants to go back", "M-1/view")
    approve(case)
    refused("undo/moved_on", lambda: case.undo(by=ADA, at=END))
