"""Decisions: text, reasons, and each agency's position; dissent is recorded, never averaged (practice, section 1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from cases.errors import Refusal
from cases.followups import Followup, Leaving, offers_followups, todo
from cases.record import Record, Words, next_id, one_of, record
from cases.scheme import QUORUM_AGENCIES
from cases.verbs import verb
from commands.meeting import rules as meeting
from commands.roundtable.rules import USUAL, Quorum, RoundTable, agencies_present
from commands.urgent import rules as urgents

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from cases.case import Case
    from cases.people import Professional
    from cases.record import Step

DECIDED = verb(
    "decide",
    "worded a decision at {table} ({id})",
    "proposed a decision ({id})",
    places=lambda step: {"table": table} if (table := _table_in(step)) else {},
    worded=True,
)
AGREED = verb("agree", "agrees with {id}")
DISSENTED = verb("dissent", "dissents from {id}")
NO_POSITION = todo(
    "no position",
    "agree or dissent: {id}",
    "no position yet",
    blocks_closing=True,
    on_withdrawal=Leaving.LAPSES,
)
PROPOSED = todo(
    "proposed",
    "agree or dissent: {id} (proposed)",
    "proposed only, and no position yet",
    blocks_closing=True,
    on_withdrawal=Leaving.LAPSES,
)
NOT_CARRIED = todo(
    "not carried",
    "find a wording for {id} that enough agree with:  !correct {id} TEXT",
    "proposed only: too few agencies agree",
)


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
    """The round table that decided it; None: it was put to the agencies one by one."""
    needed: int = QUORUM_AGENCIES
    """How many agencies make a quorum, as it was when it was put; and which are among them."""
    needs: tuple[str, ...] = ()
    urgent: str | None = None
    """The urgent call while which it was taken, with the quorum waived."""

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


class Taken(NamedTuple):
    """Where and how a decision was taken."""

    at: datetime
    agencies: tuple[str, ...]
    """Those that carry it."""
    roundtable: str | None = None
    """At which; None: outside of one."""


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

    It is proposed until a quorum carries it (``taken``), which is waived while something is urgent.
    An earlier review becomes the case's next.
    """
    case.require_open()
    if roundtable is None:
        # At a meeting whoever writes for the table words it, and may speak for no agency there.
        case.require_seat(by.agency)
    urgent = urgents.standing(case, at)
    if urgent is None:
        meeting.require_quorum(case, quorum)
    meeting.require_no_conflict(case, by)
    step = case.step(DECIDED, next_id("D", case.all(Decision), case.steps), by, at)
    needs = tuple(agency for agency in case.seats if agency in quorum.needs)
    if review_at and (case.next_review is None or review_at < case.next_review):
        case.set_review(review_at, step)
    decision = step.add(
        case.all(Decision),
        Decision(
            step.subject,
            by.user_id,
            by.agency,
            at,
            text,
            because,
            review_at,
            roundtable,
            1 if urgent else quorum.number(case.seats),
            () if urgent else needs,
            urgent.id if urgent else None,
        ),
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
    """The agencies with somebody at the table who have not said where they stand."""
    told, here = positions_on(case, decision), {member.agency for member in case.present}
    return [agency for agency in case.seats if agency in here and agency not in told]


def taken(case: Case, decision: Decision) -> Taken | None:
    """Where and how a decision was taken, by the agencies of a quorum; None: it is only proposed.

    That is at a round table with quorum, or outside of one once as many agencies agree as make a quorum, those that the
    scheme calls mandatory among them. A dissent stands beside it; it is weighed against nothing.
    """
    worded_at = _worded_at(case, decision)
    if (table := _table_of(case, decision, worded_at)) and not meeting.is_interim(
        case, table, worded_at, _quorum(decision)
    ):
        return Taken(worded_at, tuple(agencies_present(case, table, worded_at)), table.id)
    agreed: list[str] = []
    for position in sorted(positions_on(case, decision).values(), key=lambda p: p.at):
        if position.stance is Stance.AGREES:
            agreed.append(position.agency)
            if len(agreed) >= min(decision.needed, len(case.seats)) and not lacking(case, decision, agreed):
                return Taken(max(position.at, worded_at), tuple(agreed))
    return None


def lacking(case: Case, decision: Decision, agreed: Collection[str]) -> list[str]:
    """The agencies without which a decision is not taken, and that are not among these."""
    return [agency for agency in decision.needs if agency in case.seats and agency not in agreed]


def _quorum(decision: Decision) -> Quorum:
    return Quorum(decision.needed, decision.needs)


def _worded_at(case: Case, decision: Decision) -> datetime:
    """When it was given the wording that it has: what was agreed to before that were other words."""
    worded = [s.at for s in case.steps if not s.undone and "text" in s.before.get(decision.id, {}) and s.what.news]
    return max((decision.at, *worded))


def _table_of(case: Case, decision: Decision, at: datetime) -> RoundTable | None:
    """The round table at which it was put, if that was held at this moment."""
    tables = (t for t in case.all(RoundTable) if t.id == decision.roundtable)
    return next((t for t in tables if t.started_at and t.started_at <= at <= (t.ended_at or at)), None)


def _table_in(step: Step) -> str | None:
    """The round table at which a step put a decision."""
    return next((str(e.fields["roundtable"]) for e in step.entries if e.fields.get("roundtable")), None)


@offers_followups
def list_silent(case: Case, now: datetime) -> Iterator[Followup]:
    """The agencies that have not said where they stand; and what is only proposed though all have."""
    del now
    for d in case.all(Decision):
        if d.withdrawn:
            continue
        what = NO_POSITION if taken(case, d) else PROPOSED
        silent = silent_on(case, d)
        for agency in silent:
            yield Followup(d.id, what, agency, None, None, late=False, text=d.text)
        if not silent and what is PROPOSED:
            worded_by = d.agency if d.agency in case.seats else case.seats[0]
            yield Followup(d.id, NOT_CARRIED, worded_by, None, None, late=False, text=d.text)
