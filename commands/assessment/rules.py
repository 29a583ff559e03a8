"""Assessment rounds: three columns, 0 to 10 and confidence of each agency, beside each other and never averaged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from cases.errors import Refusal
from cases.followups import Followup, offers_followups, todo
from cases.gates import Phase, gate
from cases.record import Record, Words, next_id, record
from cases.verbs import verb

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cases.case import Case
    from cases.people import Professional

STARTED = verb("assess start", "began the assessment round {id}")
GIVEN = verb("assess", "gave its part of {whole}")
CLOSED = verb("assess close", "closed the assessment round {id}")
NOT_ASSESSED = todo(
    "not assessed", "give your part of {id}:  !assess WORRIED | WORKING | NEEDED score: 0-10", "has not assessed yet"
)
NEEDED_AGENCIES = 3
"""How many agencies make an assessment joint (practice, section 1: the 120 project)."""


class Confidence(StrEnum):
    """How sure an agency is of its part."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@record("assessment", letter="S", noun="assessment round")
@dataclass(eq=False, repr=False)
class Round(Record):
    """A time at which the table looks at everything together."""

    about: Words | None = None
    closed_at: datetime | None = None


@record("assessment part")
@dataclass(eq=False, repr=False)
class Part(Record):
    """What one agency says in a round, perhaps of one dimension; the latest of an agency counts."""

    assessment: str
    worried: Words
    working: Words
    needed: Words
    score: int | None = None
    """0 to 10."""
    confidence: Confidence | None = None
    dimension: str | None = None
    """One of the scheme's; None: the whole."""
    dissent: Words | None = None
    """Where this agency sees it otherwise than the others."""


def start(case: Case, *, by: Professional, at: datetime, about: str | None = None) -> Round:
    """Begin a round; one at a time."""
    case.require_open()
    if running := open_round(case):
        raise Refusal("assessment/running", id=running.id)
    begun = Round(next_id("S", case.all(Round), case.steps), by.user_id, by.agency, at, about)
    return case.step(STARTED, begun.id, by, at).add(case.all(Round), begun)


def give(
    case: Case,
    *,
    worried: str,
    working: str,
    needed: str,
    by: Professional,
    at: datetime,
    score: int | None = None,
    confidence: Confidence | None = None,
    dimension: str | None = None,
    dissent: str | None = None,
) -> tuple[Round, Part]:
    """Give my agency's part of the round that is open; given again, it stands in place of the earlier one."""
    case.require_open()
    case.require_seat(by.agency)
    running = open_round(case)
    if running is None:
        raise Refusal("assessment/none_open", ref=case.ref)
    step = case.step(GIVEN, running.id, by, at)
    for earlier in parts_of(case, running):
        if (earlier.agency, earlier.dimension) == (by.agency, dimension):
            step.change(earlier, withdrawn=True)
    number = sum(part.assessment == running.id for part in case.all(Part)) + 1
    part = Part(
        f"{running.id}/{number}",
        by.user_id,
        by.agency,
        at,
        running.id,
        worried,
        working,
        needed,
        score,
        confidence,
        dimension,
        dissent,
    )
    return running, step.add(case.all(Part), part)


def close(case: Case, *, by: Professional, at: datetime) -> Round:
    """End the round that is open; who was silent stays listed with it."""
    case.require_open()
    running = open_round(case)
    if running is None:
        raise Refusal("assessment/none_open", ref=case.ref)
    case.step(CLOSED, running.id, by, at).change(running, closed_at=at)
    return running


def open_round(case: Case) -> Round | None:
    """The round in which parts are given now."""
    return next((r for r in case.all(Round) if r.closed_at is None and not r.withdrawn), None)


def rounds(case: Case) -> list[Round]:
    """All rounds, oldest first."""
    return [r for r in case.all(Round) if not r.withdrawn]


def parts_of(case: Case, of: Round) -> list[Part]:
    """The parts that count in a round, in the order in which they were given."""
    return [part for part in case.all(Part) if part.assessment == of.id and not part.withdrawn]


def silent_in(case: Case, of: Round) -> list[str]:
    """The agencies at the table that have not given their part."""
    heard = {part.agency for part in parts_of(case, of)}
    return [agency for agency in case.seats if agency not in heard]


@offers_followups
def list_silent(case: Case, now: datetime) -> Iterator[Followup]:
    """Whose part is waited for while a round is open."""
    del now
    if running := open_round(case):
        for agency in silent_in(case, running):
            yield Followup(running.id, NOT_ASSESSED, agency, None, None, late=False, text=running.about or "")


@gate(Phase.ASSESS)
def need_three(case: Case, now: datetime) -> Iterator[Followup]:
    """Where the table assesses in rounds, enough agencies gave their part of the last one; of a smaller table, all."""
    del now
    for last in rounds(case)[-1:]:
        heard = {part.agency for part in parts_of(case, last)}
        if len(heard) < min(NEEDED_AGENCIES, len(case.seats)):
            for agency in silent_in(case, last):
                yield Followup(last.id, NOT_ASSESSED, agency, None, None, late=False, text="")
