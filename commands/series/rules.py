"""Recurring round tables: the next two exist by themselves, and each can be skipped or moved without the others.

A series keeps a rule of RFC 5545 and does not read it: the dates that follow from it are handed in.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING

from cases.errors import Refusal
from cases.record import Record, Words, next_id, record
from cases.verbs import verb
from commands.roundtable import rules as roundtable
from commands.roundtable.rules import RoundTable, State

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cases.case import Case
    from cases.people import Professional
    from cases.record import Step

EXTENDED = verb("roundtable series", "put the next round tables on file: the series of {whole}", settles_a_time=True)
SKIPPED = verb("roundtable skip", "left out the round table {id}", settles_a_time=True)
STOPPED = verb("roundtable stop", "ended the series of {id}")

AHEAD = 2
"""How many meetings of a series are always on file."""


@record("series")
@dataclass(eq=False, repr=False)
class Series(Record):
    """A round table that comes again; what it says about length, chair, purpose and place holds for each."""

    rule: str
    """RFC 5545, such as ``FREQ=MONTHLY;INTERVAL=6``."""
    every: str
    """The same in words: ``6 months``."""
    first_at: datetime
    zone: str
    """IANA name: in this zone the hour stays the same when the clocks change."""
    minutes: int
    chair: str
    about: Words | None = None
    where: Words | None = None
    stopped_at: datetime | None = None


def begin(
    case: Case,
    rule: str,
    dates: Iterable[datetime],
    *,
    every: str,
    chair: str,
    by: Professional,
    at: datetime,
    about: str | None = None,
    minutes: int = roundtable.DEFAULT_MINUTES,
    where: str | None = None,
) -> list[RoundTable]:
    """Schedule a round table that comes again; ``dates`` are all those of the rule, rising, the first one first."""
    case.require_open()
    case.require_member(chair)
    step = case.step(roundtable.SCHEDULED, next_id("M", case.all(RoundTable), case.steps), by, at)
    first, *following = islice(dates, AHEAD)
    series = Series(
        f"{step.subject}/series", by.user_id, by.agency, at, rule, every, first, case.zone, minutes, chair, about, where
    )
    step.add(case.all(Series), series)
    tables = [_add(case, step, series, when) for when in (first, *following)]
    roundtable.plan_review(case, first, step)
    return tables


def extend(
    case: Case, series: Series, dates: Iterable[datetime], *, by: Professional, at: datetime
) -> list[RoundTable]:
    """Put the meetings on file that are missing; ``dates`` are all those of the rule, rising."""
    if not missing(case, series, at):
        return []
    return _extend(case, case.step(EXTENDED, series.id, by, at), series, dates)


def skip(
    case: Case, table_id: str | None, dates: Iterable[datetime], *, because: str | None, by: Professional, at: datetime
) -> tuple[RoundTable, list[RoundTable]]:
    """Leave out one meeting of a series: it, and what takes its place. What was on its agenda goes to the next one."""
    table = roundtable.require(case, table_id, State.SCHEDULED)
    series = require_series(case, table)
    step = case.step(SKIPPED, table.id, by, at)
    step.change(table, state=State.CANCELLED, cancelled_because=because)
    new = _extend(case, step, series, dates)
    if following := next_of(case, series, at):
        for item in roundtable.agenda_of(case, table):
            step.change(item, roundtable=following.id)
    return table, new


def stop(case: Case, table_id: str | None, *, because: str | None, by: Professional, at: datetime) -> list[RoundTable]:
    """End the series of this meeting; what is still ahead of it is called off."""
    table = roundtable.require(case, table_id, *State)
    series = require_series(case, table)
    step = case.step(STOPPED, table.id, by, at)
    step.change(series, stopped_at=at)
    called_off = [t for t in tables_of(case, series) if t.state is State.SCHEDULED and t.starts_at > at]
    for one in called_off:
        step.change(one, state=State.CANCELLED, cancelled_because=because)
    return called_off


def call_off_all(case: Case, step: Step) -> list[RoundTable]:
    """End all series, and call off what is planned, with or without a time: the table dissolves with this step."""
    for series in case.all(Series):
        if not (series.stopped_at or series.withdrawn):
            step.change(series, stopped_at=step.at)
    planned = [t for t in case.all(RoundTable) if t.state in {State.PLANNING, State.SCHEDULED} and not t.withdrawn]
    for table in planned:
        step.change(table, state=State.CANCELLED)
    return sorted(planned, key=lambda t: t.starts_at)


def missing(case: Case, series: Series, now: datetime) -> int:
    """How many meetings have to be put on file for two to be ahead; none of a series that has ended."""
    if series.stopped_at or series.withdrawn or case.closed:
        return 0
    ahead = [t for t in tables_of(case, series) if t.state is State.SCHEDULED and t.starts_at > now]
    return max(0, AHEAD - len(ahead))


def tables_of(case: Case, series: Series) -> list[RoundTable]:
    """The meetings of a series, in the order of the rule."""
    return [t for t in case.all(RoundTable) if t.series == series.id and not t.withdrawn]


def next_of(case: Case, series: Series, now: datetime) -> RoundTable | None:
    """The next meeting of a series."""
    return next((t for t in roundtable.upcoming(case) if t.series == series.id and t.starts_at > now), None)


def series_of(case: Case, table: RoundTable) -> Series | None:
    """The series that a meeting belongs to; also one that has ended."""
    return next((s for s in case.all(Series) if s.id == table.series and not s.withdrawn), None)


def require_series(case: Case, table: RoundTable) -> Series:
    """The running series that a meeting belongs to; raises Refusal."""
    series = series_of(case, table)
    if series is None:
        raise Refusal("series/none", table=table)
    if series.stopped_at:
        raise Refusal("series/stopped", table=table)
    return series


def _extend(case: Case, step: Step, series: Series, dates: Iterable[datetime]) -> list[RoundTable]:
    """Only dates behind all that were ever on file, and ahead of now: what was skipped never comes back."""
    behind = max([step.at, *(t.occurs_at for t in tables_of(case, series) if t.occurs_at)])
    following = (when for when in dates if when > behind)
    return [_add(case, step, series, when) for when in islice(following, missing(case, series, step.at))]


def _add(case: Case, step: Step, series: Series, when: datetime) -> RoundTable:
    table = RoundTable(
        next_id("M", case.all(RoundTable), case.steps),
        series.by,
        series.agency,
        step.at,
        when,
        series.minutes,
        series.chair,
        series.about,
        series.where,
        series=series.id,
        occurs_at=when,
    )
    # What it is about, and where, are the words of who began the series.
    return step.add(case.all(RoundTable), table, said=next(s.number for s in case.steps if series.id in s.added))
