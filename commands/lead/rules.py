"""Who leads a case: the lead professional owns the content, the process director runs it and owns none of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cases.errors import Refusal
from cases.record import Record, Words, record
from cases.verbs import verb

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from cases.case import Case
    from cases.people import Professional
    from cases.record import Step


def _whom(step: Step) -> Mapping[str, str]:
    return {"person": str(step.entries[0].fields["person"])}


NAMED = verb("lead", "named {person} as lead professional", places=_whom)


@record("lead")
@dataclass(eq=False, repr=False)
class Lead(Record):
    """That somebody became the lead professional, and why."""

    person: str
    """Matrix id."""
    because: Words


def name_lead(case: Case, person: str, *, because: str, by: Professional, at: datetime) -> Lead:
    """Name the lead professional, who sits at the table and is not the process director."""
    case.require_open()
    case.require_member(person)
    if person == case.director:
        raise Refusal("lead/directs", ref=case.ref, person=person)
    if person == lead_of(case):
        raise Refusal("lead/leads_already", ref=case.ref, person=person)
    step = case.step(NAMED, f"lead/{len(case.all(Lead)) + 1}", by, at)
    return step.add(case.all(Lead), Lead(step.subject, by.user_id, by.agency, at, person, because))


def lead_of(case: Case) -> str | None:
    """The lead professional; None: nobody was named, or who was has left the table, or directs the process now."""
    named = [lead.person for lead in case.all(Lead) if not lead.withdrawn]
    return named[-1] if named and case.is_member(named[-1]) and named[-1] != case.director else None
