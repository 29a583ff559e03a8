from collections.abc import Callable
from datetime import timedelta

import pytest

from cases.case import Case
from cases.errors import Refusal
from cases.people import Addressee
from commands.request import rules as request
from commands.request.rules import Answer, Ground, Request, Standing, State
from tests.cases.table import ADA, CLEO, DIRK, FINN, FRIDAY, HEALTH, NEXT_WEEK, NOW, POLICE, SCHOOL, a_case, closed_case


def asked(case: Case, to: Addressee = HEALTH, see: tuple[str, ...] = ()) -> Request:
    return request.ask(
        case, to, "was he seen since May?", because="the safety plan", due_at=FRIDAY, see=see, by=ADA, at=NOW
    )


def test_a_question_keeps_its_reason_and_waits() -> None:
    case = a_case()
    question = request.ask(
        case,
        Addressee("health", FINN.user_id),
        "was he seen since May?",
        because="the safety plan",
        on=Standing("section 12"),
        due_at=FRIDAY,
        by=ADA,
        at=NOW,
    )
    assert (question.id, question.to_agency, question.to_person) == ("R-1", "health", FINN.user_id)
    assert (question.because, question.basis, question.due_at) == ("the safety plan", "section 12", FRIDAY)
    assert (question.state, question.waiting, question.seen_by) == (State.OPEN, True, ())


def test_one_does_not_ask_ones_own_agency() -> None:
    case = a_case()
    with pytest.raises(Refusal, match="request/own_agency"):
        asked(case, POLICE)
    assert case.all(Request) == []


def test_an_agency_outside_the_room_may_be_asked() -> None:
    assert asked(a_case(), SCHOOL).to_agency == "school"


def test_a_narrower_audience_always_holds_who_asks_and_who_answers() -> None:
    assert asked(a_case(), see=("social", "police")).seen_by == ("police", "health", "social")


@pytest.mark.parametrize("result", [State.ANSWERED, State.PARTLY, State.NOTHING])
def test_an_answer_settles_the_question(result: State) -> None:
    case = a_case()
    question, given = request.answer(case, asked(case).id, result, "twice", withheld="dates", by=FINN, at=NOW)
    assert (question.state, question.waiting) == (result, False)
    assert (given.id, given.request, given.result, given.text, given.withheld) == (
        "R-1/1",
        "R-1",
        result,
        "twice",
        "dates",
    )
    assert request.answers_to(case, question) == [given]
    with pytest.raises(Refusal, match="request/settled"):
        request.answer(case, "R-1", State.ANSWERED, "again", by=FINN, at=NOW)


def test_a_refusal_says_why_and_what_could_help() -> None:
    case = a_case()
    question, given = request.answer(
        case,
        asked(case).id,
        State.REFUSED,
        "said in confidence",
        grounds=(Ground.PROFESSIONAL_SECRECY,),
        instead="ask whether he is safe",
        by=FINN,
        at=NOW,
    )
    assert question.state is State.REFUSED
    assert (given.grounds, given.instead) == ((Ground.PROFESSIONAL_SECRECY,), "ask whether he is safe")


@pytest.mark.parametrize("text", ["", "no", "  secret  "])
def test_a_refusal_without_explanation_is_sent_back(text: str) -> None:
    case = a_case()
    question = asked(case)
    with pytest.raises(Refusal, match="request/refusal_without_explanation"):
        request.answer(case, "R-1", State.REFUSED, text, grounds=(Ground.OTHER,), by=FINN, at=NOW)
    assert (question.state, case.all(Answer)) == (State.OPEN, [])


def test_only_the_agency_that_was_asked_answers() -> None:
    case = a_case()
    question = asked(case)
    answers: list[Callable[[], object]] = [
        lambda: request.answer(case, "R-1", State.NOTHING, by=DIRK, at=NOW),
        lambda: request.ask_for_time(case, "R-1", NEXT_WEEK, because="archive", by=DIRK, at=NOW),
    ]
    for answer in answers:
        with pytest.raises(Refusal) as refusal:
            answer()
        assert refusal.value.code == "request/not_asked_of_you"
        assert refusal.value.facts["agency"] == "health"
    assert (question.state, case.all(Answer)) == (State.OPEN, [])


def test_more_time_moves_the_date_and_goes_on_waiting() -> None:
    case = a_case()
    question, given = request.ask_for_time(case, asked(case).id, NEXT_WEEK, because="archive", by=FINN, at=NOW)
    assert (question.state, question.due_at, question.waiting) == (State.MORE_TIME, NEXT_WEEK, True)
    assert (given.result, given.text) == (State.MORE_TIME, "archive")
    request.answer(case, "R-1", State.ANSWERED, "twice", by=FINN, at=NOW)
    assert [a.id for a in case.all(Answer)] == ["R-1/1", "R-1/2"]


@pytest.mark.parametrize("until", [FRIDAY, FRIDAY - timedelta(days=1)])
def test_more_time_is_a_later_date(until: object) -> None:
    case = a_case()
    question = asked(case)
    with pytest.raises(Refusal, match="request/not_later"):
        request.ask_for_time(case, "R-1", until, because="archive", by=FINN, at=NOW)  # type: ignore[arg-type]  # a date
    assert question.due_at == FRIDAY


def test_a_refused_question_is_asked_again_more_narrowly() -> None:
    case = a_case()
    question = asked(case)
    request.answer(case, "R-1", State.REFUSED, "said in confidence", grounds=(Ground.OTHER,), by=FINN, at=NOW)
    request.narrow(case, "R-1", "is he safe?", due_at=NEXT_WEEK, by=ADA, at=NOW)
    assert (question.question, question.state, question.due_at) == ("is he safe?", State.OPEN, NEXT_WEEK)
    assert question.because == "the safety plan"
    assert len(request.answers_to(case, question)) == 1


def test_a_narrower_question_never_shortens_the_time() -> None:
    case = a_case()
    question = asked(case)
    request.narrow(case, "R-1", "is he safe?", due_at=NOW + timedelta(days=1), by=ADA, at=NOW)
    assert question.due_at == FRIDAY


@pytest.mark.parametrize("settled", [State.ANSWERED, State.DROPPED])
def test_what_is_settled_is_not_narrowed(settled: State) -> None:
    case = a_case()
    question = asked(case)
    if settled is State.DROPPED:
        request.drop(case, "R-1", because="he told us", by=ADA, at=NOW)
    else:
        request.answer(case, "R-1", State.ANSWERED, "twice", by=FINN, at=NOW)
    with pytest.raises(Refusal) as refusal:
        request.narrow(case, "R-1", "is he safe?", due_at=NEXT_WEEK, by=ADA, at=NOW)
    assert (refusal.value.code, refusal.value.facts["state"]) == ("request/settled", settled)
    assert question.question == "was he seen since May?"


def test_a_question_is_taken_back_with_its_reason() -> None:
    case = a_case()
    question = request.drop(case, asked(case).id, because="he told us himself", by=ADA, at=NOW)
    assert (question.state, question.waiting) == (State.DROPPED, False)
    assert [(a.result, a.text) for a in request.answers_to(case, question)] == [(State.DROPPED, "he told us himself")]


def test_a_refused_question_may_be_dropped_and_an_answered_one_not() -> None:
    case = a_case()
    asked(case)
    request.answer(case, "R-1", State.REFUSED, "said in confidence", grounds=(Ground.OTHER,), by=FINN, at=NOW)
    assert request.drop(case, "R-1", because="never mind", by=ADA, at=NOW).state is State.DROPPED
    asked(case)
    request.answer(case, "R-2", State.ANSWERED, "twice", by=FINN, at=NOW)
    with pytest.raises(Refusal, match="request/settled"):
        request.drop(case, "R-2", because="never mind", by=ADA, at=NOW)


def test_only_the_agency_that_asked_narrows_and_drops() -> None:
    case = a_case()
    question = asked(case)
    with pytest.raises(Refusal, match="request/not_yours"):
        request.narrow(case, "R-1", "is he safe?", due_at=NEXT_WEEK, by=FINN, at=NOW)
    with pytest.raises(Refusal, match="request/not_yours"):
        request.drop(case, "R-1", because="never mind", by=CLEO, at=NOW)
    assert (question.question, question.state) == ("was he seen since May?", State.OPEN)


def test_an_answer_that_was_taken_back_leaves_the_question_open() -> None:
    case = a_case()
    question = asked(case)
    request.answer(case, "R-1", State.ANSWERED, "twice", by=FINN, at=NOW)
    case.undo(by=FINN, at=NOW)
    assert (question.state, request.answers_to(case, question)) == (State.OPEN, [])


def test_nothing_is_asked_or_answered_in_a_closed_case() -> None:
    case = closed_case()
    with pytest.raises(Refusal, match="case/closed"):
        asked(case)
    with pytest.raises(Refusal, match="case/closed"):
        request.answer(case, "R-1", State.NOTHING, by=FINN, at=NOW)
    with pytest.raises(Refusal, match="case/closed"):
        request.drop(case, "R-1", because="closed", by=ADA, at=NOW)
