"""The brief of a case: somebody at the table writes it; who comes late reads it on arrival (practice, section 1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cases.record import ERASED, Record, Words, next_id, record
from cases.verbs import verb
from commands.separation.rules import SEPARATED

if TYPE_CHECKING:
    from datetime import datetime

    from cases.case import Case
    from cases.people import Professional

WRITTEN = verb("brief text", "wrote the brief for whoever comes late ({id})", worded=True)


@record("brief", letter="B", wording="text")
@dataclass(eq=False, repr=False)
class Brief(Record):
    """What whoever comes late needs to know; a later one stands in its place."""

    text: Words


def write(case: Case, text: str, *, by: Professional, at: datetime) -> Brief:
    """Write the brief anew."""
    case.require_open()
    made = Brief(next_id("B", case.all(Brief), case.steps), by.user_id, by.agency, at, text)
    return case.step(WRITTEN, made.id, by, at).add(case.all(Brief), made)


def brief_of(case: Case) -> Brief | None:
    """The brief in force; None: nobody has written one, or none since the case was about two persons."""
    standing = (b for b in reversed(case.all(Brief)) if not b.withdrawn and b.text != ERASED)
    return next((b for b in standing if is_of_one(case, b)), None)


def is_of_one(case: Case, record: Record) -> bool:
    """Whether a record was last worded when the case was about one person only."""
    apart = max((step.number for step in case.told(SEPARATED)), default=0)
    return any(record.id in (*step.added, *step.before) for step in case.steps[apart:])
