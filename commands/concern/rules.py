"""Concerns: what somebody observed, so that the table hears it (practice, section 2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from cases.record import Record, Words, next_id, record
from cases.verbs import verb

if TYPE_CHECKING:
    from cases.case import Case
    from cases.people import Professional

RAISED = verb("concern", "raised a concern ({id})", worded=True)


class Basis(StrEnum):
    """Whether a statement is observed or thought; unmarked is asked for."""

    FACT = "fact"
    OPINION = "opinion"


class Urgency(StrEnum):
    """How soon the table should look at it."""

    URGENT = "urgent"
    SOON = "soon"
    ROUTINE = "routine"


class Domain(StrEnum):
    """The life domains of the evidence map."""

    HOME = "home"
    SCHOOL = "school"
    HEALTH = "health"
    PEERS = "peers"
    ONLINE = "online"
    JUSTICE = "justice"
    HOUSING = "housing"


@record("concern", letter="C", wording="about")
@dataclass(eq=False, repr=False)
class Concern(Record):
    """What was observed."""

    about: Words
    kind: Basis | None = None
    seen_at: datetime | None = None
    source: Words | None = None
    domain: Domain | None = None
    urgency: Urgency = Urgency.ROUTINE


def raise_concern(
    case: Case,
    about: str,
    *,
    by: Professional,
    at: datetime,
    kind: Basis | None = None,
    seen_at: datetime | None = None,
    source: str | None = None,
    domain: Domain | None = None,
    urgency: Urgency = Urgency.ROUTINE,
) -> Concern:
    """Raise a concern; raises Refusal on a closed case."""
    case.require_open()
    concern = Concern(
        next_id("C", case.all(Concern), case.steps),
        by.user_id,
        by.agency,
        at,
        about,
        kind,
        seen_at,
        source,
        domain,
        urgency,
    )
    case.step(RAISED, concern.id, by, at).add(case.all(Concern), concern)
    return concern
