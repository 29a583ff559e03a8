"""A sitting: its cases in their order, who has confirmed, and what becomes of those that are not heard.

It is the house's, and knows its cases by their references; what is said of a case stands in that case alone.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from cases.briefing import has_briefed
from cases.errors import Refusal
from commands.roundtable import rules as roundtable
from commands.roundtable.rules import Presence, RoundTable

if TYPE_CHECKING:
    from cases.case import Case

DEFAULT_MINUTES = 10
MOST_CASES = 30
AHEAD_AT_MOST = timedelta(days=1)
"""So long before its date one that follows by itself can begin: not by a slip behind the one before it."""
KEPT_FOR = timedelta(days=2 * 365)
"""So long it is known what became of the cases of one that is over."""


class State(StrEnum):
    """Where a sitting stands."""

    PLANNED = "planned"
    RUNNING = "running"
    ENDED = "ended"
    NOT_HELD = "not held"
    """Its day is over, and nobody began it."""
    CALLED_OFF = "called off"


class Turn(StrEnum):
    """Where a case of a sitting stands."""

    WAITING = "waiting"
    RUNNING = "running"
    HELD = "held"
    DEFERRED = "deferred"
    SKIPPED = "skipped"
    """It could not be heard."""
    NOT_REACHED = "not reached"


class Why(StrEnum):
    """Why a case was not heard, in a word that may stand beside its reference."""

    REFERRER = "referrer"
    """Who brought it neither came nor briefed."""
    BY_HAND = "by hand"
    CLOSED = "closed"
    CALLED_OFF = "called off"
    """In its own room: its round table was called off, or moved to another day."""
    ANOTHER_RUNS = "another runs"
    """Another round table is held there."""
    UNREADABLE = "unreadable"
    FULL = "full"
    """Its file takes nothing more."""
    NO_CHAIR = "no chair"
    """Whoever chairs the sitting has no place at its table any more."""


SETTLED = frozenset({Why.CLOSED, Why.CALLED_OFF})
"""Why a case that was not heard is not for the next sitting either."""


@dataclass(frozen=True, repr=False)
class Seated:
    """A place at a case's table that somebody has for the sitting alone."""

    member: str
    """Its id in that case."""
    took_seat: bool
    """Whether the agency has its seat by this alone."""


@dataclass(repr=False)
class Slot:
    """A case of a sitting."""

    ref: str
    starts_at: datetime
    """As planned: one that was taken off before it leaves a gap."""
    minutes: int
    table: str | None = None
    """Its round table there (its id); None: it could not be planned."""
    turn: Turn = Turn.WAITING
    why: Why | None = None
    unresolved: int = 0
    """How much was unresolved when it had been heard."""
    begun_at: datetime | None = None
    told: bool = False
    """Whether its room was told that it is the next one."""
    seated: tuple[Seated, ...] = ()
    """Who has a place at its table for the sitting alone; nobody any more once that is over."""

    @property
    def ends_at(self) -> datetime:
        """As planned."""
        return self.starts_at + timedelta(minutes=self.minutes)

    @property
    def until(self) -> datetime | None:
        """When its minutes are up, once it has its turn."""
        return self.begun_at + timedelta(minutes=self.minutes) if self.begun_at else None

    @property
    def is_left(self) -> bool:
        """Whether it is for another sitting to hear it."""
        return self.turn in {Turn.DEFERRED, Turn.SKIPPED, Turn.NOT_REACHED} and self.why not in SETTLED


@dataclass(repr=False)
class Rhythm:
    """How a sitting comes again: a rule of RFC 5545, the same in words, the first date, and the zone of its hours."""

    series: int
    """The number of the first one."""
    rule: str
    every: str
    first_at: datetime
    zone: str


@dataclass(repr=False)
class Sitting:
    """One date, many cases."""

    number: int
    starts_at: datetime
    minutes: int
    """For each case, unless another length was said."""
    chair: str
    by: str
    slots: list[Slot] = field(default_factory=list)
    core: tuple[str, ...] = ()
    """Who has a place at the table of each of its cases (Matrix ids)."""
    where: str | None = None
    state: State = State.PLANNED
    confirmed: tuple[str, ...] = ()
    """Who has confirmed confidentiality at one of its tables."""
    rhythm: Rhythm | None = None
    begun_at: datetime | None = None

    @property
    def running(self) -> Slot | None:
        """The case whose turn it is."""
        return next((slot for slot in self.slots if slot.turn is Turn.RUNNING), None)

    @property
    def waiting(self) -> list[Slot]:
        """Those still to come, in their order."""
        return [slot for slot in self.slots if slot.turn is Turn.WAITING]

    @property
    def left(self) -> list[Slot]:
        """Those that were not heard, and are for another sitting."""
        return [slot for slot in self.slots if slot.is_left]

    @property
    def is_over(self) -> bool:
        """Whether nothing more comes of it."""
        return self.state not in {State.PLANNED, State.RUNNING}

    @property
    def heard_any(self) -> bool:
        """Whether a case has had its turn, so that people could confirm."""
        return any(slot.turn in {Turn.RUNNING, Turn.HELD} for slot in self.slots)

    @property
    def ends_at(self) -> datetime:
        """When the last of its cases ends, as planned."""
        return max((slot.ends_at for slot in self.slots), default=self.starts_at)

    def slot_of(self, ref: str) -> Slot | None:
        """The case of this reference on it."""
        return next((slot for slot in self.slots if slot.ref == ref), None)


def put_on(sitting: Sitting, ref: str, at: datetime, minutes: int | None = None) -> Slot:
    """Put a case at the end of a sitting, also one that it has deferred; raises Refusal when it is on it, or full."""
    known = sitting.slot_of(ref)
    if known and not known.is_left:
        raise Refusal("sitting/on_already", ref=ref, sitting=sitting)
    if known:
        sitting.slots.remove(known)
    if len(sitting.slots) >= MOST_CASES:
        raise Refusal("sitting/full", most=MOST_CASES)
    slot = Slot(ref, max(at, sitting.ends_at), minutes or sitting.minutes, seated=known.seated if known else ())
    sitting.slots.append(slot)
    return slot


def begin(sitting: Sitting, at: datetime) -> None:
    """Begin it; raises Refusal for one without cases, and for one that follows by itself and is not due yet."""
    if not sitting.waiting:
        raise Refusal("sitting/empty", sitting=sitting)
    follows = sitting.rhythm is not None and sitting.rhythm.series != sitting.number
    if follows and at < sitting.starts_at - AHEAD_AT_MOST:
        raise Refusal("sitting/not_yet", sitting=sitting)
    sitting.state, sitting.begun_at = State.RUNNING, at


def require_waiting(sitting: Sitting, ref: str) -> Slot:
    """The case of this reference, if it still waits for its turn; raises Refusal."""
    slot = sitting.slot_of(ref)
    if slot is None:
        raise Refusal("sitting/not_on_it", ref=ref, refs=[one.ref for one in sitting.waiting], sitting=sitting)
    if slot.turn is not Turn.WAITING:
        raise Refusal("sitting/had_its_turn", ref=ref, slot=slot)
    return slot


def referrer(case: Case) -> str | None:
    """The agency that brought the case; if none is named, that of who opened it, unless it only runs the process."""
    opened_by = case.agency_of(case.opened_by)
    return case.brought_by or (opened_by if opened_by in case.seats else None)


def is_deserted(case: Case, table: RoundTable, sitting: Sitting, here: Collection[str] = ()) -> bool:
    """Whether who brought a case neither comes to its table nor has briefed it.

    Before anybody could confirm, only apologies say that somebody does not come. ``here``: who is there for certain,
    such as who runs the sitting.
    """
    agency = referrer(case)
    if agency is None or has_briefed(case, agency, table.id):
        return False
    people = [member.user_id for member in case.present if member.agency == agency]
    said = roundtable.presences(case, table)
    away = {person for person in people if said.get(person) is Presence.APOLOGIES}
    comes = {person for person in people if said.get(person) in {Presence.ATTENDS, Presence.CONFIRMED}}
    comes |= {one.deputy for one in roundtable.apologies(case, table) if one.by in people and one.deputy}
    comes |= {person for person in people if person in {*sitting.confirmed, *here, sitting.chair}} - away
    if comes:
        return False
    return sitting.heard_any or away == set(people)


def find_left(sittings: Collection[Sitting]) -> dict[str, Sitting]:
    """The cases that were not heard and are on no sitting to come: each with the sitting that did not hear it."""
    found: dict[str, Sitting] = {}
    for sitting in sorted(sittings, key=lambda one: (one.starts_at, one.number)):
        for slot in sitting.slots:
            found.pop(slot.ref, None)
            if sitting.is_over and slot.is_left:
                found[slot.ref] = sitting
    return found
