"""What somebody deletes in their client: off the file at once, wiped for good a week later."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from cases.action import Action
from cases.case import FINAL, OF_CASE, Correction, touches
from cases.concern import Concern
from cases.decision import Decision, Position
from cases.errors import Refusal
from cases.minutes import Remark
from cases.reminders import Pause
from cases.request import Answer, Request
from cases.roundtable import AgendaItem, Attendance, Note, RoundTable
from cases.series import Series

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from cases.case import Case
    from cases.people import Professional
    from cases.record import Record, Step

ERASED = "[…]"
"""Stands where somebody's words stood."""
WIPE_AFTER = timedelta(days=7)
"""A deletion carries no signature of the sender's device: until then, whoever did not delete it can have it back."""
_OURS = frozenset({"erase", "restore", "wipe"})
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
_FIELDS = frozenset(name for names in WORDS.values() for name in names)


def erase(case: Case, said_at: datetime, *, by: Professional, at: datetime) -> list[Step]:
    """Erase what a person said at that moment; the steps of the erasing, none when it left no words on file.

    What others have built on stays as a record without its words; what nobody has is withdrawn, too.
    """
    said = [step for step in case.steps if step.by == by.user_id and step.at == said_at and step.verb not in _OURS]
    return [erased for step in said if (erased := _erase(case, step, by, at))]


def restore(case: Case, record_id: str, *, by: Professional, at: datetime) -> Step:
    """Give the words back that somebody else deleted in this person's name; raises Refusal once they are wiped."""
    on_file = {record.id: record for record in case.records()}
    erased = [step for step in case.steps if step.verb == "erase" and not step.undone and step.by == by.user_id]
    for step in reversed(erased):
        if step.subject.split("/")[0] == record_id:
            for changed in step.before:
                step.restore(on_file[changed])
            step.undone = True
            return case.step("restore", step.subject, by, at)
    raise Refusal("erasure/nothing", id=record_id, days=WIPE_AFTER.days)


def is_due(case: Case, at: datetime) -> bool:
    """Whether something is to be wiped."""
    return any(_is_ripe(step, at) for step in case.steps)


def wipe(case: Case, at: datetime) -> list[Step]:
    """Wipe what was erased a week ago from the journal, too: nothing gives it back from then on."""
    ripe = [step for step in case.steps if _is_ripe(step, at)]
    wiped = {word for step in ripe for word in _words_before(step)}
    for step in case.steps:
        if wiped & _words_before(step):
            step.before = {record_id: _without(wiped, fields) for record_id, fields in step.before.items()}
    for step in ripe:
        step.verb = "wipe"
    return ripe


def _erase(case: Case, step: Step, by: Professional, at: datetime) -> Step | None:
    on_file = {record.id: record for record in case.records()}
    later = case.steps[step.number :]
    touched = [on_file[key] for key in (*step.added, *step.before) if key != OF_CASE]
    words = [place for record in touched for place in _words(case, step, record)]
    if not words:
        return None
    erasing = case.step("erase", step.subject, by, at)
    for record, name in dict.fromkeys(words):
        erasing.change(record, **{name: ERASED})
    if step.verb not in FINAL and not any(touches(s, step) and not s.undone for s in later):
        for record_id in step.added:
            erasing.change(on_file[record_id], withdrawn=True)
    return erasing


def _words(case: Case, step: Step, record: Record) -> Iterator[tuple[Record, str]]:
    """Where the words stand by now that a step gave a record: there, or where they were superseded."""
    for name in WORDS.get(type(record), ()):
        if record.id not in step.added and name not in step.before[record.id]:
            continue
        changes = [s.before.get(record.id, {}) for s in case.steps[step.number :]]
        superseded = [values[name] for values in changes if name in values]
        word = superseded[0] if superseded else getattr(record, name)
        if isinstance(word, str) and not superseded:
            yield record, name
        # A correction of an answer bears the number of its question.
        about = {record.id, record.id.partition("/")[0]}
        kept = (c for c in case.corrections if isinstance(word, str) and c.earlier == word and c.subject in about)
        yield from ((c, "earlier") for c in kept)


def _is_ripe(step: Step, at: datetime) -> bool:
    return step.verb == "erase" and not step.undone and at - step.at >= WIPE_AFTER


def _words_before(step: Step) -> set[object]:
    return {value for fields in step.before.values() for name, value in fields.items() if _is_word(name, value)}


def _without(wiped: set[object], fields: dict[str, object]) -> dict[str, object]:
    return {name: ERASED if _is_word(name, value) and value in wiped else value for name, value in fields.items()}


def _is_word(name: str, value: object) -> bool:
    """Whether it is somebody's words; ``police`` may be that in one field, and in another the name of an agency."""
    return name in _FIELDS and isinstance(value, str) and value != ERASED
