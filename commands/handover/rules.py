"""One shift hands over to the next: what was told, and who has taken it over (practice, section 1: Anchor teams)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from cases.case import Mode
from cases.errors import Refusal
from cases.followups import Followup, offers_followups, todo
from cases.handover import gives_back
from cases.items import NOBODY, Item, offers_items
from cases.record import Record, Words, next_id, one_of, record
from cases.verbs import verb

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import time
    from zoneinfo import ZoneInfo

    from cases.case import Case
    from cases.people import Professional
    from cases.record import Step

HANDED_OVER = verb("handover", "handed the shift over ({id})", worded=True)
TAKEN_OVER = verb("taken", "took the shift over ({id})")
MISSED = verb("handover missed", "saw nobody take {id} over in time", final=True, in_a_full_case=True)
WAITS = todo("handover", "take the shift over:  !taken {id}", "nobody has taken the shift over")
UNTAKEN = "handover"
"""The kind of item of a hand-over that nobody has taken, and of which the coordinators were not told."""
AHEAD = timedelta(hours=24)
"""So far a hand-over looks ahead."""
EARLY = timedelta(hours=2)
"""So long before a shift begins it is handed over at the earliest."""


@record("handover", letter="H", wording="text", noun="hand-over")
@dataclass(eq=False, repr=False)
class Handover(Record):
    """What who goes off tells who comes."""

    text: Words
    to: str | None
    """Who takes over (Matrix id); None: whoever comes."""
    take_by: datetime
    """Until when it is taken, or the coordinators are told."""
    taken_by: str | None = None
    taken_at: datetime | None = None
    missed_at: datetime | None = None
    """When they were told."""

    @property
    def waits(self) -> bool:
        """Whether nobody has taken it over."""
        return self.taken_by is None and not self.withdrawn


class Shift(NamedTuple):
    """A shift of a day, or of a night."""

    start: datetime
    end: datetime


def hand_over(case: Case, text: str, *, to: str | None, take_by: datetime, by: Professional, at: datetime) -> Handover:
    """Tell what the next shift needs to know.

    Whoever hands over has taken what was handed to them, or to nobody in particular; and what they told themselves and
    nobody has taken is told anew by this.
    """
    case.require_open()
    if case.mode is not Mode.TEAM:
        raise Refusal("handover/no_team", ref=case.ref)
    if to is not None:
        case.require_member(to)
    if to == by.user_id:
        raise Refusal("handover/to_yourself")
    told = Handover(next_id("H", case.all(Handover), case.steps), by.user_id, by.agency, at, text, to, take_by)
    step = case.step(HANDED_OVER, told.id, by, at)
    for earlier in waiting(case):
        if earlier.by == by.user_id:
            step.change(earlier, withdrawn=True)
        elif earlier.to in {None, by.user_id}:
            step.change(earlier, taken_by=by.user_id, taken_at=at)
    return step.add(case.all(Handover), told)


def take_over(case: Case, told_id: str | None, *, by: Professional, at: datetime, steers: bool = False) -> Handover:
    """Take it over: who it is for does, or whoever sits at the table if it is for nobody in particular.

    ``steers``: who runs the process takes it as well, where the one who was named does not come.
    """
    case.require_open()
    case.require_member(by.user_id)
    if told_id is None:
        mine = [one for one in waiting(case) if one.by != by.user_id and (steers or one.to in {None, by.user_id})]
        told_id = mine[-1].id if mine else None
    if told_id is None:
        raise Refusal("handover/none", ref=case.ref)
    told = one_of(case.all(Handover), told_id)
    if told.taken_by is not None:
        raise Refusal("handover/taken", id=told.id, person=told.taken_by)
    if told.by == by.user_id:
        raise Refusal("handover/your_own", id=told.id)
    if told.to not in {None, by.user_id} and not steers:
        raise Refusal("handover/not_for_you", id=told.id, person=told.to)
    case.step(TAKEN_OVER, told.id, by, at).change(told, taken_by=by.user_id, taken_at=at)
    return told


def miss(case: Case, told: Handover, *, by: Professional, at: datetime) -> None:
    """Nobody took it over in time, and those who coordinate are told."""
    case.step(MISSED, told.id, by, at).change(told, missed_at=at)


def is_missed(told: Handover, now: datetime) -> bool:
    """Whether it is time to tell those who coordinate."""
    return told.waits and told.missed_at is None and told.take_by <= now


def waiting(case: Case) -> list[Handover]:
    """What nobody has taken over, oldest first."""
    return [told for told in case.all(Handover) if told.waits]


def on_now(case: Case, hidden: Collection[str] = ()) -> Handover | None:
    """The hand-over that was taken last: who took it is on; without what is hidden."""
    taken = [one for one in case.all(Handover) if one.taken_at and not one.withdrawn and one.id not in hidden]
    return max(taken, key=lambda one: (one.taken_at or one.at, one.at), default=None)


def shift_of(begin: Collection[time], now: datetime, zone: ZoneInfo) -> Shift | None:
    """The shift that a hand-over at this moment is for: the one that begins soon, else the one that has begun.

    ``begin``: when shifts begin, in local time; with none there are no shifts.
    """
    today = now.astimezone(zone).date()
    days = [today + timedelta(days=number) for number in range(-1, 3)]
    starts = sorted({datetime.combine(day, hour, zone) for day in days for hour in begin})
    begun = [start for start in starts if start <= now + EARLY]
    return Shift(begun[-1], starts[len(begun)]) if begun else None


@offers_items
def list_untaken(case: Case) -> Iterator[Item]:
    """What nobody has taken, until those who coordinate are told."""
    for told in case.all(Handover):
        untaken = told.waits and told.missed_at is None and not case.closed
        yield Item(told.id, UNTAKEN, NOBODY, None, told.take_by, untaken)


@offers_followups
def list_waiting(case: Case, now: datetime) -> Iterator[Followup]:
    """Whose move it is: who takes over, else somebody of the agency that handed over finds out who."""
    for told in waiting(case) if not case.closed else ():
        agency = (case.agency_of(told.to) if told.to else None) or told.agency
        yield Followup(told.id, WAITS, agency, told.to, told.take_by, late=told.take_by < now, text=told.text)


@gives_back
def hand_to_whoever_comes(case: Case, user_id: str, step: Step) -> None:
    """What was for somebody who leaves the table is for whoever comes."""
    for told in waiting(case):
        if told.to == user_id:
            step.change(told, to=None)
