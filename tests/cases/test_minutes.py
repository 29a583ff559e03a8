import hashlib
from datetime import timedelta

import pytest

from cases import action, decision, minutes, request, roundtable
from cases.case import Case
from cases.errors import Refusal
from cases.people import Addressee, Professional
from cases.request import Ground
from tests.cases.test_roundtable import ADA, CLEO, DIRK, FINN, HUGO, MONDAY, THURSDAY, begun, refused

END = THURSDAY + timedelta(hours=1)


def ended(case: Case | None = None) -> Case:
    case = case or begun()
    table = roundtable.end(case, by=HUGO, at=END, steers=False)
    minutes.file(case, table, "version one", by=HUGO, at=END)
    return case


def drafted(case: Case) -> minutes.Draft:
    return minutes.draft(case, case.roundtables[-1], END)


def test_a_draft_tells_who_was_there() -> None:
    case = begun()
    roundtable.confirm(case, by=ADA, at=THURSDAY)
    roundtable.excuse(case, FINN.user_id, "ill", by=HUGO, at=THURSDAY, steers=False)
    roundtable.announce(case, "M-1", roundtable.Presence.ATTENDS, by=DIRK, at=THURSDAY)
    draft = drafted(ended(case))
    assert draft.confirmed == [HUGO.user_id, ADA.user_id]
    assert [a.by for a in draft.apologies] == [FINN.user_id]
    assert draft.unconfirmed == [CLEO.user_id, DIRK.user_id]
    assert (draft.agencies, draft.quorum, draft.needed) == (["police", "school"], False, 3)


def test_who_left_before_or_came_to_the_table_later_is_not_missed() -> None:
    case = begun()
    case.release(FINN.user_id, by=CLEO, at=THURSDAY)
    ended(case)
    case.release(DIRK.user_id, by=CLEO, at=END + timedelta(days=1))
    case.invite(FINN, because="back again", by=CLEO, at=END + timedelta(days=1))
    assert drafted(case).unconfirmed == [CLEO.user_id, ADA.user_id, DIRK.user_id]


def test_a_draft_holds_what_happened_since_the_last_meeting_and_no_more() -> None:
    case = begun()
    decision.decide(case, "before", because="x", by=ADA, at=MONDAY + timedelta(hours=1))
    refuse_health(case)
    ended(case)
    again = END + timedelta(days=7)
    roundtable.schedule(case, again, chair=HUGO.user_id, by=HUGO, at=MONDAY)
    action.propose(case, "between", Addressee("police"), due_at=again, by=ADA, at=END + timedelta(days=1))
    roundtable.start(case, "M-2", by=HUGO, at=again, steers=False)
    decision.decide(case, "at it", because="x", roundtable="M-2", by=ADA, at=again)
    roundtable.end(case, by=HUGO, at=again, steers=False)
    decision.decide(case, "after", because="x", by=ADA, at=again + timedelta(days=1))
    first, second = (minutes.draft(case, table, again) for table in case.roundtables)
    assert [d.text for d, _, _ in first.decisions] == ["before"]
    assert first.refusals == [(Ground.TOO_BROAD, 1)]
    assert [d.text for d, _, _ in second.decisions] == ["at it"]
    assert [a.outcome for a in second.actions] == ["between"]
    assert second.refusals == []


def refuse_health(case: Case) -> None:
    asked = request.ask(case, Addressee("health"), "anything?", because="x", due_at=THURSDAY, by=ADA, at=MONDAY)
    request.answer(
        case, asked.id, request.State.REFUSED, "that is far too much", ground=Ground.TOO_BROAD, by=FINN, at=THURSDAY
    )


def test_a_draft_tells_each_position_and_who_was_silent() -> None:
    case = begun()
    made = decision.decide(case, "part-time", because="it worked", roundtable="M-1", by=HUGO, at=THURSDAY)
    decision.take_position(case, made.id, decision.Stance.DISSENTS, why="too early", by=FINN, at=THURSDAY)
    draft = drafted(ended(case))
    [(told, positions, silent)] = draft.decisions
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
    decision.decide(case, "wrong", because="x", by=ADA, at=THURSDAY)
    case.undo(by=ADA, at=THURSDAY)
    draft = drafted(ended(case))
    assert (draft.notes, draft.decisions) == ([], [])


def test_a_draft_names_what_comes_next() -> None:
    case = begun()
    review = case.next_review
    after = roundtable.schedule(case, END + timedelta(days=7), chair=ADA.user_id, by=ADA, at=MONDAY)
    draft = minutes.draft(ended(case), case.roundtables[0], END)
    assert (draft.next_table, draft.next_review) == (after, review)
    case.next_review = END - timedelta(days=1)
    roundtable.cancel(case, "M-2", because="x", by=ADA, at=END)
    draft = minutes.draft(case, case.roundtables[0], END)
    assert (draft.next_table, draft.next_review) == (None, None)


def test_each_wording_is_kept_with_the_checksum_of_its_text() -> None:
    case = ended()
    second = minutes.file(case, case.roundtables[0], "version two", by=HUGO, at=END)
    assert [v.text for v in minutes.versions(case, "M-1")] == ["version one", "version two"]
    assert (second.id, second.checksum) == ("M-1/v2", hashlib.sha256(b"version two").hexdigest())
    assert minutes.require_minutes(case, None) == (case.roundtables[0], second)


def test_the_latest_minutes_are_those_of_the_meeting_that_ended_last() -> None:
    case = begun()
    roundtable.schedule(case, END, chair=ADA.user_id, by=ADA, at=MONDAY)
    ended(case)
    assert minutes.require_minutes(case, None)[0].id == "M-1"
    assert refused("minutes/none", lambda: minutes.require_minutes(case, "M-2")) == {"table": case.roundtables[1]}


def test_before_the_first_meeting_there_are_none() -> None:
    assert refused("minutes/none", lambda: minutes.require_minutes(begun(), None)) == {"table": None}
    refused("minutes/none", lambda: minutes.correct(begun(), "M-1", "x", by=ADA, at=END))
    refused("minutes/none", lambda: minutes.approve(begun(), "M-1", by=HUGO, at=END))
    refused("case/no_such_record", lambda: minutes.require_minutes(begun(), "M-7"))


def test_anybody_corrects_until_the_chair_approves() -> None:
    case = ended()
    minutes.correct(case, None, "he talked about school", by=ADA, at=END)
    assert [c.text for c in minutes.corrections(case, "M-1")] == ["he talked about school"]
    table, version = minutes.approve(case, None, by=HUGO, at=END)
    assert (table.approved_by, table.approved_at, version.text) == (HUGO.user_id, END, "version one")
    refused("minutes/approved", lambda: minutes.correct(case, "M-1", "x", by=ADA, at=END))
    refused("minutes/approved", lambda: minutes.approve(case, "M-1", by=HUGO, at=END))


@pytest.mark.parametrize(("by", "steers"), [(ADA, False), (CLEO, True)])
def test_nobody_but_the_chair_approves(by: Professional, *, steers: bool) -> None:
    case = ended()
    with pytest.raises(Refusal) as refusal:
        minutes.approve(case, "M-1", by=by, at=END, steers=steers)
    assert (refusal.value.code, refusal.value.facts) == ("minutes/chair_approves", {"id": "M-1", "chair": HUGO.user_id})
    assert case.roundtables[0].approved_at is None


def test_when_the_chair_left_the_table_the_coordinator_approves() -> None:
    case = ended()
    case.release(HUGO.user_id, by=CLEO, at=END)
    refused("minutes/chair_approves", lambda: minutes.approve(case, "M-1", by=ADA, at=END))
    table, _ = minutes.approve(case, "M-1", by=CLEO, at=END, steers=True)
    assert table.approved_by == CLEO.user_id


def test_a_correction_is_taken_back_and_what_was_posted_stays_on_file() -> None:
    case = ended()
    minutes.correct(case, "M-1", "wrong", by=ADA, at=END)
    minutes.file(case, case.roundtables[0], "version two", by=ADA, at=END)
    minutes.correct(case, "M-1", "right", by=FINN, at=END)
    case.undo(by=ADA, at=END)
    assert [c.text for c in minutes.corrections(case, "M-1")] == ["right"]
    assert [v.withdrawn for v in minutes.versions(case, "M-1")] == [False, False]


def test_an_approved_correction_is_not_taken_back() -> None:
    case = ended()
    minutes.correct(case, "M-1", "right", by=ADA, at=END)
    minutes.approve(case, "M-1", by=HUGO, at=END)
    refused("undo/moved_on", lambda: case.undo(by=ADA, at=END))
