"""What holds of what was done: for ``!undo``, for deletions, and for ``!restore``.

The value of a field is what the last step gave it that still holds, and its words are hidden when they were erased. So
taking a step back, or bringing it back, is to say so in a new step, and to let the fields that it touched have the
values that follow: what others did since stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from cases.record import ERASED, KINDS, Record

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from cases.case import Case
    from cases.record import Added, Change, Step

OF_CASE = "case"
"""The id under which a step keeps what it changed in the case itself, and in none of its records."""
Place = tuple[str, str]
"""The id of a record, and the name of a field."""


def counts(step: Step) -> bool:
    """Whether a step still says something: it was not taken back, and is not about another step itself."""
    return not (step.undone or step.what.sets_nothing)


def erasures(case: Case) -> dict[int, Step]:
    """The deletions that stand, wiped ones too, by the number of the step that each erased."""
    return {s.erases: s for s in case.steps if s.erases is not None and not s.undone}


def take_back(case: Case, step: Step, by: Step) -> None:
    """Let a step no longer hold, as part of another one."""
    by.take_back(step)
    refresh(case, step, by)


def refresh(case: Case, step: Step, by: Step) -> None:
    """Let all that a step touched have the values that follow from what holds now, as part of another step."""
    entries, hidden = case.entries(), erasures(case).keys()
    touched = [(c.id, c.field) for c in step.changes]
    touched += [(entry.id, name) for entry in step.entries for name in entry.fields if entry.id != OF_CASE]
    if step.entries and step.entries[0].id == OF_CASE:
        touched += [(OF_CASE, name) for name in KINDS[step.entries[0].kind].words]
    repeated = [entry for later in case.steps for entry in later.entries if entry.said == step.number]
    touched += [(entry.id, name) for entry in repeated for name in KINDS[entry.kind].words]
    for key, name in dict.fromkeys(touched):
        value, speaker, stands = _value(case, (key, name), hidden, without=step)
        # The same words of another message stand there from now on: this one's may be wiped.
        if value != getattr(entries[key], name) or speaker != stands:
            by.change(entries[key], speaker, **{name: value})
    for key in dict.fromkeys(key for key, _ in touched):
        if isinstance(entries[key], Record):
            follows = entries[key].consequences().items()
            by.change(entries[key], **{name: value for name, value in follows if value != getattr(entries[key], name)})


def is_built_on(case: Case, step: Step) -> bool:
    """Whether a later step that counts is about a record that this one added, or about a part of it."""
    return any(_is_about(later, record_id) for later in case.steps[step.number :] for record_id in step.added)


def changes_since(case: Case, step: Step, place: Place) -> bool:
    """Whether a later step that counts has changed a field."""
    return any(counts(s) and place in {(c.id, c.field) for c in s.changes} for s in case.steps[step.number :])


def _value(
    case: Case, place: Place, hidden: Collection[int], *, without: Step
) -> tuple[object, int | None, int | None]:
    """What a field holds now; of words also the step that said them, and the one whose words stood there last."""
    key, name = place
    value: object = None
    said = stands = kind = None
    for step in case.steps:
        for entry in step.entries:
            if entry.id == key:
                value, said, kind = _added(case, entry, name), entry.said or step.number, entry.kind
                stands = said
                if name == "withdrawn":
                    value = step.undone
        for change in step.changes:
            if (change.id, change.field) == place:
                stands = change.said or step.number
                if counts(step) and not step.lapsed:
                    value, said, kind = _changed(value, change, step), step.number, change.kind
    if place == (OF_CASE, "next_review") and not changes_since(case, without, place):
        value = _review_without(case, without, cast("datetime | None", value))
    if kind is None or name not in KINDS[kind].words:
        return value, None, None
    return (ERASED if value and said in hidden else value), said, stands


def _added(case: Case, entry: Added, name: str) -> object:
    """What a field was added with; words that repeat another step's as that step said them."""
    said = case.steps[entry.said - 1].entries if entry.said and name in KINDS[entry.kind].words else ()
    return next((source.fields[name] for source in said if name in source.fields), entry.fields[name])


def _changed(value: object, change: Change, step: Step) -> object:
    """A value after a change; of names (who accepted) only those that it put in or took out."""
    if not (isinstance(change.old, tuple) and isinstance(change.new, tuple) and isinstance(value, tuple)):
        return change.new
    if not step.what.merges:
        return change.new
    kept = tuple(n for n in value if n in change.new or n not in change.old)
    return (*kept, *(n for n in change.new if n not in change.old and n not in kept))


def _is_about(later: Step, record_id: str) -> bool:
    part = f"{record_id}/"
    return counts(later) and (
        record_id in later.before
        or f"{later.subject}/".startswith(part)
        or any(other.startswith(part) for other in later.added)
    )


def _review_without(case: Case, step: Step, earlier: datetime | None) -> datetime | None:
    """The next review without a step: a later decision may have set none only because this one's came sooner."""
    decided = {record_id for s in case.steps[step.number :] for record_id in s.added}
    asking = (r for r in case.records() if r.id in decided and not r.withdrawn)
    reviews = [when for record in asking if (when := record.asks_review_at)]
    return min([*reviews, *([earlier] if earlier else [])], default=None)
