"""A case that is about two persons: what goes to a second one, and who agrees (practice, sections 1 and 4).

Neither journal holds the other's reference: who sits in one of the two can have no way to learn of the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from cases.errors import Refusal
from cases.followups import Followup, Leaving, offers_followups, todo
from cases.items import Item, offers_items
from cases.record import Record, Words, next_id, one_of, record
from cases.verbs import verb
from commands.phase.rules import chair_of
from commands.separation import belonging

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime

    from cases.case import Case
    from cases.people import Professional
    from cases.record import Step

SEPARATED = verb("separate", "set up a second case for another person", final=True)
ASKED = verb("allocate", "asked whether it may go to the second case ({id})", final=True)
MOVED = verb("allocate there", "moved {id} to the second case", final=True)
COPIED = verb("allocate both", "copied {id} to the second case", final=True)
KEPT = verb("allocate here", "kept {id} here", final=True)
AGREED = verb("allocation agree", "agreed that it goes to the second case ({id})", final=True)
STOPPED = verb("allocation stop", "did not agree that it goes to the second case ({id})", final=True)
UNALLOCATED = todo(
    "unallocated",
    "say where {id} belongs:  !allocate {id} WHERE",
    "not said yet to which of the two cases it belongs",
    blocks_closing=True,
    on_withdrawal=Leaving.LAPSES,
)
UNAGREED = todo(
    "unagreed",
    "accept or decline {id}: may it go to the second case?",
    "not said yet whether it may go to the second case",
    blocks_closing=True,
    on_withdrawal=Leaving.LAPSES,
)
ITEM = "allocation"
"""The kind of item of an agency that is asked whether what it brought may go."""


class Where(StrEnum):
    """To which of the two cases something belongs."""

    HERE = "here"
    THERE = "there"
    BOTH = "both"


class State(StrEnum):
    """Where an allocation stands."""

    ASKED = "asked"
    DONE = "done"
    STOPPED = "stopped"


_SAYS = {Where.HERE: KEPT, Where.THERE: MOVED, Where.BOTH: COPIED}


@record("separation")
@dataclass(eq=False, repr=False)
class Separation(Record):
    """Why two persons are kept apart, and what was on file then: which case is the other one stands elsewhere."""

    because: Words
    about: tuple[str, ...]


@record("allocation", letter="K")
@dataclass(eq=False, repr=False)
class Allocation(Record):
    """Where records belong that hang together, and the agencies that brought them and must agree."""

    separation: str
    about: tuple[str, ...]
    to: Where
    needs: tuple[str, ...] = ()
    agreed: tuple[str, ...] = ()
    state: State = State.DONE
    why: Words | None = None
    """Why an agency did not agree."""

    @property
    def waits_for(self) -> tuple[str, ...]:
        """The agencies that have not said so."""
        return tuple(agency for agency in self.needs if agency not in self.agreed)


def require_may(case: Case, by: Professional, *, steers: bool) -> None:
    """Refuse to who neither steers the case nor chairs."""
    chair = chair_of(case)
    if not steers and by.user_id != chair:
        able = (case.director, chair)
        raise Refusal("separation/not_yours", people=[p for p in dict.fromkeys(able) if p and case.is_member(p)])


def separate(case: Case, because: str, *, by: Professional, at: datetime) -> Separation:
    """Note that a second case stands beside this one; raises Refusal while an earlier one is not divided."""
    case.require_open()
    if latest(case) and (waiting := left(case)):
        raise Refusal("separation/unresolved", ids=[one.id for one in waiting])
    about = tuple(one.id for one in belonging.list_divided(case))
    number = len(case.all(Separation)) + 1
    made = Separation(f"separation/{number}", by.user_id, by.agency, at, because, about)
    return case.step(SEPARATED, case.ref, by, at).add(case.all(Separation), made)


def allocate(
    case: Case, ids: Collection[str], to: Where, needs: tuple[str, ...], *, by: Professional, at: datetime
) -> Allocation:
    """Say where records belong; what ``needs`` somebody's agreement waits for it."""
    separation = latest(case)
    if separation is None:
        raise Refusal("separation/none")
    for waiting in pending(case):
        if set(waiting.about) & set(ids):
            if to is not Where.HERE:
                raise Refusal("separation/asked", id=waiting.id, ids=waiting.about, agencies=waiting.waits_for)
            case.step(KEPT, waiting.id, by, at).change(waiting, state=State.STOPPED)
    state = State.ASKED if needs else State.DONE
    number = next_id("K", case.all(Allocation), case.steps)
    made = Allocation(number, by.user_id, by.agency, at, separation.id, tuple(ids), to, needs, state=state)
    step = case.step(ASKED, made.id, by, at) if needs else _tell(case, made, by, at)
    return step.add(case.all(Allocation), made)


def agree(case: Case, allocation_id: str, *, by: Professional, at: datetime) -> Allocation:
    """Agree, for my agency, that it goes."""
    asked = _open(case, allocation_id, by)
    case.step(AGREED, asked.id, by, at).change(asked, agreed=(*asked.agreed, by.agency))
    return asked


def ask_more(case: Case, asked: Allocation, agencies: Collection[str], *, by: Professional, at: datetime) -> None:
    """Others have said something to it since it was asked: they must agree, too."""
    case.step(ASKED, asked.id, by, at).change(asked, needs=(*asked.needs, *agencies))


def stop(case: Case, allocation_id: str, why: str, *, by: Professional, at: datetime) -> Allocation:
    """Say, for my agency, that it does not go, and why."""
    asked = _open(case, allocation_id, by)
    case.step(STOPPED, asked.id, by, at).change(asked, state=State.STOPPED, why=why)
    return asked


def settle(case: Case, asked: Allocation, *, by: Professional, at: datetime) -> None:
    """Note that all have agreed and it has gone."""
    _tell(case, asked, by, at).change(asked, state=State.DONE)


def latest(case: Case) -> Separation | None:
    """The separation that is being carried out, or was last."""
    return next((one for one in reversed(case.all(Separation)) if not one.withdrawn), None)


def pending(case: Case) -> list[Allocation]:
    """What agencies are asked about, as long as some of it is on file."""
    asked = [one for one in case.all(Allocation) if one.state is State.ASKED]
    known = {one.id for one in belonging.list_divided(case)} if asked else set[str]()
    return [one for one in asked if known.intersection(one.about)]


def allocated(case: Case) -> dict[str, Where]:
    """Where each record belongs of which it was said since the latest separation."""
    now = latest(case)
    told = [one for one in case.all(Allocation) if now and one.separation == now.id and one.state is State.DONE]
    return {record_id: one.to for one in told for record_id in one.about}


def left(case: Case) -> list[Record]:
    """What was on file when the case was separated, still is, and is not allocated."""
    if (now := latest(case)) is None:
        return []
    told, about = allocated(case), set(now.about)
    return [one for one in belonging.list_divided(case) if one.id in about and one.id not in told]


def _tell(case: Case, made: Allocation, by: Professional, at: datetime) -> Step:
    """A step about each record, so that nothing before it is undone any more; gives the first."""
    first, *_ = [case.step(_SAYS[made.to], record_id, by, at) for record_id in made.about]
    return first


def _open(case: Case, allocation_id: str, by: Professional) -> Allocation:
    case.require_open()
    case.require_not_left(by)
    asked = one_of(case.all(Allocation), allocation_id)
    if by.agency not in asked.needs:
        raise Refusal("separation/not_asked", id=asked.id)
    if asked not in pending(case):
        raise Refusal("separation/over", id=asked.id)
    if by.agency in asked.agreed:
        raise Refusal("separation/agreed_already", id=asked.id)
    return asked


@offers_items
def list_asked(case: Case) -> Iterator[Item]:
    """Which agencies are asked whether something may go."""
    waiting = pending(case)
    for asked in case.all(Allocation):
        for agency in asked.needs:
            yield Item(asked.id, ITEM, agency, None, None, asked in waiting and agency in asked.waits_for)


@offers_followups
def list_left(case: Case, _now: datetime) -> Iterator[Followup]:
    """What is not allocated, and the agencies that have not said whether it may go."""
    asked = {record_id: one for one in pending(case) for record_id in one.about}
    director = case.director if case.director and case.is_member(case.director) else None
    for one in left(case):
        if one.id not in asked:
            agency = case.agency_of(director) if director else None
            yield Followup(one.id, UNALLOCATED, agency or "", director, None, late=False, text="")
    for waiting in pending(case):
        for agency in waiting.waits_for:
            yield Followup(waiting.id, UNAGREED, agency, None, None, late=False, text="")
