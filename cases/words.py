"""Whose words stand where: they are known by the step that said them, never by their text.

Somebody who says the same again in another message keeps it when the first one is deleted.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace

from cases.record import ERASED, KINDS, Added, Change, Step

Place = tuple[str, str]
"""An entry's id, and the field."""


@dataclass(repr=False)
class Speakers:
    """The numbers of the steps that said what stands in each place, and what each change put in place of what."""

    now: dict[Place, int] = field(default_factory=dict)
    changed: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)
    """By step and place among its changes: who said the earlier words, and who the later ones."""


def speakers(steps: Iterable[Step]) -> Speakers:
    """Look through a journal from its beginning."""
    found = Speakers()
    for step in steps:
        for entry in step.entries:
            for name in KINDS[entry.kind].words:
                found.now[entry.id, name] = entry.said or step.number
        for index, change in enumerate(step.changes):
            if change.field in KINDS[change.kind].words:
                place = (change.id, change.field)
                later = change.said or step.number
                found.changed[step.number, index] = (found.now[place], later)
                found.now[place] = later
    return found


def says(step: Step) -> bool:
    """Whether a step put words on file."""
    return any(True for _ in said_in(step))


def spoke(step: Step) -> bool:
    """Whether a step put words on file, also such as are not there any more."""
    return any(True for _ in _places(step))


def said_in(step: Step) -> Iterator[tuple[str, str]]:
    """The words that a step put on file, each with the id of what it put them in."""
    return ((entry_id, value) for entry_id, value in _places(step) if value != ERASED)


def _places(step: Step) -> Iterator[tuple[str, str]]:
    for entry in step.entries if not step.what.sets_nothing else ():
        for name in KINDS[entry.kind].words if entry.said is None else ():
            yield from _word(entry.id, entry.fields[name])
    for change in step.changes if not step.what.sets_nothing else ():
        if change.field in KINDS[change.kind].words:
            yield from _word(change.id, change.new)


def _word(entry_id: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, str) and value:
        yield entry_id, value


def without(step: Step, spoken: Speakers, gone: Collection[int | None]) -> tuple[tuple[Added, ...], tuple[Change, ...]]:
    """The entries and changes of a step, without the words that these steps said."""

    def clean(index: int, change: Change) -> Change:
        earlier, later = spoken.changed.get((step.number, index), (None, None))
        old = ERASED if earlier in gone and change.old else change.old
        return replace(change, old=old, new=ERASED if later in gone and change.new else change.new)

    def clean_entry(entry: Added) -> Added:
        words = KINDS[entry.kind].words if (entry.said or step.number) in gone else frozenset[str]()
        fields = {n: ERASED if n in words and value else value for n, value in entry.fields.items()}
        return replace(entry, fields=fields)

    gone = frozenset(gone) - {None}
    return tuple(map(clean_entry, step.entries)), tuple(clean(i, change) for i, change in enumerate(step.changes))
