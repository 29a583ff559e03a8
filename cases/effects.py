"""What a step did to a case, taken back and brought back: for ``!undo``, for deletions, and for ``!restore``.

A field of a record has a chain of values: each step that changes it keeps the value before. What a step gave a field
stands, by now, in the record, or in the next step that changed the field since. Taking a step out of the chain puts
the value before it in that place; bringing it back puts its own value there again. So what others did later stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from cases.action import ACCEPTS, Action, settle
from cases.record import as_it_was

if TYPE_CHECKING:
    from datetime import datetime

    from cases.case import Case
    from cases.record import Step

ERASES = "erases"
"""Under which a deletion keeps the number of the step that it erased."""
Given = tuple[str, str, object]
"""What a step gave a field: the key under which it keeps what it changed, the field, and the value."""
OF_CASE = "case"
"""Under which a step keeps what it changed in the case itself, and in none of its records."""
SETS_NOTHING = frozenset({"undo", "join", "leave", "erase", "restore", "wipe"})
"""Steps about other steps, and what is no command: nothing is taken back of them, and they build on nothing."""


@dataclass(frozen=True, repr=False)
class _Exchange:
    """Which names come, and which go."""

    come: tuple[str, ...]
    go: tuple[str, ...]

    @classmethod
    def of(cls, was: object, value: object) -> _Exchange | None:
        """From one list of names to another; None: these are no names."""
        if not (isinstance(was, list | tuple) and isinstance(value, list | tuple)):
            return None
        return cls(tuple(n for n in value if n not in was), tuple(n for n in was if n not in value))

    @property
    def others(self) -> tuple[str, ...]:
        """All whose place changes."""
        return self.come + self.go

    def made_in(self, names: object) -> tuple[str, ...]:
        """These names, with those that come and without those that go."""
        kept = [n for n in cast("tuple[str, ...]", names) if n not in self.go]
        return (*kept, *(n for n in self.come if n not in kept))


def counts(step: Step) -> bool:
    """Whether a step still says something: it was not taken back, and is not about another step itself."""
    return not step.undone and step.verb not in SETS_NOTHING


def on_file(case: Case) -> dict[str, Any]:
    """All that steps change, by the key under which they keep it: the records, and the case."""
    return {**{record.id: record for record in case.records()}, OF_CASE: case}


def erasures(case: Case) -> dict[int, Step]:
    """The deletions that stand, wiped ones too, by the number of the step that each erased."""
    deletions = (s for s in case.steps if s.verb in {"erase", "wipe"} and not s.undone)
    return {cast("int", s.before[ERASES]["number"]): s for s in deletions}


def value_of(case: Case, step: Step, key: str, name: str) -> object:
    """What a step gave a field, wherever that stands by now."""
    for later in _changes(case, step, key, name):
        if counts(later):
            return later.before[key][name]
    return getattr(on_file(case)[key], name)


def put(case: Case, step: Step, key: str, name: str, value: object) -> None:
    """Let a field have had this value behind a step: in the next step that changed it since, or else now.

    Of names (who accepted) only those that differ are put in or taken out, also behind later steps that added others.
    """
    names = _Exchange.of(value_of(case, step, key, name), value)
    for later in _changes(case, step, key, name):
        given = names.made_in(later.before[key][name]) if names else value
        later.before = {**later.before, key: {**later.before[key], name: given}}
        if counts(later) and not (names and later.verb in ACCEPTS and later.agency not in names.others):
            return
    record = on_file(case)[key]
    current = getattr(record, name)
    setattr(record, name, names.made_in(current) if names else as_it_was(value, current))
    if isinstance(record, Action):
        settle(record)


def take_back(case: Case, step: Step) -> list[Given]:
    """Take back what a step changed and added; gives what it had given."""
    given = take_back_changes(case, step)
    for record_id in step.added:
        given.append((record_id, "withdrawn", value_of(case, step, record_id, "withdrawn")))
        put(case, step, record_id, "withdrawn", value=True)
    step.undone = True
    return given


def take_back_changes(case: Case, step: Step) -> list[Given]:
    """Take back what a step changed in what was there before it; gives what it had given."""
    fields = [(key, name, earlier) for key, changed in step.before.items() for name, earlier in changed.items()]
    given = [(key, name, value_of(case, step, key, name)) for key, name, _ in fields]
    for key, name, earlier in fields:
        if (key, name) == (OF_CASE, "next_review") and not any(map(counts, _changes(case, step, key, name))):
            case.next_review = _review_without(case, step, cast("datetime | None", earlier))
        else:
            put(case, step, key, name, earlier)
    return given


def is_built_on(case: Case, step: Step) -> bool:
    """Whether a later step that counts is about a record that this one added, or about a part of it."""
    return any(_is_about(later, record_id) for later in case.steps[step.number :] for record_id in step.added)


def _is_about(later: Step, record_id: str) -> bool:
    part = f"{record_id}/"
    return counts(later) and (
        record_id in later.before
        or f"{later.subject}/".startswith(part)
        or any(other.startswith(part) for other in later.added)
    )


def _changes(case: Case, step: Step, key: str, name: str) -> list[Step]:
    """The later steps that changed a field, also those that were taken back themselves."""
    return [s for s in case.steps[step.number :] if s.verb not in SETS_NOTHING and name in s.before.get(key, {})]


def _review_without(case: Case, step: Step, earlier: datetime | None) -> datetime | None:
    """The next review without a step: a later decision may have set none only because this one's came sooner."""
    decided = {record_id for s in case.steps[step.number :] for record_id in s.added}
    reviews = [d.review_at for d in case.decisions if d.id in decided and d.review_at and not d.withdrawn]
    return min([*reviews, *([earlier] if earlier else [])], default=None)
