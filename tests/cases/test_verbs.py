from datetime import timedelta

import pytest

from cases.case import Case
from cases.record import KINDS
from cases.verbs import VERBS, Phrase, places_in, verb
from commands.concern import rules as concern
from commands.disclosure.rules import CONSENTED, RETAINED
from commands.minutes.rules import FILED
from commands.request import rules as request
from commands.request.rules import State
from tests.cases.story import STORY, told
from tests.cases.table import ADA, CLEO, DIRK, HEALTH, HUGO, NEXT_WEEK, NOW, POLICE, a_case


def last(case: Case) -> Phrase:
    return case.steps[-1].phrase


def filled(phrase: Phrase) -> str:
    return phrase.text.format(**phrase.places)


def a_question() -> Case:
    case = a_case()
    request.ask(case, POLICE, "any call-outs?", because="for the plan", due_at=NEXT_WEEK, by=DIRK, at=NOW)
    return case


def test_every_verb_has_its_phrase_but_those_of_what_nobody_did_or_nobody_is_told() -> None:
    untold = [what for what in VERBS.values() if not what.phrases]
    assert set(untold) == {FILED, CONSENTED, RETAINED}
    assert not [what for what in untold if what.news]


def test_all_that_can_happen_is_told() -> None:
    for step in told(len(STORY)).steps:
        if step.what.phrases:
            assert places_in(step.phrase.text) <= step.phrase.places.keys(), step.verb


def test_a_question_is_told_with_whom_it_is_for() -> None:
    assert filled(last(a_question())) == "asked police for information (R-1)"


def test_an_answer_is_told_with_what_came_of_it_unless_it_is_a_full_one() -> None:
    case = a_question()
    request.answer(case, "R-1", State.REFUSED, "it is secret", by=ADA, at=NOW)
    assert filled(last(case)) == "answered R-1: refused"
    case = a_question()
    request.answer(case, "R-1", State.ANSWERED, "two", by=ADA, at=NOW)
    assert filled(last(case)) == "answered R-1"


def test_what_was_taken_back_is_named_when_it_is_a_record() -> None:
    case = a_case()
    concern.raise_concern(case, "sleeps in a car", by=DIRK, at=NOW)
    case.undo(by=DIRK, at=NOW)
    assert filled(last(case)) == "took back the last step (C-1)"
    case = a_case()
    case.invite(HUGO, because="his school", by=CLEO, at=NOW)
    case.brief(HUGO.user_id, by=CLEO, at=NOW)
    assert filled(last(case)) == f"gave what was on file before to {HUGO.user_id}"
    case.undo(by=CLEO, at=NOW)
    assert filled(last(case)) == "took back the last step"


def test_of_a_part_the_whole_is_told() -> None:
    case = told(len(STORY))
    (noted,) = [step for step in case.steps if step.verb == "agenda"]
    assert filled(noted.phrase) == "put a point on the agenda of M-1"


def test_what_is_told_holds_for_each_answer_of_its_own() -> None:
    case = a_question()
    request.answer(case, "R-1", State.PARTLY, "two", withheld="names", by=ADA, at=NOW)
    request.narrow(case, "R-1", "this year?", due_at=NEXT_WEEK, by=DIRK, at=NOW)
    request.answer(case, "R-1", State.NOTHING, by=ADA, at=NOW + timedelta(hours=1))
    request.ask(case, HEALTH, "was he seen?", because="for the plan", due_at=NEXT_WEEK, by=DIRK, at=NOW)
    assert [filled(step.phrase) for step in case.steps[-4:]] == [
        "answered R-1: partly answered",
        "narrowed the question R-1",
        "answered R-1: nothing held",
        "asked health for information (R-2)",
    ]


def test_a_verb_is_declared_once() -> None:
    with pytest.raises(RuntimeError, match="concern"):
        verb("concern", "raised another")


def test_what_is_about_other_steps_is_no_news_and_no_wording() -> None:
    assert [what.name for what in VERBS.values() if what.sets_nothing and (what.news or what.worded)] == []


def test_in_the_story_every_field_of_words_holds_some() -> None:
    """So that its tests of deletions show that each is erased."""
    steps = told(len(STORY)).steps
    filed = {(e.kind, name) for s in steps for e in s.entries for name in KINDS[e.kind].words if e.fields[name]}
    changed = {(c.kind, c.field) for s in steps for c in s.changes if c.new}
    assert {(kind.name, name) for kind in KINDS.values() for name in kind.words} <= filed | changed
