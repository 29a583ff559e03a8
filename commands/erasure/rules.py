"""What somebody deletes in their client: off the file at once, wiped for good a week later."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from cases import effects, words
from cases.effects import OF_CASE
from cases.errors import Refusal
from cases.items import NOBODY, Item, offers_items
from cases.record import ERASED, KINDS, kind_of
from cases.verbs import verb
from commands.decision.rules import Decision
from commands.minutes.rules import Remark
from commands.planning.rules import Availability, ProposedTime
from commands.roundtable.rules import AgendaItem, Attendance, Note, RoundTable, State

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from datetime import datetime

    from cases.case import Case
    from cases.people import Professional
    from cases.record import Change, Record, Step

DELETED = verb("erase", "deleted what was said in {id}", sets_nothing=True, in_a_full_case=True)
WIPED = verb("wipe", "deleted what was said in {id}", sets_nothing=True)
RESTORED = verb("restore", "brought back {id}", sets_nothing=True, in_a_full_case=True)

WIPE = "wipe"
"""The kind of item that deleted words are, until they are wiped."""
WIPE_AFTER = timedelta(days=7)
"""A deletion carries no signature of the sender's device: until then, whoever did not delete it can have it back."""


def erase(case: Case, said_at: datetime, *, by: Professional, at: datetime, about: str | None = None) -> list[Step]:
    """Erase what a person said at that moment, and what it did; the steps of the erasing, none if it left nothing.

    What others have built on stays as a record without its words. What the table stands on (``Verb.kept``), what is
    settled by a meeting that was held, and everything in a closed case loses its words only.
    ``about``: a record, where more than one thing was said at that moment.
    """
    # Of several lines the last goes first: it may build on those before it.
    erased = [e for s in reversed(_said(case, said_at, by, about)) if (e := _erase(case, s, by, at))]
    if erased:
        _let_go(case, erased[-1])
    return erased[::-1]


def find(case: Case, said_at: datetime, *, by: Professional, about: str | None = None) -> list[str]:
    """What a person said at that moment that could be erased: the records that it is about, or the case itself."""
    said = _said(case, said_at, by, about)
    # What it said may be on file in another case, since it moved there.
    return [said_in(case, s) for s in said if words.spoke(s) or not (s.undone or _stays(case, s))]


def erase_copy(case: Case, number: int, *, by: Professional, at: datetime) -> Step | None:
    """Erase the words of a step that repeats what was erased in another case; None where it is so already."""
    if number in effects.erasures(case) or not words.says(case.steps[number - 1]):
        return None
    return _erase(case, case.steps[number - 1], by, at)


def restore_copy(case: Case, number: int, *, by: Professional, at: datetime) -> Step | None:
    """Give back what was erased so, unless it is wiped; None where there is nothing to give back."""
    erasing = effects.erasures(case).get(number)
    if erasing is None or erasing.what is not DELETED:
        return None
    restoring = case.step(RESTORED, erasing.subject, by, at)
    restoring.take_back(erasing)
    effects.refresh(case, case.steps[number - 1], restoring)
    return restoring


def restore(case: Case, record_id: str, *, by: Professional, at: datetime) -> tuple[Step, bool]:
    """Give back what somebody else deleted in this person's name; raises Refusal once it is wiped.

    Also gives whether what it did holds again: not in a case that was closed since, not of a meeting that was held
    since, and not where others have gone on; then the words come back alone.
    """
    erasing = next((s for s in reversed(case.steps) if _can_be_restored(case, s, record_id, by)), None)
    if erasing is None or erasing.erases is None:
        raise Refusal("erasure/nothing", id=record_id, days=WIPE_AFTER.days)
    step = case.steps[erasing.erases - 1]
    may_hold = not _stays(case, step)
    gone_on = any(effects.changes_since(case, erasing, (c.id, c.field)) for c in step.changes if not _is_word(c))
    restoring = case.step(RESTORED, erasing.subject, by, at)
    restoring.take_back(erasing)
    if may_hold and (step.undone or step.lapsed) and not _was_undone(case, erasing):
        restoring.let_hold(step)
    effects.refresh(case, step, restoring)
    _take_up(case, restoring)
    return restoring, (may_hold and not gone_on) or step.what.kept


def erased(case: Case, *, by: Professional) -> list[str]:
    """What people call the things that were said by this person, are erased, and can be had back."""
    return list(dict.fromkeys(said_in(case, step) for step in case.steps if _is_theirs(step, by)))


def said_in(case: Case, step: Step) -> str:
    """What people call it that a step is about: a record by its id, the case itself by its reference."""
    whole = step.subject.partition("/")[0]
    return whole if any(record.id == whole for record in case.records()) else case.ref


def is_due(case: Case, at: datetime) -> bool:
    """Whether something is to be wiped."""
    return any(_is_ripe(step, at) for step in case.steps)


def wipe(case: Case, at: datetime) -> list[Step]:
    """Wipe what was erased a week ago wherever it stands in the journal: nothing gives it back from then on.

    Words are known by the step that said them, not by their text: who said the same in another message keeps it.
    """
    ripe = [step for step in case.steps if _is_ripe(step, at)]
    spoken, gone = words.speakers(case.steps if ripe else ()), {step.erases for step in ripe}
    for step in case.steps if ripe else ():
        cleaned = words.without(step, spoken, gone)
        if cleaned != (step.entries, step.changes):
            step.entries, step.changes = cleaned
            case.rewritten.add(step.number)
    _note_wiped(case, ripe)
    return ripe


def give_up(case: Case, ids: Collection[str]) -> None:
    """Note of records whose words were wiped otherwise, that nothing gives back what was erased of them before."""
    _note_wiped(case, [s for s in case.steps if s.what is DELETED and not s.undone and s.subject in ids])


def _note_wiped(case: Case, erasing: Iterable[Step]) -> None:
    for step in erasing:
        # The journal says that it was rewritten.
        step.verb = WIPED.name
        case.rewritten.add(step.number)


def reword(case: Case, entry: Record, **values: object) -> None:
    """Write anew what an entry was filed with, where its words are copies of those that are wiped."""
    (step,) = (step for step in case.steps if entry.id in step.added)
    step.entries = tuple(
        replace(added, fields={**added.fields, **values}) if added.id == entry.id else added for added in step.entries
    )
    for name, value in values.items():
        setattr(entry, name, value)
    case.rewritten.add(step.number)


def hidden(case: Case, *, ripe_at: datetime | None = None) -> list[tuple[str, str]]:
    """Words that are erased and not wiped yet, or those that are to be wiped by then; each with what it stood in."""
    steps = [s for s in case.steps if (_is_ripe(s, ripe_at) if ripe_at else s.what is DELETED and not s.undone)]
    return [word for s in steps if s.erases is not None for word in words.said_in(case.steps[s.erases - 1])]


def _said(case: Case, said_at: datetime, by: Professional, about: str | None) -> list[Step]:
    """The steps of what a person said at that moment, without those that are erased."""
    done = effects.erasures(case)
    said = [s for s in case.steps if (s.by, s.at) == (by.user_id, said_at) and not s.what.sets_nothing]
    named = [s for s in said if about and said_in(case, s) == about.partition("/")[0]]
    return [s for s in named or said if s.number not in done]


def _erase(case: Case, step: Step, by: Professional, at: datetime) -> Step | None:
    stays = step.undone or _stays(case, step)
    if stays and not words.spoke(step):
        return None
    erasing = case.step(DELETED, step.subject, by, at)
    erasing.erases = step.number
    if not stays:
        _take_back(case, step, erasing)
    effects.refresh(case, step, erasing)
    return erasing


def _take_back(case: Case, step: Step, erasing: Step) -> None:
    """Let a step no longer hold, as far as nothing is built on it."""
    if not effects.is_built_on(case, step):
        erasing.take_back(step)
        return
    entries = case.entries()
    if any(_still_says_something(case, step, entries[record_id]) for record_id in step.added):
        return
    erasing.let_lapse(step)
    for record_id in step.added:
        # What nobody can read any more is not looked at again.
        if isinstance(entries[record_id], Decision) and entries[record_id].review_at:
            erasing.change(entries[record_id], review_at=None)


def _let_go(case: Case, erasing: Step) -> None:
    """Take back what was erased before, and only stayed because of something that was erased now."""
    for number in sorted(effects.erasures(case), reverse=True):
        step = case.steps[number - 1]
        if step.added and not (step.undone or _stays(case, step) or effects.is_built_on(case, step)):
            effects.take_back(case, step, erasing)


def _take_up(case: Case, restoring: Step) -> None:
    """Put those erased records, without words, back under what was built on them and is restored now."""
    for number, erasing in effects.erasures(case).items():
        step = case.steps[number - 1]
        if step.undone and not _was_undone(case, erasing) and effects.is_built_on(case, step):
            restoring.let_lapse(step)
            effects.refresh(case, step, restoring)


def _was_undone(case: Case, erasing: Step) -> bool:
    """Whether what a deletion erased was taken back before it."""
    undone = False
    for step in case.steps[: erasing.number - 1]:
        if erasing.erases in {*step.undoes, *step.lapses, *step.redoes}:
            undone = erasing.erases in step.undoes
    return undone


def _stays(case: Case, step: Step) -> bool:
    """Whether what a step did stays, whoever takes its words back."""
    entries = case.entries()
    touched = [key for key in (*step.added, *step.before) if key != OF_CASE]
    return step.what.kept or case.closed or any(_is_settled(case, entries[k], step.before.get(k)) for k in touched)


def _is_settled(case: Case, record: Record, changed: Iterable[str] | None) -> bool:
    """Whether a meeting stands on it: its time, who was there, what its approved minutes hold.

    While it is held, who chairs it and who writes can still change; ``changed``: the fields, None of a new record.
    """
    if isinstance(record, RoundTable):
        begun = record.state is State.RUNNING and (changed is None or not {"chair", "taker"}.issuperset(changed))
        return begun or record.state is State.ENDED
    if not isinstance(record, ProposedTime | Availability | AgendaItem | Attendance | Note | Remark):
        return False
    table = next(t for t in case.all(RoundTable) if t.id == record.roundtable)
    if isinstance(record, Note | Remark):
        return table.approved_at is not None
    return table.state is State.ENDED


def _still_says_something(case: Case, step: Step, record: Record) -> bool:
    """Whether a record says something without the words that its author deleted: a date, or a later wording."""
    later = {(c.id, c.field) for s in case.steps[step.number :] if effects.counts(s) for c in s.changes}
    worded = [name for name in kind_of(record).words if getattr(record, name) not in {None, "", ERASED}]
    return isinstance(record, RoundTable) or any((record.id, name) in later for name in worded)


def _can_be_restored(case: Case, step: Step, record_id: str, by: Professional) -> bool:
    return _is_theirs(step, by) and said_in(case, step) == record_id


def _is_theirs(step: Step, by: Professional) -> bool:
    return step.what is DELETED and not step.undone and step.by == by.user_id


def _is_ripe(step: Step, at: datetime) -> bool:
    return step.what is DELETED and not step.undone and at - step.at >= WIPE_AFTER


def _is_word(change: Change) -> bool:
    return change.field in KINDS[change.kind].words


@offers_items
def list_to_wipe(case: Case) -> Iterator[Item]:
    """Whose deleted words are to be wiped, and when."""
    for step in case.told(DELETED):
        if not step.undone:
            yield Item(str(step.number), WIPE, NOBODY, step.by, step.at + WIPE_AFTER, open=True)
