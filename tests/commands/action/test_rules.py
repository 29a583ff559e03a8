from collections.abc import Callable
from datetime import timedelta

import pytest

from cases.case import Case
from cases.errors import Refusal
from cases.followups import unresolved
from cases.people import Addressee
from commands.action import rules as action
from commands.action.rules import Action, State
from tests.cases.table import (
    ADA,
    CLEO,
    DIRK,
    FINN,
    FRIDAY,
    HEALTH,
    HUGO,
    NEXT_WEEK,
    NOW,
    POLICE,
    SCHOOL,
    SOCIAL,
    a_case,
    closed_case,
)


def proposed(case: Case, to: Addressee = SOCIAL, support: str | None = None) -> Action:
    return action.propose(case, "visit the family", to, due_at=FRIDAY, support=support, by=ADA, at=NOW)


def test_a_proposed_action_is_owned_by_nobody_until_it_is_accepted() -> None:
    case = a_case()
    visit = proposed(case)
    assert (visit.id, visit.owner, visit.state, visit.accepted_by) == ("A-1", "social", State.PROPOSED, ())
    assert visit.pending
    action.accept(case, "A-1", by=DIRK, at=NOW)
    assert (visit.state, visit.accepted_by, visit.owner_person) == (State.ACCEPTED, ("social",), DIRK.user_id)


def test_an_action_keeps_everything_it_was_given() -> None:
    case = a_case()
    visit = action.propose(
        case,
        "visit the family",
        Addressee("social", DIRK.user_id),
        due_at=FRIDAY,
        support="health",
        safety="police",
        worse="not in uniform",
        roundtable="M-1",
        by=ADA,
        at=NOW,
    )
    assert (visit.owner_person, visit.support, visit.safety) == (DIRK.user_id, "health", "police")
    assert (visit.worse, visit.roundtable, visit.due_at) == ("not in uniform", "M-1", FRIDAY)
    assert [(s.verb, s.subject, s.added) for s in case.steps[-1:]] == [("action", "A-1", ("A-1",))]


@pytest.mark.parametrize("given", [{"to": SCHOOL}, {"support": "school"}, {"safety": "school"}])
def test_an_agency_that_is_not_at_the_table_gets_no_action(given: dict[str, object]) -> None:
    case = a_case()
    with pytest.raises(Refusal) as refusal:
        action.propose(case, "visit", **{"to": SOCIAL, "due_at": FRIDAY, "by": ADA, "at": NOW} | given)  # type: ignore[arg-type]  # one wrong at a time
    assert (refusal.value.code, refusal.value.facts["agency"]) == ("case/agency_not_at_table", "school")
    assert refusal.value.facts["seats"] == case.seats
    assert case.all(Action) == []


def test_a_person_who_cannot_read_the_room_gets_no_action() -> None:
    case = a_case()
    with pytest.raises(Refusal, match="case/not_a_member"):
        proposed(case, Addressee("police", "@bram:example.org"))
    assert case.all(Action) == []


def test_a_tandem_of_one_agency_with_itself_is_no_tandem() -> None:
    assert proposed(a_case(), SOCIAL, support="social").owners == ("social",)


def test_a_tandem_is_accepted_once_both_have() -> None:
    case = a_case()
    visit = proposed(case, SOCIAL, support="health")
    action.accept(case, "A-1", by=FINN, at=NOW)
    assert (visit.state, visit.owner_person) == (State.PROPOSED, None)
    action.accept(case, "A-1", by=DIRK, at=NOW)
    assert (visit.state, visit.owner_person) == (State.ACCEPTED, DIRK.user_id)


def test_accepting_twice_is_refused() -> None:
    case = a_case()
    proposed(case)
    action.accept(case, "A-1", by=DIRK, at=NOW)
    with pytest.raises(Refusal, match="action/already_accepted"):
        action.accept(case, "A-1", by=CLEO, at=NOW)


def test_who_declines_says_why_and_nobody_owns_it_then() -> None:
    case = a_case()
    visit = action.decline(case, proposed(case).id, "they don't open the door to us", by=DIRK, at=NOW)
    assert (visit.state, visit.remark, visit.pending) == (State.DECLINED, "they don't open the door to us", False)
    with pytest.raises(Refusal, match="action/declined"):
        action.accept(case, "A-1", by=DIRK, at=NOW)


def test_what_was_accepted_is_handed_on_and_not_declined() -> None:
    case = a_case()
    action.accept(case, proposed(case).id, by=DIRK, at=NOW)
    with pytest.raises(Refusal, match="action/accepted_already_use_hand"):
        action.decline(case, "A-1", "no time", by=DIRK, at=NOW)


def test_doing_it_accepts_it_and_a_second_done_is_refused() -> None:
    case = a_case()
    visit = action.finish(case, proposed(case).id, "she was at home", by=DIRK, at=NOW)
    assert (visit.state, visit.remark, visit.accepted_by) == (State.DONE, "she was at home", ("social",))
    with pytest.raises(Refusal) as refusal:
        action.finish(case, "A-1", "again", by=DIRK, at=NOW)
    assert (refusal.value.code, refusal.value.facts) == ("action/ended", {"id": "A-1", "state": State.DONE})
    assert visit.remark == "she was at home"


def test_circumstances_can_make_it_impossible() -> None:
    case = a_case()
    visit = action.give_up(case, proposed(case).id, "the family moved away", by=DIRK, at=NOW)
    assert (visit.state, visit.remark) == (State.NOT_POSSIBLE, "the family moved away")


def test_only_the_lead_closes_a_tandem() -> None:
    case = a_case()
    proposed(case, SOCIAL, support="health")
    with pytest.raises(Refusal) as refusal:
        action.finish(case, "A-1", "done", by=FINN, at=NOW)
    assert (refusal.value.code, refusal.value.facts["agencies"]) == ("action/not_yours", ("social",))


def test_a_tandem_is_not_done_before_both_have_accepted() -> None:
    case = a_case()
    visit = proposed(case, SOCIAL, support="health")
    action.accept(case, "A-1", by=DIRK, at=NOW)
    with pytest.raises(Refusal) as refusal:
        action.finish(case, "A-1", "done", by=DIRK, at=NOW)
    assert refusal.value.code == "action/other_has_not_accepted"
    assert refusal.value.facts == {"id": "A-1", "agency": "health"}
    assert (visit.state, visit.accepted_by) == (State.PROPOSED, ("social",))
    action.accept(case, "A-1", by=FINN, at=NOW)
    assert action.finish(case, "A-1", "done", by=DIRK, at=NOW).state is State.DONE


def test_another_agency_moves_nothing() -> None:
    case = a_case()
    visit = proposed(case)
    moves: list[Callable[[], object]] = [
        lambda: action.accept(case, "A-1", by=FINN, at=NOW),
        lambda: action.decline(case, "A-1", "no", by=FINN, at=NOW),
        lambda: action.finish(case, "A-1", "done", by=FINN, at=NOW),
        lambda: action.give_up(case, "A-1", "no", by=ADA, at=NOW),
        lambda: action.move(case, "A-1", NEXT_WEEK, because="later", by=FINN, at=NOW),
        lambda: action.hand(case, "A-1", HEALTH, because="they know him", by=FINN, at=NOW),
    ]
    for move in moves:
        with pytest.raises(Refusal, match="action/not_yours"):
            move()
    assert (visit.state, visit.owner, visit.due_at, len(case.steps)) == (State.PROPOSED, "social", FRIDAY, 5)


def test_the_date_is_its_proposers_until_somebody_accepts() -> None:
    case = a_case()
    visit = proposed(case)
    action.move(case, "A-1", NEXT_WEEK, because="they are away", by=ADA, at=NOW)
    assert (visit.due_at, visit.owner, visit.state) == (NEXT_WEEK, "social", State.PROPOSED)
    action.accept(case, "A-1", by=DIRK, at=NOW)
    steps = len(case.steps)
    with pytest.raises(Refusal, match="action/not_yours"):
        action.move(case, "A-1", FRIDAY, because="sooner", by=ADA, at=NOW)
    assert (visit.due_at, len(case.steps)) == (NEXT_WEEK, steps)


def test_the_date_first_agreed_stays_visible_however_often_it_moves() -> None:
    case = a_case()
    visit = proposed(case)
    action.move(case, "A-1", NEXT_WEEK, because="they are away", by=DIRK, at=NOW)
    assert (visit.due_at, visit.first_due_at, visit.remark) == (NEXT_WEEK, FRIDAY, "they are away")
    action.move(case, "A-1", NEXT_WEEK + timedelta(days=1), because="still away", by=DIRK, at=NOW)
    assert (visit.due_at, visit.first_due_at) == (NEXT_WEEK + timedelta(days=1), FRIDAY)
    with pytest.raises(Refusal, match="action/same_date"):
        action.move(case, "A-1", NEXT_WEEK + timedelta(days=1), because="as it is", by=DIRK, at=NOW)


def test_who_is_handed_it_must_accept_it() -> None:
    case = a_case()
    visit = proposed(case)
    action.accept(case, "A-1", by=DIRK, at=NOW)
    action.hand(case, "A-1", HEALTH, because="they know him best", by=DIRK, at=NOW)
    assert (visit.owner, visit.owner_person, visit.handed_from) == ("health", None, "social")
    assert (visit.state, visit.accepted_by, visit.remark) == (State.PROPOSED, (), "they know him best")
    action.accept(case, "A-1", by=FINN, at=NOW)
    assert visit.state is State.ACCEPTED


def test_the_other_half_of_a_tandem_stays_when_the_lead_changes() -> None:
    case = a_case()
    visit = proposed(case, SOCIAL, support="health")
    action.accept(case, "A-1", by=FINN, at=NOW)
    action.hand(case, "A-1", POLICE, because="they are there anyway", by=DIRK, at=NOW)
    assert (visit.owners, visit.accepted_by) == (("police", "health"), ("health",))
    action.hand(case, "A-1", HEALTH, because="it is medical", by=ADA, at=NOW)
    assert (visit.owners, visit.accepted_by) == (("health",), ())


def test_handing_it_to_oneself_is_refused_and_to_a_colleague_is_not() -> None:
    case = a_case()
    case.invite(CLEO, because="coordinates", by=CLEO, at=NOW)
    case.director = None
    visit = action.accept(case, proposed(case).id, by=DIRK, at=NOW)
    for to in (SOCIAL, Addressee("social", DIRK.user_id)):
        with pytest.raises(Refusal, match="action/handed_to_self"):
            action.hand(case, "A-1", to, because="me", by=DIRK, at=NOW)
    action.hand(case, "A-1", Addressee("social", CLEO.user_id), because="I am away", by=DIRK, at=NOW)
    assert (visit.owner, visit.owner_person) == ("social", CLEO.user_id)


def test_what_was_declined_can_be_handed_on_by_the_agency_that_proposed_it() -> None:
    case = a_case()
    visit = action.decline(case, proposed(case).id, "no time", by=DIRK, at=NOW)
    with pytest.raises(Refusal) as refusal:
        action.hand(case, "A-1", HEALTH, because="they know him", by=FINN, at=NOW)
    assert refusal.value.facts["agencies"] == ("social", "police")
    action.hand(case, "A-1", HEALTH, because="they know him", by=ADA, at=NOW)
    assert (visit.owner, visit.state) == ("health", State.PROPOSED)


def test_what_was_declined_can_be_ended_by_the_agency_that_proposed_it() -> None:
    case = a_case()
    visit = action.decline(case, proposed(case).id, "no time", by=DIRK, at=NOW)
    action.give_up(case, "A-1", "nobody can", by=ADA, at=NOW)
    assert (visit.state, visit.remark) == (State.NOT_POSSIBLE, "nobody can")


def test_who_declined_the_tandem_is_no_longer_in_it() -> None:
    case = a_case()
    visit = proposed(case, SOCIAL, support="health")
    action.accept(case, "A-1", by=DIRK, at=NOW)
    action.decline(case, "A-1", "no time", by=FINN, at=NOW)
    assert (visit.state, visit.accepted_by, visit.declined_half) == (State.PROPOSED, ("social",), "health")
    action.hand(case, "A-1", SOCIAL, because="we go alone", by=DIRK, at=NOW)
    assert (visit.owners, visit.accepted_by, visit.state) == (("social",), (), State.PROPOSED)


def test_another_half_is_found_for_whichever_of_two_declined_and_the_first_stays() -> None:
    for first, second, kept, owners in (
        (DIRK, FINN, "social", ("social", "police")),
        (FINN, DIRK, "health", ("police", "health")),
    ):
        case = a_case()
        visit = proposed(case, SOCIAL, support="health")
        action.accept(case, "A-1", by=first, at=NOW)
        action.decline(case, "A-1", "no time", by=second, at=NOW)
        with pytest.raises(Refusal, match="action/declined"):
            action.decline(case, "A-1", "no time", by=second, at=NOW)
        assert [(i.what, i.agency) for i in unresolved(case, NOW)] == [(action.HALF, "police")]
        action.hand(case, "A-1", POLICE, because="they are there", by=ADA, at=NOW)
        assert (visit.owners, visit.accepted_by, visit.declined_half) == (owners, (kept,), None)
        action.accept(case, "A-1", by=ADA, at=NOW)
        assert visit.state is State.ACCEPTED


def test_when_both_of_two_decline_nobody_has_it() -> None:
    case = a_case()
    visit = proposed(case, SOCIAL, support="health")
    action.decline(case, "A-1", "no time", by=FINN, at=NOW)
    action.decline(case, "A-1", "alone it is too much", by=DIRK, at=NOW)
    assert (visit.state, visit.declined_half) == (State.DECLINED, None)


def test_who_declined_one_half_may_take_it_after_all() -> None:
    case = a_case()
    visit = proposed(case, SOCIAL, support="health")
    action.accept(case, "A-1", by=DIRK, at=NOW)
    action.decline(case, "A-1", "no time", by=FINN, at=NOW)
    action.accept(case, "A-1", by=FINN, at=NOW)
    assert (visit.state, visit.declined_half) == (State.ACCEPTED, None)


@pytest.mark.parametrize("record", ["A-1", "A-99"])
def test_an_action_that_is_not_there_is_told_with_those_that_are(record: str) -> None:
    case = a_case()
    if record != "A-1":
        proposed(case)
    with pytest.raises(Refusal) as refusal:
        action.accept(case, record, by=DIRK, at=NOW)
    assert refusal.value.code == "case/no_such_record"
    assert refusal.value.facts["known"] == [a.id for a in case.all(Action)]


def test_nothing_moves_in_a_closed_case() -> None:
    case = closed_case()
    with pytest.raises(Refusal, match="case/closed"):
        proposed(case)
    with pytest.raises(Refusal, match="case/closed"):
        action.accept(case, "A-1", by=DIRK, at=NOW)


def test_what_was_undone_is_no_longer_pending() -> None:
    case = a_case()
    visit = proposed(case)
    case.undo(by=ADA, at=NOW)
    assert visit.withdrawn
    assert not visit.pending


def test_undoing_an_accept_gives_it_back() -> None:
    case = a_case()
    visit = proposed(case)
    action.accept(case, "A-1", by=DIRK, at=NOW)
    case.undo(by=DIRK, at=NOW)
    assert (visit.state, visit.accepted_by, visit.owner_person) == (State.PROPOSED, (), None)


def test_a_decline_that_was_undone_does_not_count_as_the_last() -> None:
    case = a_case()
    visit = proposed(case, SOCIAL, support="health")
    action.decline(case, "A-1", "no time", by=FINN, at=NOW)
    case.undo(by=FINN, at=NOW)
    action.decline(case, "A-1", "not ours", by=DIRK, at=NOW)
    action.hand(case, "A-1", POLICE, because="they are there", by=ADA, at=NOW)
    assert visit.owners == ("police", "health")


def test_an_agency_without_a_seat_proposes_nothing_to_itself() -> None:
    with pytest.raises(Refusal, match="case/agency_not_at_table"):
        action.propose(a_case(), "visit", SCHOOL, due_at=FRIDAY, by=HUGO, at=NOW)
