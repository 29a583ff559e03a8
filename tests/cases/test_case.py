import re
from datetime import timedelta

import pytest

from cases.case import MOST_STEPS, Case, earlier_wordings, new_reference, open_case
from cases.errors import Refusal
from cases.people import Professional
from cases.roles import Role
from commands.action import rules as action
from commands.action.rules import Action
from commands.case import rules as closing
from commands.concern.rules import Concern, raise_concern
from commands.correction import rules as correction
from commands.decision import rules as decision
from commands.decision.rules import Stance
from commands.request import rules as request
from commands.request.rules import Answer, Request, State
from commands.roundtable import rules as roundtable
from commands.roundtable.rules import RoundTable
from commands.series import rules as series
from tests.cases.table import ADA, CLEO, DIRK, FINN, FRIDAY, HEALTH, HUGO, NEXT_WEEK, NOW, POLICE, a_case, closed_case

BRAM = Professional("@bram:example.org", "Bram Visser", "police", Role.MANAGER)


def verbs(case: Case) -> list[str]:
    return [step.verb for step in case.steps]


def test_a_reference_has_four_letters_and_digits_without_look_alikes() -> None:
    made = {new_reference() for _ in range(300)}
    assert all(
        re.fullmatch("[ABCDEFGHJKMNPQRSTUVWXYZ][ABCDEFGHJKMNPQRSTUVWXYZ2346789]{2}[2346789]", ref) for ref in made
    )
    assert len(made) > 250


def test_those_asked_from_the_start_sit_at_the_table_once_each() -> None:
    case = open_case(
        "K7QF",
        scheme="safety table",
        why="not seen at school",
        goal="a routine",
        zone="Europe/Amsterdam",
        agencies=("police", "police"),
        director=DIRK.user_id,
        by=CLEO,
        at=NOW,
        people=[DIRK, CLEO, ADA, DIRK],
    )
    assert [m.user_id for m in case.present] == [DIRK.user_id, CLEO.user_id, ADA.user_id]
    assert case.seats == ("police", "social")
    assert verbs(case) == ["open"]
    assert case.next_review == NOW + timedelta(weeks=4)


def test_an_invitation_gives_the_agency_a_seat() -> None:
    case = a_case()
    member = case.invite(HUGO, because="knows him from school", by=CLEO, at=NOW)
    assert (member.joined_at, member.because) == (None, "knows him from school")
    assert case.seats == ("social", "police", "health", "school")
    assert case.agency_of(HUGO.user_id) == "school"


@pytest.mark.parametrize("role", [Role.MANAGER, Role.ADMIN])
def test_managers_and_admins_never_sit_at_a_table(role: Role) -> None:
    case = a_case()
    with pytest.raises(Refusal) as refusal:
        case.invite(Professional("@x:example.org", "X", "police", role), because="curious", by=CLEO, at=NOW)
    assert refusal.value.code == "case/not_for_role"
    assert not case.is_member("@x:example.org")
    assert verbs(case) == ["open", "invite", "invite", "invite"]


def test_nobody_is_invited_twice() -> None:
    with pytest.raises(Refusal) as refusal:
        a_case().invite(ADA, because="again", by=CLEO, at=NOW)
    assert refusal.value.code == "case/already_member"


def test_who_comes_in_is_noted_once() -> None:
    case = a_case()
    assert case.join(ADA, NOW) is not None
    assert case.join(ADA, NOW) is None
    assert case.join(HUGO, NOW) is None
    assert [m.user_id for m in case.present if m.joined_at] == [ADA.user_id]
    assert verbs(case).count("join") == 1


def test_who_leaves_comes_back_by_invitation_only() -> None:
    case = a_case()
    assert case.leave(ADA, FRIDAY) is not None
    assert case.leave(ADA, FRIDAY) is None
    assert case.join(ADA, FRIDAY) is None
    case.invite(ADA, because="back from leave", by=CLEO, at=NEXT_WEEK)
    assert case.join(ADA, NEXT_WEEK) is not None
    assert [m.left_at for m in case.members if m.user_id == ADA.user_id] == [FRIDAY, None]


def test_who_is_released_leaves_the_seat_and_the_case_open() -> None:
    case = a_case()
    case.release(FINN.user_id, by=CLEO, at=FRIDAY)
    assert not case.is_member(FINN.user_id)
    assert "health" in case.seats
    assert not case.closed
    assert case.agency_of(FINN.user_id) == "health"
    with pytest.raises(Refusal) as refusal:
        case.release(FINN.user_id, by=CLEO, at=FRIDAY)
    assert refusal.value.code == "case/not_a_member"


def test_a_case_is_closed_with_a_first_contact() -> None:
    case = closed_case()
    assert (case.closed, case.residual_owner, case.closed_because) == (True, "social", "he is back at school")
    with pytest.raises(Refusal) as refusal:
        raise_concern(case, "seen again", by=ADA, at=NOW)
    assert refusal.value.code == "case/closed"


def test_a_case_with_an_open_question_is_not_closed() -> None:
    case = a_case()
    request.ask(case, HEALTH, "was he seen?", because="the plan", due_at=FRIDAY, by=ADA, at=NOW)
    with pytest.raises(Refusal) as refusal:
        closing.close(case, because="done", owner="social", by=CLEO, at=NOW)
    assert refusal.value.code == "case/unresolved"
    assert not case.closed


def test_the_first_contact_sits_at_the_table() -> None:
    with pytest.raises(Refusal) as refusal:
        closing.close(a_case(), because="done", owner="school", by=CLEO, at=NOW)
    assert refusal.value.code == "case/agency_not_at_table"


def test_a_closed_case_opens_again_with_its_reason() -> None:
    case = closed_case()
    case.reopen(because="missing again", by=CLEO, at=FRIDAY)
    assert (case.closed, case.residual_owner) == (False, None)
    assert case.why == "not seen at school for weeks\nmissing again"
    assert case.next_review == FRIDAY + timedelta(weeks=4)
    with pytest.raises(Refusal) as refusal:
        case.reopen(because="again", by=CLEO, at=FRIDAY)
    assert refusal.value.code == "case/not_closed"


def test_the_next_review_is_planned_while_the_case_is_open() -> None:
    case = a_case()
    case.plan_review(FRIDAY, by=CLEO, at=NOW)
    assert case.next_review == FRIDAY
    with pytest.raises(Refusal):
        closed_case().plan_review(FRIDAY, by=CLEO, at=NOW)


def test_a_correction_keeps_the_earlier_wording() -> None:
    case = a_case()
    concern = raise_concern(case, "seen on Monday", by=ADA, at=NOW)
    assert correction.correct(case, "C-1", "seen on Tuesday", by=ADA, at=NOW) == ("concern", concern)
    assert concern.about == "seen on Tuesday"
    assert earlier_wordings(case, concern) == ["seen on Monday"]


def test_who_accepted_another_wording_of_an_action_is_asked_again() -> None:
    case = a_case()
    visit = action.propose(case, "visit the family", HEALTH, due_at=FRIDAY, by=ADA, at=NOW)
    action.accept(case, "A-1", by=FINN, at=NOW)
    correction.correct(case, "A-1", "search the house", by=ADA, at=NOW)
    assert (visit.state, visit.accepted_by) == (action.State.PROPOSED, ())
    case.undo(by=ADA, at=NOW)
    assert (visit.outcome, visit.state, visit.accepted_by) == ("visit the family", action.State.ACCEPTED, ("health",))
    action.finish(case, "A-1", "they were at home", by=FINN, at=NOW)
    correction.correct(case, "A-1", "visit the family at home", by=ADA, at=NOW)
    assert (visit.state, visit.accepted_by) == (action.State.DONE, ("health",))


def test_who_agreed_with_another_wording_of_a_decision_is_asked_again() -> None:
    case = a_case()
    put = decision.decide(case, "one person calls him", because="five made him hide", by=ADA, at=NOW)
    decision.take_position(case, "D-1", Stance.AGREES, by=FINN, at=NOW)
    decision.take_position(case, "D-1", Stance.DISSENTS, why="the school has to", by=DIRK, at=NOW)
    correction.correct(case, "D-1", "nobody calls him", by=ADA, at=NOW)
    standing = {agency: position.stance for agency, position in decision.positions_on(case, put).items()}
    assert standing == {"police": Stance.AGREES, "social": Stance.DISSENTS}
    assert decision.silent_on(case, put) == ["health"]


def test_the_agency_that_answered_corrects_its_answer_under_the_number_of_the_question() -> None:
    case = a_case()
    request.ask(case, HEALTH, "was he seen?", because="the plan", due_at=FRIDAY, by=ADA, at=NOW)
    request.answer(case, "R-1", State.ANSWERED, "in May", by=FINN, at=NOW)
    _, corrected = correction.correct(case, "R-1", "in June", by=FINN, at=NOW)
    assert (corrected.id, case.all(Answer)[0].text, case.all(Request)[0].question) == (
        "R-1/1",
        "in June",
        "was he seen?",
    )


@pytest.mark.parametrize(
    ("record_id", "code"),
    [
        ("C-1", "correct/not_yours"),
        ("R-1", "correct/not_yours"),
        ("A-9", "case/no_such_record"),
        ("M-1", "correct/use_minutes"),
        ("S-1", "correct/no_text"),
    ],
)
def test_what_cannot_be_corrected_is_refused_unchanged(record_id: str, code: str) -> None:
    case = a_case()
    raise_concern(case, "seen on Monday", by=ADA, at=NOW)
    request.ask(case, HEALTH, "was he seen?", because="the plan", due_at=FRIDAY, by=ADA, at=NOW)
    before = verbs(case)
    with pytest.raises(Refusal) as refusal:
        correction.correct(case, record_id, "something else", by=FINN, at=NOW)
    assert refusal.value.code == code
    assert (verbs(case), earlier_wordings(case, case.all(Concern)[0])) == (before, [])


def test_undo_takes_back_what_was_added() -> None:
    case = a_case()
    concern = raise_concern(case, "seen on Monday", by=ADA, at=NOW)
    step = case.undo(by=ADA, at=NOW + timedelta(minutes=10))
    assert (step.verb, step.undone, concern.withdrawn) == ("concern", True, True)
    assert verbs(case)[-1] == "undo"


def test_undo_gives_back_the_earlier_values() -> None:
    case = a_case()
    proposed = action.propose(case, "visit the family", POLICE, due_at=FRIDAY, by=CLEO, at=NOW)
    action.accept(case, "A-1", by=ADA, at=NOW)
    case.undo(by=ADA, at=NOW)
    assert (proposed.state, proposed.accepted_by, proposed.owner_person) == (action.State.PROPOSED, (), None)


def test_undo_again_takes_back_the_step_before() -> None:
    case = a_case()
    raise_concern(case, "one", by=ADA, at=NOW)
    raise_concern(case, "two", by=ADA, at=NOW)
    assert [case.undo(by=ADA, at=NOW).subject for _ in range(2)] == ["C-2", "C-1"]


def test_undo_is_for_ten_minutes_and_for_ones_own_steps() -> None:
    case = a_case()
    raise_concern(case, "one", by=ADA, at=NOW)
    for who, at in ((FINN, NOW), (ADA, NOW + timedelta(minutes=11))):
        with pytest.raises(Refusal) as refusal:
            case.undo(by=who, at=at)
        assert (refusal.value.code, refusal.value.facts) == ("undo/nothing", {"minutes": 10})
    assert not case.all(Concern)[0].withdrawn


def test_joining_stands_in_the_way_of_no_undo() -> None:
    case = a_case()
    raise_concern(case, "one", by=ADA, at=NOW)
    case.join(ADA, NOW)
    assert case.undo(by=ADA, at=NOW).verb == "concern"


def test_what_others_have_been_told_is_final() -> None:
    case = a_case()
    case.plan_review(FRIDAY, by=CLEO, at=NOW)
    with pytest.raises(Refusal) as refusal:
        case.undo(by=CLEO, at=NOW)
    assert refusal.value.code == "undo/final"


def test_nothing_is_taken_back_in_a_closed_case() -> None:
    case = a_case()
    action.propose(case, "visit the family", POLICE, due_at=FRIDAY, by=CLEO, at=NOW)
    action.finish(case, "A-1", "she was at home", by=ADA, at=NOW)
    closing.close(case, because="he is back at school", owner="social", by=CLEO, at=NOW)
    with pytest.raises(Refusal) as refusal:
        case.undo(by=ADA, at=NOW)
    assert refusal.value.code == "case/closed"
    assert case.all(Action)[0].state is action.State.DONE


def test_what_others_have_built_on_stays() -> None:
    case = a_case()
    action.propose(case, "visit the family", POLICE, due_at=FRIDAY, by=CLEO, at=NOW)
    action.accept(case, "A-1", by=ADA, at=NOW)
    with pytest.raises(Refusal) as refusal:
        case.undo(by=CLEO, at=NOW)
    assert (refusal.value.code, refusal.value.facts["by"]) == ("undo/moved_on", ADA.user_id)


def test_a_meeting_with_a_point_on_its_agenda_is_not_taken_back() -> None:
    case = a_case()
    roundtable.schedule(case, FRIDAY, chair=ADA.user_id, by=ADA, at=NOW)
    roundtable.add_agenda_item(case, "M-1", "the timetable", by=FINN, at=NOW)
    with pytest.raises(Refusal) as refusal:
        case.undo(by=ADA, at=NOW)
    assert refusal.value.code == "undo/moved_on"


def test_a_series_is_not_taken_back_once_somebody_prepares_a_later_meeting_of_it() -> None:
    case = a_case()
    dates = [FRIDAY, NEXT_WEEK]
    series.begin(case, "FREQ=WEEKLY", dates, every="week", chair=ADA.user_id, by=ADA, at=NOW)
    roundtable.add_agenda_item(case, "M-2", "the timetable", by=FINN, at=NOW)
    with pytest.raises(Refusal) as refusal:
        case.undo(by=ADA, at=NOW)
    assert (refusal.value.code, refusal.value.facts["by"]) == ("undo/moved_on", FINN.user_id)
    assert not case.all(RoundTable)[1].withdrawn


def test_a_case_is_not_closed_while_its_table_meets() -> None:
    case = a_case()
    roundtable.schedule(case, FRIDAY, chair=ADA.user_id, by=ADA, at=NOW)
    roundtable.start(case, "M-1", by=ADA, at=FRIDAY, steers=False)
    with pytest.raises(Refusal) as refusal:
        closing.close(case, because="he is back at school", owner="social", by=CLEO, at=FRIDAY)
    assert (refusal.value.code, refusal.value.facts["id"]) == ("case/table_meets", "M-1")
    assert not case.closed


def test_a_case_without_steps_lives_from_its_opening() -> None:
    case = a_case()
    case.steps.clear()
    assert case.last_sign_of_life == NOW
    assert case.agency_of(BRAM.user_id) is None


def test_a_full_case_takes_nothing_more_but_can_be_put_right_and_closed() -> None:
    case = a_case()
    while len(case.steps) < MOST_STEPS:
        raise_concern(case, "seen at night", by=ADA, at=NOW)
    with pytest.raises(Refusal, match="case/full") as refusal:
        raise_concern(case, "one too many", by=ADA, at=NOW)
    assert refusal.value.facts == {"ref": "K7QF", "most": MOST_STEPS}
    case.undo(by=ADA, at=NOW)
    closing.close(case, because="he is back at school", owner="social", by=CLEO, at=NOW)
    assert verbs(case)[-2:] == ["undo", "close"]


def test_a_reference_is_never_what_the_number_of_a_record_looks_like() -> None:
    assert not [ref for ref in (new_reference() for _ in range(2_000)) if re.fullmatch(r"[A-Z][0-9]+", ref)]
