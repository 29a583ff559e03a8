"""What is told of a round table that has a time: the card, the hour in other zones, and the calendar file."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from cases.case import Case
from cases.record import Step
from cases.time import show_day
from chat import recurrence
from chat.context import Context, Reply
from commands.planning import rules as planning
from commands.roundtable import ics
from commands.roundtable.rules import RoundTable
from commands.series import rules as series
from commands.series.rules import Series
from storage.find import Directory
from storage.messages import Attachment

DATES = frozenset({"state", "starts_at", "withdrawn"})
"""What of a meeting stands in calendars: whether it is held, and when."""


@dataclass(frozen=True, repr=False)
class Elsewhere:
    """What the clock says in another zone that members live in."""

    zone: str
    clocks: list[str]
    """``11:00``; with the day, where it is another one: ``Fri 6 Nov 2026, 00:30``."""


def card(ctx: Context, table: RoundTable, *, expected: Sequence[str] = ()) -> Reply:
    """The card of a meeting that was given its time; it calls everybody."""
    rest = series.series_of(ctx.case, table)
    following = [t for t in series.tables_of(ctx.case, rest) if t.starts_at > table.starts_at] if rest else []
    facts: dict[str, object] = {
        "table": table,
        "elsewhere": elsewhere(ctx.case, ctx.directory, [table.starts_at]),
        "series": rest,
        "following": following,
        "expected": expected,
    }
    return Reply("roundtable/scheduled", facts, table.id, everybody(ctx.case), files(ctx, [table, *following]))


def files(ctx: Context, tables: Iterable[RoundTable]) -> tuple[Attachment, ...]:
    """The calendar files of these meetings, as they stand now."""
    return calendar_files(ctx.case, tables, ctx.house.bot_id, ctx.now)


def files_after_undo(ctx: Context, step: Step) -> tuple[Attachment, ...]:
    """The calendar files of the meetings whose dates a step had changed, as they stand now that it was taken back."""
    touched = [t for t in ctx.case.all(RoundTable) if t.id in {*step.added, *step.before}]
    return files(ctx, [t for t in touched if planning.had_time(ctx.case, t)])


def files_after_deletion(case: Case, steps: Iterable[Step], bot_id: str, now: datetime) -> tuple[Attachment, ...]:
    """The calendar files of the meetings whose dates a deletion changed, or its being taken back."""
    changed = [(key, fields) for step in steps for key, fields in step.before.items()]
    dated = {key for key, fields in changed if fields.keys() & DATES}
    return calendar_files(
        case, (t for t in case.all(RoundTable) if t.id in dated and planning.had_time(case, t)), bot_id, now
    )


def calendar_files(case: Case, tables: Iterable[RoundTable], bot_id: str, now: datetime) -> tuple[Attachment, ...]:
    """The same, where nobody said anything and there is no context."""
    return tuple(ics.file_of(case, table, house=bot_id, now=now) for table in tables)


def dates_of(rest: Series) -> Iterable[datetime]:
    """All dates that follow from the rule of a series."""
    return recurrence.dates(rest.rule, rest.first_at, ZoneInfo(rest.zone))


def everybody(case: Case) -> tuple[str, ...]:
    """All who sit at the table (Matrix ids)."""
    return tuple(member.user_id for member in case.present)


def elsewhere(case: Case, directory: Directory, moments: Sequence[datetime]) -> list[Elsewhere]:
    """For each zone of a member in which the clock says something else: what it says at these moments."""
    zones = sorted({directory.zone(member.user_id, case.zone_info).key for member in case.present})
    found = [Elsewhere(zone, [_clock(moment, ZoneInfo(zone), case.zone_info) for moment in moments]) for zone in zones]
    here = [_clock(moment, case.zone_info, case.zone_info) for moment in moments]
    return [one for one in found if one.clocks != here]


def _clock(moment: datetime, zone: ZoneInfo, home: ZoneInfo) -> str:
    local = moment.astimezone(zone)
    day = "" if local.date() == moment.astimezone(home).date() else f"{show_day(moment, zone)}, "
    return f"{day}{local:%H:%M}"
