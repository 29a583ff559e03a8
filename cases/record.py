"""What every record of a case has in common, and the journal that timeline and undo are made from."""

from collections.abc import MutableSequence, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from cases.errors import Refusal
from cases.people import Professional


@dataclass(eq=False, repr=False)
class Record:
    """One entry of a case file: who wrote it, for which agency, and when."""

    id: str
    """Unique within the case and never reused: ``C-1``, ``R-1``; parts of a record as ``R-1/2``."""
    by: str
    agency: str
    at: datetime
    withdrawn: bool = field(default=False, kw_only=True)
    """Taken back by its author: kept, but no longer part of the picture."""


R = TypeVar("R", bound=Record)
GAP = "gap"
"""The verb of a step after which numbers go on behind the one that is its subject."""
KIND_OF = {
    "C": "concern",
    "R": "request",
    "A": "action",
    "D": "decision",
    "M": "roundtable",
}


@dataclass(eq=False, repr=False)
class Step:
    """One thing that happened in a case, with what is needed to take it back."""

    number: int
    verb: str
    subject: str
    by: str
    agency: str
    at: datetime
    added: tuple[str, ...] = ()
    before: dict[str, dict[str, object]] = field(default_factory=dict[str, dict[str, object]])
    """The changed records' earlier values: record id → field → value."""
    undone: bool = False

    def add(self, records: MutableSequence[R], record: R) -> R:
        """Put a new record into the case as part of this step."""
        records.append(record)
        self.added = (*self.added, record.id)
        return record

    def change(self, record: Record, **values: object) -> None:
        """Change fields of a record as part of this step."""
        earlier = self.before.get(record.id, {})
        self.before = {
            **self.before,
            record.id: {name: getattr(record, name) for name in values} | earlier,
        }
        for name, value in values.items():
            setattr(record, name, value)


def as_it_was(value: object, current: object) -> object:
    """A journal that was stored holds an enumeration's value, not its member, and a list for a tuple."""
    if isinstance(current, StrEnum) and value is not None:
        return type(current)(str(value))
    return tuple(value) if isinstance(value, list) else value


def next_id(letter: str, records: Sequence[Record], steps: Sequence[Step] = ()) -> str:
    """The next id of a kind: behind all that were given, and behind the numbers that a restored file left out."""
    given = (int(record.id.partition("-")[2]) for record in records)
    left_out = (int(step.subject) for step in steps if step.verb == GAP)
    return f"{letter}-{max((*given, *left_out), default=0) + 1}"


def one_of(records: MutableSequence[R], record_id: str) -> R:
    """The record with this id; raises Refusal when this case has none."""
    for record in records:
        if record.id == record_id and not record.withdrawn:
            return record
    kind = KIND_OF[record_id[0]]
    raise Refusal("case/no_such_record", id=record_id, kind=kind, known=[r.id for r in records if not r.withdrawn][-5:])


def require_agency(agency: str, by: Professional, code: str, **facts: object) -> None:
    """Refuse unless this person speaks for that agency: each keeps its own responsibility."""
    if by.agency != agency:
        raise Refusal(code, agency=agency, **facts)
