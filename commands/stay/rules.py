"""Who sits at the table until a date, and why: warned before, and gone at the end (practice, section 1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from cases.errors import Refusal
from cases.followups import owed_by
from cases.items import NOBODY, Item, offers_items
from cases.record import Record, Words, next_id, record
from cases.verbs import verb
from commands.roundtable import rules as roundtable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cases.calendar import Calendar
    from cases.case import Case, Member
    from cases.people import Professional
    from cases.record import Step

WARNED_BEFORE = 2
"""In working days."""
LIMITED = "stay"
"""The kind of item of somebody who sits at a table until a date."""


def _whom(step: Step) -> Mapping[str, str]:
    return {"person": str(step.entries[0].fields["person"])} if step.entries else {}


STAYS = verb("stay", "asked {person} for a time only ({id})", places=_whom, worded=True, final=True)
ENDED = verb("stay end", "saw the time of {id} end", final=True, in_a_full_case=True)


@record("stay", letter="E", wording="brief", noun="time-boxed place")
@dataclass(eq=False, repr=False)
class Stay(Record):
    """A place at the table until a date."""

    person: str
    """Matrix id."""
    until: datetime
    because: Words
    expert: bool
    """Whether they come for themselves, and not for their agency."""
    brief: Words | None = None
    """What they read when they come."""
    took_seat: bool = False
    """Whether their agency has its seat by this alone."""
    ended_at: datetime | None = None


def require_may_ask(case: Case, by: Professional, *, steers: bool) -> None:
    """Refuse to who neither steers the case nor chairs a round table that is held or planned; raises Refusal."""
    chairs = roundtable.chairs(case)
    if not steers and by.user_id not in chairs:
        able = dict.fromkeys((case.director, *chairs))
        raise Refusal("stay/not_yours", people=[one for one in able if one and case.is_member(one)])


def limit(
    case: Case,
    person: Professional,
    *,
    until: datetime,
    because: str,
    expert: bool,
    by: Professional,
    at: datetime,
    brief: str | None = None,
    took_seat: bool = False,
) -> Stay:
    """Let a member sit at the table until a date; a later word stands in place of an earlier one."""
    case.require_open()
    case.require_member(person.user_id)
    before = stay_of(case, person.user_id)
    step = case.step(STAYS, next_id("E", case.all(Stay), case.steps), by, at)
    if before is not None:
        step.change(before, ended_at=at)
        took_seat = took_seat or before.took_seat
    made = Stay(step.subject, by.user_id, by.agency, at, person.user_id, until, because, expert, brief, took_seat)
    return step.add(case.all(Stay), made)


def stay_of(case: Case, user_id: str) -> Stay | None:
    """The time-boxed place that this person has now."""
    return next((stay for stay in reversed(current(case)) if stay.person == user_id), None)


def current(case: Case) -> list[Stay]:
    """Whose time goes on, and who is there."""
    return [stay for stay in open_ones(case) if case.is_member(stay.person)]


def open_ones(case: Case) -> list[Stay]:
    """What has not ended, also of who has left before the time; not of who was invited anew since, for good."""
    came = {member.user_id: member.invited_at for member in case.present}
    going_on = (stay for stay in case.all(Stay) if not stay.withdrawn and stay.ended_at is None)
    return [stay for stay in going_on if came.get(stay.person, stay.at) <= stay.at]


def warned_at(stay: Stay, calendar: Calendar) -> datetime | None:
    """When they are warned: on a working morning two days before, or the day before; None: it is too short."""
    day = calendar.day(stay.until)
    mornings = [calendar.morning(calendar.add(day, -before)) for before in range(WARNED_BEFORE, 0, -1)]
    return next((morning for morning in mornings if morning > stay.at), None)


def leave(case: Case, stay: Stay, *, by: Professional, at: datetime) -> None:
    """Let them leave the room; as long as their agency keeps its seat they see to what it owes in its own."""
    case.release(stay.person, by=by, at=at)
    if owed(case, stay, at):
        case.steps[-1].change(_place(case, stay), apart=True)


def _place(case: Case, stay: Stay) -> Member:
    return next(member for member in reversed(case.members) if member.user_id == stay.person)


def owed(case: Case, stay: Stay, at: datetime) -> list[str]:
    """What keeps an agency its seat that it has by this alone: what it still has to see to (ids)."""
    agency = case.agency_of(stay.person) or ""
    alone = stay.took_seat and not any(member.agency == agency for member in case.present)
    return list(dict.fromkeys(item.id for item in owed_by(case, agency, at))) if alone else []


def end(case: Case, stay: Stay, *, by: Professional, at: datetime) -> bool:
    """Note that it is over; gives whether the agency gave up the seat that it had by this alone."""
    agency = case.agency_of(stay.person)
    step = case.step(ENDED, stay.id, by, at)
    step.change(stay, ended_at=at)
    if _place(case, stay).apart:
        step.change(_place(case, stay), apart=False)
    gives_up = stay.took_seat and agency in case.seats and all(member.agency != agency for member in case.present)
    if gives_up:
        step.change(case, seats=tuple(seat for seat in case.seats if seat != agency))
    return gives_up


@offers_items
def list_limited(case: Case) -> Iterator[Item]:
    """Who sits at the table until a date."""
    for stay in case.all(Stay):
        goes_on = not stay.withdrawn and stay.ended_at is None
        yield Item(stay.id, LIMITED, NOBODY, stay.person, stay.until, goes_on)
