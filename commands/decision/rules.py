"""Decisions: text, reasons, and each agency's position; dissent is recorded, never averaged (practice, section 1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from cases.errors import Refusal
from cases.followups import Followup, offers_followups, todo
from cases.record import Record, Words, next_id, one_of, record
from cases.verbs import verb
from commands.meeting import rules as meeting
from commands.roundtable.rules import USUAL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cases.case import Case
    from cases.people import Professional
    from cases.record import Step
    from commands.roundtable.rules import Quorum

DECIDED = verb("decide", "worded a decision ({id})", worded=True)
AGREED = verb("agree", "agrees with {id}")
DISSENTED = verb("dissent", "dissents from {id}")
NO_POSITION = todo("no position", "agree or dissent: {id}", "no position yet")


class Stance(StrEnum):
    """An agency's position on a decision."""

    AGREES = "agrees"
    DISSENTS = "dissents"


@record("decision", letter="D", wording="text")
@dataclass(eq=False, repr=False)
class Decision(Record):
    """What the table decided, and why."""

    text: Words
    because: Words
    review_at: datetime | None = None
    roundtable: str | None = None

    @property
    def asks_review_at(self) -> datetime | None:
        """When the table wants to look at it, and at the case, again."""
        return self.review_at


@record("position")
@dataclass(eq=False, repr=False)
class Position(Record):
    """One agency's position; the latest of an agency counts, the earlier ones stay on file."""

    decision: str
    stance: Stance
    why: Words | None = None


def decide(
    case: Case,
    text: str,
    *,
    because: str,
    by: Professional,
    at: datetime,
    review_at: datetime | None = None,
    roundtable: str | None = None,
    quorum: Quorum = USUAL,
) -> Decision:
    """Put a decision on file; an agency at the table words it, and agrees with it.

    An earlier review becomes the case's next.
    """
    case.require_open()
    if roundtable is None:
        # At a meeting whoever writes for the table words it, and may speak for no agency there.
        case.require_seat(by.agency)
    meeting.require_quorum(case, quorum)
    meeting.require_no_conflict(case, by)
    step = case.step(DECIDED, next_id("D", case.all(Decision), case.steps), by, at)
    if review_at and (case.next_review is None or review_at < case.next_review):
        case.set_review(review_at, step)
    decision = step.add(
        case.all(Decision),
        Decision(step.subject, by.user_id, by.agency, at, text, because, review_at, roundtable),
    )
    if by.agency in case.seats:
        step.add(
            case.all(Position), Position(f"{decision.id}/1", by.user_id, by.agency, at, decision.id, Stance.AGREES)
        )
    return decision


def take_position(
    case: Case, decision_id: str, stance: Stance, *, by: Professional, at: datetime, why: str | None = None
) -> Decision:
    """Agree or dissent for my agency."""
    case.require_open()
    case.require_seat(by.agency)
    decision = one_of(case.all(Decision), decision_id)
    meeting.require_no_conflict(case, by, decision.roundtable)
    now = positions_on(case, decision).get(by.agency)
    if now and now.stance is stance and now.why == why:
        raise Refusal("decision/same_position", id=decision.id, agency=by.agency, stance=stance)
    number = sum(p.decision == decision.id for p in case.all(Position)) + 1
    case.step(AGREED if stance is Stance.AGREES else DISSENTED, decision.id, by, at).add(
        case.all(Position), Position(f"{decision.id}/{number}", by.user_id, by.agency, at, decision.id, stance, why)
    )
    return decision


def ask_again(case: Case, decision: Decision, step: Step) -> None:
    """Another wording: who agreed with the earlier one has not agreed with this; a dissent stays until it is lifted."""
    for position in positions_on(case, decision).values():
        if position.stance is Stance.AGREES and position.agency != decision.agency:
            step.change(position, withdrawn=True)


def positions_on(case: Case, decision: Decision) -> dict[str, Position]:
    """The position that counts, per agency."""
    return {p.agency: p for p in case.all(Position) if p.decision == decision.id and not p.withdrawn}


def silent_on(case: Case, decision: Decision) -> list[str]:
    """The agencies at the table that have not said where they stand."""
    told = positions_on(case, decision)
    return [agency for agency in case.seats if agency not in told]


@offers_followups
def list_silent(case: Case, now: datetime) -> Iterator[Followup]:
    """The agencies that have not said where they stand."""
    del now
    for d in case.all(Decision):
        if not d.withdrawn:
            for agency in silent_on(case, d):
                yield Followup(d.id, NO_POSITION, agency, None, None, late=False, text=d.text)
