"""What somebody deletes in their client: off the file at once, wiped for good a week later."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, cast

from cases import effects
from cases.action import Action
from cases.case import FINAL, Correction
from cases.concern import Concern
from cases.decision import Decision, Position
from cases.effects import ERASES, OF_CASE
from cases.errors import Refusal
from cases.minutes import Remark
from cases.planning import Availability, ProposedTime
from cases.reminders import Pause
from cases.request import Answer, Request
from cases.roundtable import AgendaItem, Attendance, Note, RoundTable, State
from cases.series import Series

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from cases.case import Case
    from cases.effects import Given
    from cases.people import Professional
    from cases.record import Record, Step

ERASED = "[…]"
"""Stands where somebody's words stood."""
WIPE_AFTER = timedelta(days=7)
"""A deletion carries no signature of the sender's device: until then, whoever did not delete it can have it back."""
WORDS: dict[type[Record], tuple[str, ...]] = {
    Concern: ("about", "source"),
    Request: ("question", "because", "basis"),
    Answer: ("text", "withheld", "instead"),
    Action: ("outcome", "worse", "remark"),
    Decision: ("text", "because"),
    Position: ("why",),
    RoundTable: ("about", "where", "cancelled_because", "moved_because"),
    Series: ("about", "where"),
    AgendaItem: ("text",),
    Attendance: ("why",),
    Note: ("text",),
    Remark: ("text",),
    Correction: ("earlier",),
    Pause: ("because",),
}
"""The fields in which people's own words stand, by kind of record."""
WORDS_OF_CASE = {"open": ("why", "goal"), "reopen": ("why",), "close": ("closed_because",), "invite": ("because",)}
"""The same of what is no record, by the verb of the step that said it: in the case, and in who was invited."""
_FIELDS = frozenset(name for names in (*WORDS.values(), *WORDS_OF_CASE.values()) for name in names)
KEPT = FINAL - {"review"}
"""Steps that the table stands on: when they are deleted their words go, and what they did stays."""


def erase(case: Case, said_at: datetime, *, by: Professional, at: datetime, about: str | None = None) -> list[Step]:
    """Erase what a person said at that moment, and what it did; the steps of the erasing, none if it left nothing.

    What others have built on stays as a record without its words. What ended something (``KEPT``), what is settled by
    a meeting that was held, and everything in a closed case loses its words only.
    ``about``: a record, where more than one thing was said at that moment.
    """
    # Of several lines the last goes first: it may build on those before it.
    erased = [e for s in reversed(_said(case, said_at, by, about)) if (e := _erase(case, s, by, at))]
    _let_go(case)
    return erased[::-1]


def find(case: Case, said_at: datetime, *, by: Professional, about: str | None = None) -> list[str]:
    """What a person said at that moment that could be erased: the records that it is about, or the case itself."""
    said = _said(case, said_at, by, about)
    return [said_in(case, s) for s in said if _words(case, s) or not (s.undone or _stays(case, s))]


def restore(case: Case, record_id: str, *, by: Professional, at: datetime) -> tuple[Step, bool]:
    """Give back what somebody else deleted in this person's name; raises Refusal once it is wiped.

    Also gives whether what it did holds again: not in a case that was closed since, not of a meeting that was held
    since, and not where others have gone on; then the words come back alone.
    """
    erasing = next((s for s in reversed(case.steps) if _can_be_restored(case, s, record_id, by)), None)
    if erasing is None:
        raise Refusal("erasure/nothing", id=record_id, days=WIPE_AFTER.days)
    step = _erased_by(case, erasing)
    taken_back = step.undone and not erasing.before[ERASES]["undone"]
    may_hold = not _stays(case, step)
    given = _given(erasing)
    holds = may_hold and not any(
        name in later.before.get(key, {})
        for key, name, value in given
        if not _is_word(name, value)
        for later in case.steps[erasing.number :]
        if effects.counts(later)
    )
    for key, name, value in given:
        if may_hold or (_is_word(name, value) and not (taken_back and name in step.before.get(key, {}))):
            _put(case, step, key, name, value)
    step.undone = step.undone and not (taken_back and may_hold)
    erasing.undone = True
    restoring = case.step("restore", erasing.subject, by, at)
    restoring.before = {
        key: {} for key, name, value in given if may_hold and key != OF_CASE and not _is_word(name, value)
    }
    _take_up(case)
    return restoring, holds or step.verb in KEPT


def is_erased(case: Case, record_id: str, *, by: Professional) -> bool:
    """Whether something that this person said goes by this name, and can be had back."""
    return any(_can_be_restored(case, step, record_id, by) for step in case.steps)


def said_in(case: Case, step: Step) -> str:
    """What people call it that a step is about: a record by its id, the case itself by its reference."""
    whole = step.subject.partition("/")[0]
    return whole if whole in effects.on_file(case) else case.ref


def is_due(case: Case, at: datetime) -> bool:
    """Whether something is to be wiped."""
    return any(_is_ripe(step, at) for step in case.steps)


def wipe(case: Case, at: datetime) -> list[Step]:
    """Wipe what was erased a week ago from the journal, too: nothing gives it back from then on."""
    ripe = [step for step in case.steps if _is_ripe(step, at)]
    wiped = {(key, name, value) for step in ripe for key, name, value in _given(step) if _is_word(name, value)}
    for step in case.steps:
        copies = [given for given in _given(step) if _is_word(given[1], given[2]) and given in wiped]
        if copies:
            blank = {key: {name: ERASED for where, name, _ in copies if where == key} for key in step.before}
            step.before = {key: fields | blank[key] for key, fields in step.before.items()}
    for step in ripe:
        step.before = {key: fields if key == ERASES else {} for key, fields in step.before.items()}
        step.verb = "wipe"
    return ripe


def hidden(case: Case, *, ripe_at: datetime | None = None) -> list[tuple[str, str]]:
    """Words that are erased and not wiped yet, or those that are to be wiped by then; each with what it stood in."""
    steps = [s for s in case.steps if (_is_ripe(s, ripe_at) if ripe_at else s.verb == "erase" and not s.undone)]
    return [(key, str(value)) for s in steps for key, name, value in _given(s) if _is_word(name, value)]


def _said(case: Case, said_at: datetime, by: Professional, about: str | None) -> list[Step]:
    """The steps of what a person said at that moment, without those that are erased."""
    done = effects.erasures(case)
    said = [s for s in case.steps if (s.by, s.at) == (by.user_id, said_at) and s.verb not in effects.SETS_NOTHING]
    named = [s for s in said if about and said_in(case, s) == about.partition("/")[0]]
    return [s for s in named or said if s.number not in done]


def _erase(case: Case, step: Step, by: Professional, at: datetime) -> Step | None:
    words = _words(case, step)
    stays = step.undone or _stays(case, step)
    if stays and not words:
        return None
    erasing = case.step("erase", step.subject, by, at)
    erasing.before = {ERASES: {"number": step.number, "undone": step.undone}}
    _note(erasing, words)
    for key, name, _ in words:
        _put(case, step, key, name, ERASED)
    if not stays:
        _take_back(case, step, erasing)
    return erasing


def _take_back(case: Case, step: Step, erasing: Step) -> None:
    """Take back what a step did, as far as nothing is built on it; the deletion keeps it, to give it back."""
    if not effects.is_built_on(case, step):
        _note(erasing, effects.take_back(case, step))
        return
    records = effects.on_file(case)
    if any(_still_says_something(records[record_id]) for record_id in step.added):
        return
    _note(erasing, effects.take_back_changes(case, step))
    for record_id in step.added:
        # What nobody can read any more is not looked at again.
        if isinstance(records[record_id], Decision):
            _note(erasing, [(record_id, "review_at", records[record_id].review_at)])
            records[record_id].review_at = None


def _let_go(case: Case) -> None:
    """Take back what was erased before, and only stayed because of something that was erased now."""
    for number, erasing in sorted(effects.erasures(case).items(), reverse=True):
        step = case.steps[number - 1]
        if step.added and not (step.undone or _stays(case, step) or effects.is_built_on(case, step)):
            _take_back(case, step, erasing)


def _take_up(case: Case) -> None:
    """Put those erased records, without words, back under what was built on them and is restored now."""
    for number, erasing in effects.erasures(case).items():
        step = case.steps[number - 1]
        if step.undone and not erasing.before[ERASES]["undone"] and effects.is_built_on(case, step):
            step.undone = False
            for record_id in step.added:
                effects.put(case, step, record_id, "withdrawn", value=False)


def _stays(case: Case, step: Step) -> bool:
    """Whether what a step did stays, whoever takes its words back."""
    records = effects.on_file(case)
    touched = [key for key in (*step.added, *step.before) if key != OF_CASE]
    return step.verb in KEPT or case.closed or any(_is_settled(case, records[k], step.before.get(k)) for k in touched)


def _is_settled(case: Case, record: Record, changed: Iterable[str] | None) -> bool:
    """Whether a meeting stands on it: its time, who was there, what its approved minutes hold.

    While it is held, who chairs it and who writes can still change; ``changed``: the fields, None of a new record.
    """
    if isinstance(record, RoundTable):
        begun = record.state is State.RUNNING and (changed is None or not {"chair", "taker"}.issuperset(changed))
        return begun or record.state is State.ENDED
    if not isinstance(record, ProposedTime | Availability | AgendaItem | Attendance | Note | Remark):
        return False
    table = next(t for t in case.roundtables if t.id == record.roundtable)
    if isinstance(record, Note | Remark):
        return table.approved_at is not None
    return table.state is State.ENDED


def _still_says_something(record: Record) -> bool:
    """Whether a record says something without the words that its author deleted: a date, or a later wording."""
    words = [getattr(record, name) for name in WORDS.get(type(record), ())]
    return isinstance(record, RoundTable) or any(word and word != ERASED for word in words)


def _words(case: Case, step: Step) -> list[Given]:
    """The words that a step gave the file, wherever they stand by now."""
    records = effects.on_file(case)
    changed = {} if step.undone else step.before
    said = [
        (key, name, effects.value_of(case, step, key, name))
        for key in dict.fromkeys((*step.added, *changed))
        # What a correction keeps is the wording of whoever is corrected.
        if key != OF_CASE and not isinstance(records[key], Correction)
        for name in WORDS.get(type(records[key]), ())
        if key in step.added or name in changed[key]
    ]
    copies = [copy for given in said for copy in _copies(case, *given)]
    of_case = [(OF_CASE, name, word) for name, word in _words_of_case(case, step)]
    return [given for given in (*said, *copies, *of_case) if _is_word(given[1], given[2])]


def _copies(case: Case, key: str, name: str, word: object) -> Iterator[Given]:
    """Where else words stand: as the earlier wording that was corrected, and in the meetings of a series."""
    # A correction of an answer bears the number of its question.
    about = {key, key.partition("/")[0]}
    yield from ((c.id, "earlier", word) for c in case.corrections if c.earlier == word and c.subject in about)
    if name in WORDS[Series]:
        yield from ((t.id, name, word) for t in case.roundtables if t.series == key and getattr(t, name) == word)


def _words_of_case(case: Case, step: Step) -> Iterator[tuple[str, str]]:
    match step.verb:
        case "open":
            yield from (("why", _whys(case)[0]), ("goal", case.goal))
        case "reopen":
            yield "why", _whys(case)[_reopenings(case).index(step) + 1]
        case "close" if case.closed_because and step is [s for s in case.steps if s.verb == "close"][-1]:
            yield "closed_because", case.closed_because
        case "invite":
            yield from (("because", m.because) for m in case.members if _was_invited(m.user_id, m.invited_at, step))
        case _:
            return


def _put(case: Case, step: Step, key: str, name: str, value: object) -> None:
    """Put a value where a step's own stands by now."""
    if key != OF_CASE or name not in WORDS_OF_CASE.get(step.verb, ()):
        effects.put(case, step, key, name, value)
    elif name == "why":
        _put_why(case, 0 if step.verb == "open" else _reopenings(case).index(step) + 1, str(value))
    elif name == "because":
        for member in case.members:
            if _was_invited(member.user_id, member.invited_at, step):
                member.because = str(value)
    elif name == "goal" or case.closed_because:
        setattr(case, name, value)


def _reopenings(case: Case) -> list[Step]:
    return [s for s in case.steps if s.verb == "reopen"]


def _whys(case: Case) -> list[str]:
    """Why the table came together, and each time again: with every reopening its reason joins the why."""
    grown = [*(str(s.before[OF_CASE]["why"]) for s in _reopenings(case)), case.why]
    return [grown[0], *(whole[len(before) + 1 :] for before, whole in pairwise(grown))]


def _put_why(case: Case, number: int, why: str) -> None:
    parts = _whys(case)
    if number == 0:
        # Those who were asked to the table with it were asked for the same reason.
        for member in case.members:
            if (member.because, member.invited_at) == (parts[0], case.opened_at):
                member.because = why
    parts[number] = why
    for count, step in enumerate(_reopenings(case), 1):
        step.before = {**step.before, OF_CASE: {**step.before[OF_CASE], "why": "\n".join(parts[:count])}}
    case.why = "\n".join(parts)


def _was_invited(user_id: str, at: datetime, step: Step) -> bool:
    return (user_id, at) == (step.subject, step.at)


def _can_be_restored(case: Case, step: Step, record_id: str, by: Professional) -> bool:
    mine = step.verb == "erase" and not step.undone and step.by == by.user_id
    return mine and said_in(case, step) == record_id


def _erased_by(case: Case, erasing: Step) -> Step:
    return case.steps[cast("int", erasing.before[ERASES]["number"]) - 1]


def _given(step: Step) -> list[Given]:
    """What a step keeps: of a deletion, what it took off the file."""
    return [
        (key, name, value) for key, fields in step.before.items() if key != ERASES for name, value in fields.items()
    ]


def _note(erasing: Step, given: Iterable[Given]) -> None:
    """Keep with a deletion what it takes off the file; what it took before is not overwritten by what is left."""
    before = {key: dict(fields) for key, fields in erasing.before.items()}
    for key, name, value in given:
        before.setdefault(key, {}).setdefault(name, value)
    erasing.before = before


def _is_ripe(step: Step, at: datetime) -> bool:
    return step.verb == "erase" and not step.undone and at - step.at >= WIPE_AFTER


def _is_word(name: str, value: object) -> bool:
    """Whether it is somebody's words; ``police`` may be that in one field, and in another the name of an agency."""
    return name in _FIELDS and isinstance(value, str) and value not in {"", ERASED}
