import re
from dataclasses import replace
from datetime import timedelta

import pytest

from cases.case import Case, earlier_wordings
from cases.errors import Refusal
from cases.people import Professional
from cases.record import ERASED
from cases.verbs import VERBS
from commands.action import rules as action
from commands.action.rules import Action
from commands.concern.rules import Concern, raise_concern
from commands.correction import rules as correction
from commands.decision import rules as decision
from commands.decision.rules import Decision
from commands.erasure import rules as erasure
from commands.erasure.rules import WIPE_AFTER
from commands.request import rules as request
from commands.request.rules import Answer, Request
from commands.roundtable import rules as roundtable
from commands.roundtable.rules import Presence, RoundTable
from commands.series import rules as series
from commands.series.rules import Series
from tests.cases.story import SAYS, STORY, told
from tests.cases.table import ADA, CLEO, DIRK, FINN, HEALTH, HUGO, NEXT_WEEK, NOW, POLICE, a_case

SAID = NOW + timedelta(minutes=1)
LATER = NOW + timedelta(hours=1)
DELETED = NOW + timedelta(hours=2)


def a_case_with_a_concern() -> Case:
    case = a_case()
    raise_concern(case, "sleeps in a car", by=DIRK, at=SAID, source="his aunt")
    return case


def journal(case: Case) -> str:
    return str([[vars(part) for part in (*step.entries, *step.changes)] for step in case.steps])


def test_what_nobody_built_on_loses_its_words_and_counts_no_more() -> None:
    case = a_case_with_a_concern()
    erased = erasure.erase(case, SAID, by=DIRK, at=DELETED)
    assert [(step.verb, step.subject) for step in erased] == [("erase", "C-1")]
    [concern] = case.all(Concern)
    assert (concern.about, concern.source, concern.withdrawn) == (ERASED, ERASED, True)


def test_a_decision_that_set_the_next_review_is_erased() -> None:
    case = a_case()
    decision.decide(case, "one person calls", because="he hides", review_at=NEXT_WEEK, by=ADA, at=SAID)
    erasure.erase(case, SAID, by=ADA, at=DELETED)
    assert (case.all(Decision)[0].text, case.all(Decision)[0].because) == (ERASED, ERASED)


def test_only_what_was_said_in_that_message_is_erased() -> None:
    case = a_case_with_a_concern()
    raise_concern(case, "was seen at the lake", by=DIRK, at=LATER)
    raise_concern(case, "was seen at home", by=ADA, at=SAID)
    erasure.erase(case, SAID, by=DIRK, at=DELETED)
    assert [c.about for c in case.all(Concern)] == [ERASED, "was seen at the lake", "was seen at home"]


def test_what_others_have_built_on_stays_without_its_words() -> None:
    case = a_case()
    request.ask(case, POLICE, "any call-outs?", because="for the plan", due_at=NEXT_WEEK, by=DIRK, at=SAID)
    request.answer(case, "R-1", request.State.ANSWERED, text="two in May", by=ADA, at=LATER)
    erasure.erase(case, SAID, by=DIRK, at=DELETED)
    asked = case.all(Request)[0]
    assert (asked.question, asked.because, asked.withdrawn) == (ERASED, ERASED, False)
    assert case.all(Answer)[0].text == "two in May"


def test_words_that_were_corrected_since_are_erased_where_they_were_kept() -> None:
    case = a_case_with_a_concern()
    correction.correct(case, "C-1", "sleeps at a friend's", by=DIRK, at=LATER)
    erasure.erase(case, SAID, by=DIRK, at=DELETED)
    assert case.all(Concern)[0].about == "sleeps at a friend's"
    erasure.wipe(case, DELETED + erasure.WIPE_AFTER)
    assert earlier_wordings(case, case.all(Concern)[0]) == [ERASED]


def test_the_same_words_of_somebody_else_stay_where_they_were_kept() -> None:
    case = a_case_with_a_concern()
    raise_concern(case, "sleeps in a car", by=ADA, at=LATER)
    correction.correct(case, "C-2", "slept in a car", by=ADA, at=LATER)
    erasure.erase(case, SAID, by=DIRK, at=DELETED)
    erasure.wipe(case, DELETED + erasure.WIPE_AFTER)
    assert earlier_wordings(case, case.all(Concern)[1]) == ["sleeps in a car"]


def read_again(case: Case) -> Case:
    return Case.load([replace(step, undone=False, lapsed=False) for step in case.steps])


@pytest.mark.parametrize("between", [None, "sleeps at a friend's"])
def test_the_same_words_in_an_earlier_message_stay_in_the_same_place(between: str | None) -> None:
    case = a_case_with_a_concern()
    last = LATER + timedelta(minutes=1)
    if between:
        correction.correct(case, "C-1", between, by=DIRK, at=LATER)
    correction.correct(case, "C-1", "sleeps in a car", by=DIRK, at=last)
    for said_at in (last, *([LATER] if between else [])):
        erasure.erase(case, said_at, by=DIRK, at=DELETED)
    erasure.wipe(case, DELETED + WIPE_AFTER)
    assert (case.all(Concern)[0].about, read_again(case).all(Concern)[0].about) == (
        "sleeps in a car",
        "sleeps in a car",
    )


def test_the_same_words_in_a_later_message_stay_in_the_same_place() -> None:
    case = a_case_with_a_concern()
    correction.correct(case, "C-1", "sleeps in a car", by=DIRK, at=LATER)
    erasure.erase(case, SAID, by=DIRK, at=DELETED)
    erasure.wipe(case, DELETED + WIPE_AFTER)
    assert (case.all(Concern)[0].about, read_again(case).all(Concern)[0].about) == (
        "sleeps in a car",
        "sleeps in a car",
    )
    assert earlier_wordings(case, case.all(Concern)[0]) == [ERASED]


def test_a_meeting_that_was_added_while_the_words_of_its_series_were_deleted_gets_them_back() -> None:
    case = a_case()
    dates = [NEXT_WEEK + timedelta(weeks=number) for number in range(5)]
    about, every = "his family", "1 week"
    series.begin(case, "FREQ=WEEKLY", dates, every=every, chair=ADA.user_id, about=about, by=ADA, at=SAID)
    roundtable.announce(case, "M-1", Presence.ATTENDS, by=DIRK, at=LATER)
    erasure.erase(case, SAID, by=ADA, at=dates[0])
    series.extend(case, case.all(Series)[0], dates, by=CLEO, at=dates[0] + timedelta(minutes=1))
    assert [table.about for table in case.all(RoundTable)] == [ERASED] * 3
    erasure.restore(case, "M-1", by=ADA, at=dates[0] + timedelta(hours=1))
    assert [table.about for table in case.all(RoundTable)] == [about] * 3


def test_a_word_that_is_also_the_name_of_an_agency_is_wiped_as_a_word_only() -> None:
    case = a_case()
    action.propose(case, "visit the family", POLICE, due_at=NEXT_WEEK, by=DIRK, at=NOW)
    raise_concern(case, "police", by=DIRK, at=SAID)
    erasure.erase(case, SAID, by=DIRK, at=DELETED)
    wiped = DELETED + WIPE_AFTER
    action.hand(case, "A-1", HEALTH, because="they know him", by=ADA, at=wiped)
    erasure.wipe(case, wiped)
    case.undo(by=ADA, at=wiped)
    assert case.all(Action)[0].owner == "police"


def test_a_later_remark_is_erased_and_the_earlier_words_stay() -> None:
    case = a_case()
    action.propose(case, "visit them", POLICE, due_at=NEXT_WEEK, by=DIRK, at=SAID)
    action.accept(case, "A-1", by=ADA, at=LATER)
    done_at = LATER + timedelta(hours=1)
    action.finish(case, "A-1", "his mother cried", by=ADA, at=done_at)
    erasure.erase(case, done_at, by=ADA, at=DELETED + timedelta(hours=1))
    assert (case.all(Action)[0].outcome, case.all(Action)[0].remark) == ("visit them", None)
    assert case.all(Action)[0].state is action.State.ACCEPTED
    assert "cried" not in str(vars(case.all(Action)[0]))


def test_a_deletion_that_was_not_the_authors_is_given_back_until_it_is_wiped() -> None:
    case = a_case_with_a_concern()
    erasure.erase(case, SAID, by=DIRK, at=DELETED)
    assert not erasure.is_due(case, DELETED + WIPE_AFTER - timedelta(seconds=1))
    erasure.restore(case, "C-1", by=DIRK, at=DELETED)
    assert (case.all(Concern)[0].about, case.all(Concern)[0].withdrawn) == ("sleeps in a car", False)
    assert erasure.wipe(case, DELETED + WIPE_AFTER) == []
    assert case.all(Concern)[0].about == "sleeps in a car"


def test_only_the_author_can_have_it_back() -> None:
    case = a_case_with_a_concern()
    erasure.erase(case, SAID, by=DIRK, at=DELETED)
    with pytest.raises(Refusal) as refusal:
        erasure.restore(case, "C-1", by=ADA, at=DELETED)
    assert refusal.value.code == "erasure/nothing"
    assert case.all(Concern)[0].about == ERASED


def test_after_a_week_the_words_stand_nowhere() -> None:
    case = a_case_with_a_concern()
    correction.correct(case, "C-1", "sleeps at a friend's", by=DIRK, at=LATER)
    erasure.erase(case, SAID, by=DIRK, at=DELETED)
    erasure.erase(case, LATER, by=DIRK, at=DELETED)
    assert "sleeps in a car" in journal(case)
    due = DELETED + WIPE_AFTER
    assert erasure.is_due(case, due)
    assert [step.subject for step in erasure.wipe(case, due)] == ["C-1", "C-1"]
    assert not erasure.is_due(case, due)
    for words in ("sleeps in a car", "his aunt", "sleeps at a friend's"):
        assert words not in journal(case)
    with pytest.raises(Refusal):
        erasure.restore(case, "C-1", by=DIRK, at=due)


def test_what_left_no_words_on_file_is_no_step() -> None:
    case = a_case()
    assert erasure.erase(case, NOW, by=DIRK, at=DELETED) == []
    assert "erase" not in [step.verb for step in case.steps]


def state(case: Case) -> dict[str, object]:
    """All that counts: what is on file and was not taken back, the review, and who agreed with which minutes."""
    counting = {r.id: vars(r) for r in case.records() if not r.withdrawn}
    agreed = [(s.verb, s.subject) for s in case.steps if s.verb in {"minutes agree", "brief"} and not s.undone]
    members = [(m.user_id, m.because, m.left_at) for m in case.members]
    of_case = (case.why, case.goal, case.closed_because, case.closed_at, case.director, case.next_review, case.seats)
    return {"records": str(counting), "agreed": agreed, "members": members, "case": of_case}


def person(case: Case, user_id: str) -> Professional:
    return next(p for p in (ADA, CLEO, DIRK, FINN, HUGO) if p.user_id == user_id)


@pytest.mark.parametrize("line", range(len(STORY)), ids=[f"{n} {verb}" for n, (verb, _) in enumerate(STORY)])
def test_what_a_deleted_step_did_is_taken_back_and_restored(line: int) -> None:
    verb = STORY[line][0]
    before, after, case = told(line), told(line + 1), told(line + 1)
    said = [step for step in case.steps if not step.what.sets_nothing][-1]
    assert said.verb == verb
    by = person(case, said.by)
    erased = erasure.erase(case, said.at, by=by, at=DELETED)
    if said.what.kept:
        assert wordless(state(case)) == wordless(state(after))
    else:
        assert erased
        assert state(case) == state(before)
    for step in erased:
        restored, holds = erasure.restore(case, erasure.said_in(case, step), by=by, at=DELETED)
        assert (restored.verb, holds) == ("restore", True)
    assert state(case) == state(after)


def wordless(state: dict[str, object]) -> str:
    return re.sub(r"w[0-9]+ [^'\\\\]*", ERASED, str(state))


def words_of(case: Case) -> set[str]:
    """The words of the story that stand on file, in the journal too."""
    kept = str([vars(thing) for thing in (case, *case.members, *case.records())]) + journal(case)
    return {word for word in SAYS if word in kept}


def test_each_entry_has_an_id_of_its_own() -> None:
    case = told(len(STORY))
    assert len(case.entries()) == 1 + len(case.members) + len(list(case.records()))


def test_the_story_has_every_verb() -> None:
    """But for the bot's own, which nobody deletes, and the end of a practice, with which the whole file goes."""
    of_the_bot = {name for name, what in VERBS.items() if what.sets_nothing}
    of_the_bot |= {"open", "roundtable series", "gap", "confirmed before", "stay end"}
    assert VERBS.keys() - {verb for verb, _ in STORY} == of_the_bot | {"practice end"}


@pytest.mark.parametrize("first_to_last", [True, False])
def test_when_everybody_deletes_everything_no_word_is_left_after_a_week(first_to_last: bool) -> None:
    case = told(len(STORY))
    assert words_of(case) == set(SAYS)
    lines = [(s.by, s.at) for s in case.steps if not s.what.sets_nothing]
    for by, at in lines if first_to_last else reversed(lines):
        erasure.erase(case, at, by=person(case, by), at=DELETED)
    shown = str([vars(thing) for thing in (*case.members, *case.records())]) + case.why + case.goal
    assert [word for word in SAYS if word in shown] == []
    erasure.wipe(case, DELETED + WIPE_AFTER)
    assert words_of(case) == set()
    assert "not seen at school" not in str(vars(case)) + journal(case)
