"""Finding a time for a round table: who can come when, which time is best, and fixing or moving it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from cases.errors import Refusal
from cases.record import Record, next_id, record
from cases.verbs import verb
from commands.roundtable import rules as roundtable
from commands.roundtable.rules import USUAL, Attendance, Presence, Quorum, RoundTable, State

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cases.case import Case
    from cases.people import Professional

TIMES_ASKED = verb("roundtable plan", "asked who can come when ({id})")
AVAILABLE = verb("available", "said when they can come to {whole}")
FIXED = verb("roundtable fix", "decided when it is: {id}", settles_a_time=True)
MOVED = verb("roundtable move", "moved the round table {id}", settles_a_time=True)


class Can(StrEnum):
    """Whether somebody can come at a time, the best answer first."""

    YES = "yes"
    IF_NEED_BE = "if need be"
    NO = "no"


MOST_TIMES = 6


@record("proposed time")
@dataclass(eq=False, repr=False)
class ProposedTime(Record):
    """One of the times that a round table could take place at."""

    roundtable: str
    number: int
    """From 1 on: what people answer with."""
    starts_at: datetime


@record("availability")
@dataclass(eq=False, repr=False)
class Availability(Record):
    """Whether a member can come at a proposed time; the latest word of each member counts."""

    roundtable: str
    number: int
    can: Can


@dataclass(frozen=True, repr=False)
class Prospect:
    """What a proposed time would bring: the agencies that can come, and whether they are a quorum."""

    time: ProposedTime
    yes: tuple[str, ...]
    if_need_be: tuple[str, ...]
    quorum: bool
    missing: tuple[str, ...]
    """Those without which there is no quorum, and that have not said that they can."""

    @property
    def agencies(self) -> int:
        """How many agencies can come, gladly or if need be."""
        return len(self.yes) + len(self.if_need_be)


def plan(
    case: Case,
    times: Sequence[datetime],
    *,
    chair: str,
    by: Professional,
    at: datetime,
    about: str | None = None,
    minutes: int = roundtable.DEFAULT_MINUTES,
    where: str | None = None,
) -> RoundTable:
    """Propose up to six times; until one is fixed the round table stands at the earliest of them."""
    case.require_open()
    case.require_member(chair)
    times = list(dict.fromkeys(times))
    if len(times) > MOST_TIMES:
        raise Refusal("planning/too_many_times", count=len(times), most=MOST_TIMES)
    step = case.step(TIMES_ASKED, next_id("M", case.all(RoundTable), case.steps), by, at)
    table = step.add(
        case.all(RoundTable),
        RoundTable(
            step.subject, by.user_id, by.agency, at, min(times), minutes, chair, about, where, state=State.PLANNING
        ),
    )
    for number, starts_at in enumerate(times, 1):
        time_id = f"{table.id}/t{number}"
        step.add(case.all(ProposedTime), ProposedTime(time_id, by.user_id, by.agency, at, table.id, number, starts_at))
    return table


def answer(
    case: Case, table_id: str | None, answers: Mapping[int, Can], *, by: Professional, at: datetime
) -> RoundTable:
    """Say at which of the proposed times I can come; what I said before about them no longer counts."""
    table = require(case, table_id)
    said = sum(a.roundtable == table.id for a in case.all(Availability)) + 1
    step = case.step(AVAILABLE, f"{table.id}/can{said}", by, at)
    for place, (number, can) in enumerate(answers.items(), said):
        _time(case, table, number)
        availability = Availability(f"{table.id}/can{place}", by.user_id, by.agency, at, table.id, number, can)
        step.add(case.all(Availability), availability)
    return table


def fix(
    case: Case,
    table_id: str | None,
    when: datetime | int,
    *,
    by: Professional,
    at: datetime,
    steers: bool,
    minutes: int | None = None,
    because: str | None = None,
) -> RoundTable:
    """Decide on a time, or on a proposed one by its number; whoever said yes to it is expected to come.

    ``minutes``: another length than was planned.
    """
    table = require(case, table_id)
    if by.user_id != table.by:
        roundtable.require_chair(table, by, steers=steers)
    starts_at = moment_of(case, table, when)
    if starts_at <= at:
        raise Refusal("planning/past", table=table, when=starts_at)
    step = case.step(FIXED, table.id, by, at)
    step.change(table, state=State.SCHEDULED, starts_at=starts_at, minutes=minutes or table.minutes)
    if because:
        step.change(table, late_because=because)
    fixed = [t.number for t in times_of(case, table) if t.starts_at == starts_at]
    for member in case.present:
        if any(_latest(case, table, number).get(member.user_id) is Can.YES for number in fixed):
            number = sum(a.roundtable == table.id for a in case.all(Attendance)) + 1
            step.add(
                case.all(Attendance),
                Attendance(f"{table.id}/a{number}", member.user_id, member.agency, at, table.id, Presence.ATTENDS),
            )
    roundtable.plan_review(case, starts_at, step)
    return table


def move(
    case: Case,
    table_id: str | None,
    when: datetime,
    *,
    because: str,
    by: Professional,
    at: datetime,
    minutes: int | None = None,
) -> RoundTable:
    """Put a scheduled meeting to another time, with a reason; the earlier time stays visible.

    ``minutes``: another length than it had.
    """
    table = roundtable.require(case, table_id, State.SCHEDULED)
    if when == table.starts_at and minutes in {None, table.minutes}:
        raise Refusal("planning/same_time", table=table)
    case.step(MOVED, table.id, by, at).change(
        table, starts_at=when, minutes=minutes or table.minutes, moved_from=table.starts_at, moved_because=because
    )
    return table


def moment_of(case: Case, table: RoundTable, when: datetime | int) -> datetime:
    """The moment that is meant: one of the proposed times by its number, or another."""
    return _time(case, table, when).starts_at if isinstance(when, int) else when


def had_time(case: Case, table: RoundTable) -> bool:
    """Whether this meeting ever had a time, so that it stands in calendars."""
    asked = any(t.roundtable == table.id for t in case.all(ProposedTime))
    return not asked or any(s.what is FIXED and table.id in s.before for s in case.steps)


def times_of(case: Case, table: RoundTable) -> list[ProposedTime]:
    """The proposed times, by number."""
    return [t for t in case.all(ProposedTime) if t.roundtable == table.id and not t.withdrawn]


def tally(case: Case, table: RoundTable) -> dict[str, dict[int, Can]]:
    """What each agency that answered can: the best answer of its members counts, since one of them is enough."""
    found: dict[str, dict[int, Can]] = {}
    order = list(Can)
    for time in times_of(case, table):
        for person, can in _latest(case, table, time.number).items():
            agency = found.setdefault(case.agency_of(person) or "", {})
            agency[time.number] = min(agency.get(time.number, Can.NO), can, key=order.index)
    seats = [agency for agency in case.seats if agency in found]
    return {agency: found[agency] for agency in [*seats, *sorted(found.keys() - set(seats))]}


def silent(case: Case, table: RoundTable) -> list[str]:
    """The agencies with somebody at the table who have not answered at all."""
    answered = tally(case, table)
    here = {member.agency for member in case.present}
    return [agency for agency in case.seats if agency in here and agency not in answered]


def prospects(case: Case, table: RoundTable, now: datetime, quorum: Quorum = USUAL) -> list[Prospect]:
    """The proposed times that are still ahead, best first.

    A quorum comes first, then the most agencies that can, then the fewest that come only if need be, then the earliest.
    """
    found = [_prospect(case, table, time, quorum) for time in times_of(case, table) if time.starts_at > now]
    return sorted(found, key=lambda p: (not p.quorum, -len(p.yes), len(p.if_need_be), p.time.starts_at))


def best(case: Case, table: RoundTable, now: datetime, quorum: Quorum = USUAL) -> Prospect | None:
    """The time to propose; None while nobody can come at any that is ahead."""
    return next((p for p in prospects(case, table, now, quorum) if p.agencies), None)


def planned(case: Case) -> list[RoundTable]:
    """The meetings that wait for a time."""
    return [t for t in case.all(RoundTable) if t.state is State.PLANNING and not t.withdrawn]


def require(case: Case, table_id: str | None) -> RoundTable:
    """The meeting with this id that waits for a time, or the only one that does; raises Refusal."""
    case.require_open()
    if table_id is None and not planned(case):
        raise Refusal("planning/none", scheduled=roundtable.upcoming(case))
    table = roundtable.require(case, table_id, State.PLANNING, State.SCHEDULED if table_id else State.PLANNING)
    if table.state is State.SCHEDULED:
        raise Refusal("planning/fixed", table=table)
    return table


def _time(case: Case, table: RoundTable, number: int) -> ProposedTime:
    times = times_of(case, table)
    for time in times:
        if time.number == number:
            return time
    raise Refusal("planning/no_such_time", id=table.id, number=number, times=times)


def _prospect(case: Case, table: RoundTable, time: ProposedTime, quorum: Quorum) -> Prospect:
    answers = {agency: cans.get(time.number) for agency, cans in tally(case, table).items()}
    yes = tuple(agency for agency, can in answers.items() if can is Can.YES)
    if_need_be = tuple(agency for agency, can in answers.items() if can is Can.IF_NEED_BE)
    coming = yes + if_need_be
    chaired = _latest(case, table, time.number).get(table.chair, Can.NO) is not Can.NO
    return Prospect(
        time, yes, if_need_be, chaired and quorum.is_met(case.seats, coming), tuple(quorum.missing(case.seats, coming))
    )


def _latest(case: Case, table: RoundTable, number: int) -> dict[str, Can]:
    """The last word of each member who still sits at the table about one time."""
    return {
        a.by: a.can
        for a in case.all(Availability)
        if (a.roundtable, a.number) == (table.id, number) and not a.withdrawn and case.is_member(a.by)
    }
