"""Putting records of one case on file in another, with what they say, and taking them off the file of the first."""

from __future__ import annotations

import re
from dataclasses import MISSING, dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

from cases import words
from cases.case import FILED, FILED_MORE
from cases.record import ERASED, KINDS, kind_of, next_id
from commands.action.rules import PENDING, Action
from commands.action.rules import State as Stands
from commands.erasure import rules as erasure
from commands.separation import belonging

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from cases.case import Case
    from cases.people import Professional
    from cases.record import Change, Record

_AN_ID = re.compile(r"[A-Z]-[0-9]+(/.*)?", re.ASCII)


@dataclass(repr=False)
class Carried:
    """What became of records in the other case."""

    ids: dict[str, str] = field(default_factory=dict[str, str])
    """Their new ids."""
    steps: dict[int, int] = field(default_factory=dict[int, int])
    """The step there that repeats what a step here said, by their numbers."""


def carry(case: Case, other: Case, records: Sequence[Record], *, by: Professional, at: datetime) -> Carried:
    """Put records on file there, with their authors and dates, under numbers of that case.

    Each step there repeats what one step here said, so that it can be taken off the file alone.
    """
    carried, spoke = Carried(_numbers(records, other)), words.speakers(case.steps).now
    for one in records:
        _file(one, other, carried, {name: spoke.get((one.id, name), 0) for name in kind_of(one).words}, by, at)
    return carried


def _numbers(records: Iterable[Record], other: Case) -> dict[str, str]:
    """The number of each record there: behind all that were given, and those of parts behind it."""
    ids, given = dict[str, str](), dict[str, int]()
    for one in records:
        whole, _, part = one.id.partition("/")
        if part:
            ids[one.id] = f"{ids[whole]}/{part}"
            continue
        first = next_id(whole[0], other.all(type(one)), other.steps)
        ids[whole] = f"{whole[0]}-{int(first[2:]) + given.get(whole[0], 0)}"
        given[whole[0]] = given.get(whole[0], 0) + 1
    return ids


def _file(  # noqa: PLR0917 one record
    one: Record, other: Case, carried: Carried, spoke: Mapping[str, int], by: Professional, at: datetime
) -> None:
    new = _renumbered(one, carried.ids)
    if isinstance(new, Action):
        _propose_anew(new, other)
    if new.withdrawn:
        # Its number counts, and what was taken back is not said again.
        for name in spoke:
            _wipe(new, name)
        spoke = {}
    wording = kind_of(one).wording
    needed = {part.name for part in fields(one) if part.default is MISSING}
    first = {spoke[name] for name in spoke if name == wording or (name in needed and wording is None)}
    later = {
        name: getattr(new, name)
        for name, number in spoke.items()
        if getattr(new, name) is not None and name not in needed and first and number not in first
    }
    for name in later:
        setattr(new, name, None)
    step = other.step(FILED_MORE if "/" in new.id else FILED, new.id, by, at)
    step.add(other.all(type(one)), new)
    carried.steps |= {
        number: step.number for name, number in spoke.items() if number and name not in later and getattr(new, name)
    }
    for number in dict.fromkeys(spoke[name] for name in later):
        more = other.step(FILED_MORE, new.id, by, at)
        more.change(new, **{name: value for name, value in later.items() if spoke[name] == number})
        carried.steps[number] = more.number


def _renumbered(one: Record, ids: dict[str, str]) -> Record:
    """The same under its new number; what names others of them names those, and records that stay behind nowhere."""
    kind = kind_of(one)

    def renumber(value: object) -> object:
        if isinstance(value, str) and value in ids:
            return ids[value]
        return None if isinstance(value, str) and _AN_ID.fullmatch(value) else value

    values: dict[str, Any] = {name: renumber(getattr(one, name)) for name in kind.hints if name not in kind.words}
    said = ((name, getattr(one, name)) for name in kind.words)
    values |= {name: belonging.renumber(text, ids) if text else text for name, text in said}
    return replace(one, **values)


def _propose_anew(action: Action, other: Case) -> None:
    """What is still to be done is taken on anew: by its owner who sits there, else by who runs the process there."""
    if action.state not in PENDING | {Stands.DECLINED}:
        return
    seats = other.seats
    action.owner_person = None
    if action.owner not in seats:
        action.handed_from, action.owner = action.owner, seats[0]
    action.support = action.support if action.support in seats and action.support != action.owner else None
    action.safety = action.safety if action.safety in seats else None
    action.state, action.accepted_by, action.declined_half = Stands.PROPOSED, (), None
    action.accept_by = action.going_at = None


def take_away(case: Case, records: Iterable[Record]) -> None:
    """Take records off the file of a case, and wipe what they say wherever the journal holds it."""
    gone = {one.id: one for one in records}
    for step in case.steps:
        entries = tuple(
            replace(entry, fields=_without(entry.kind, entry.fields)) if entry.id in gone else entry
            for entry in step.entries
        )
        changes = tuple(_clean(change) if change.id in gone else change for change in step.changes)
        if (entries, changes) != (step.entries, step.changes):
            step.entries, step.changes = entries, changes
            case.rewritten.add(step.number)
    for one in gone.values():
        for name in kind_of(one).words:
            _wipe(one, name)
    erasure.give_up(case, gone)
    # It is the last step of those that say where these belong.
    for one in gone.values():
        if not one.withdrawn:
            case.steps[-1].change(one, withdrawn=True)


def _wipe(one: Record, name: str) -> None:
    if getattr(one, name):
        setattr(one, name, ERASED)


def _without(kind: str, values: Any) -> dict[str, object]:  # noqa: ANN401 the fields of an entry
    return {name: ERASED if value and name in KINDS[kind].words else value for name, value in values.items()}


def _clean(change: Change) -> Change:
    if change.field not in KINDS[change.kind].words:
        return change
    return replace(change, old=ERASED if change.old else change.old, new=ERASED if change.new else change.new)
