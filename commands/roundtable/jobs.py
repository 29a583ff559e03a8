"""What round tables need by themselves.

The next ones of a series, the silent asked once, the best time proposed, the chair reminded of the minutes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from cases.calendar import Calendar
from cases.case import Case
from chat.context import House, Reply, case_channel
from chat.jobs import Sweep, hurried
from commands.meeting import rules as meeting
from commands.minutes import filing
from commands.minutes import rules as kept
from commands.planning import rules as planning
from commands.planning.dates import standing
from commands.roundtable import invitation, preparing
from commands.roundtable import rules as roundtable
from commands.roundtable.quorum import quorum_of
from commands.roundtable.rules import AgendaItem, RoundTable
from commands.series import rules as series
from commands.series.rules import Series
from storage import causes
from storage.find import Directory

PREPARE = "prepare"
THINKING_TIME = timedelta(days=1)
"""So long nobody is asked again."""


@dataclass(frozen=True, repr=False)
class Duty:
    """One thing to be said in a case room, once."""

    kind: str
    subject: str

    def cause(self, ref: str) -> str:
        """The key under which it is done once."""
        return causes.of_job(self.kind, ref, self.subject)


@hurried(roundtable.MEETING)
def tend(sweep: Sweep) -> None:
    """Do what round tables need by themselves."""

    def tend_in(ref: str) -> None:
        case = sweep.case(ref)
        if case is None or not any(True for _ in due(case, sweep.house, sweep.now)):
            return
        with sweep.store.look() as find:
            # Somebody may have seen to it since the sweep began.
            case = find.case(ref)
            duties = list(due(case, sweep.house, sweep.now)) if case else []
            duties = [duty for duty in duties if not find.is_handled(duty.cause(ref))]
        for duty in duties:
            cause = duty.cause(ref)
            with sweep.store.work(cause, sweep.now) as work:
                work.record(sweep.entry(duty.kind, ref, cause))
                case = work.find.case(ref)
                directory = work.find.directory()
                if case and (reply := carry_out(duty, case, directory, sweep.house, sweep.now)):
                    sweep.say(work, case_channel(ref), reply, case)

    sweep.each(tend_in)


def due(case: Case, house: House, now: datetime) -> Iterator[Duty]:
    """What is due in a case now; whether it was said already is for the store to tell."""
    if case.closed:
        return
    yield from _in_meeting(case, now)
    calendar = house.calendar(case)
    if calendar.rests(now):
        return
    for rest in case.all(Series):
        if series.missing(case, rest, now):
            tables = series.tables_of(case, rest)
            yield Duty("series", f"{rest.id}:{tables[-1].id if tables else ''}")
    for table in planning.planned(case):
        if not planning.silent(case, table) or not any(t.starts_at > now for t in planning.times_of(case, table)):
            continue
        ask = _ask_from(table, calendar)
        if ask <= now:
            yield Duty("ask", table.id)
        if _morning_after(ask, calendar) <= now:
            yield Duty("propose", table.id)
    yield from _after_meeting(case, calendar, now)
    for stage, table in preparing.due(case, calendar, now, quorum_of(house, case)):
        yield Duty(PREPARE, preparing.subject(stage, table))


def _after_meeting(case: Case, calendar: Calendar, now: datetime) -> Iterator[Duty]:
    for table in case.all(RoundTable):
        drafted = table.ended_at and not table.approved_at and kept.versions(case, table.id)
        if drafted and kept.corrections_until(table, calendar) <= now:
            yield Duty("approve", table.id)


def _in_meeting(case: Case, now: datetime) -> Iterator[Duty]:
    """Whoever is at a table is awake, whatever the hour."""
    table = roundtable.running(case)
    if table is None:
        return
    item = meeting.current_item(case, table)
    if item and (ends := meeting.ends_at(item)) and ends <= now:
        yield Duty("item over", item.id)
    if meeting.is_forgotten(table, now):
        yield Duty("forgotten", table.id)


def carry_out(duty: Duty, case: Case, directory: Directory, house: House, now: datetime) -> Reply | None:
    """Do it; gives what is said in the case room."""
    if duty.kind == PREPARE:
        voice = house.voice(directory, case_channel(case.ref), case)
        return preparing.prepare(duty.subject, case, voice, now, quorum_of(house, case), house.of(case.scheme).marking)
    if duty.kind == "series":
        rest = next(s for s in case.all(Series) if s.id == duty.subject.partition(":")[0])
        return _extend(case, rest, house, now)
    if duty.kind in {"item over", "forgotten"}:
        return _tell_meeting(duty, case)
    table = next(t for t in case.all(RoundTable) if t.id == duty.subject)
    if duty.kind == "approve":
        return filing.reminder(case, table, house.calendar(case))
    if duty.kind == "propose":
        facts = {**standing(case, table, now, quorum_of(house, case)), "ask_chair": True}
        return Reply("planning/tally", facts, table.id, (table.chair,))
    return _ask(case, table, directory)


def _tell_meeting(duty: Duty, case: Case) -> Reply:
    if duty.kind == "item over":
        item = next(i for i in case.all(AgendaItem) if i.id == duty.subject)
        return Reply("meeting/item_over", {"item": item}, item.roundtable)
    table = next(t for t in case.all(RoundTable) if t.id == duty.subject)
    ended = (table.started_at or table.starts_at) + timedelta(minutes=table.minutes)
    return Reply("meeting/forgotten", {"table": table, "ended": ended}, table.id, (table.chair,))


def _extend(case: Case, rest: Series, house: House, now: datetime) -> Reply | None:
    bot = house.bot
    tables = series.extend(case, rest, invitation.dates_of(rest), by=bot, at=now)
    if not tables:
        return None
    files = invitation.calendar_files(case, tables, house.bot_id, now)
    return Reply("planning/extended", {"series": rest, "tables": tables}, tables[0].id, files=files)


def _ask(case: Case, table: RoundTable, directory: Directory) -> Reply:
    silent = planning.silent(case, table)
    times = planning.times_of(case, table)
    moments = [time.starts_at for time in times]
    facts: dict[str, object] = {
        "table": table,
        "silent": silent,
        "times": times,
        "elsewhere": invitation.elsewhere(case, directory, moments),
    }
    return Reply("planning/asked", facts, table.id, tuple(m.user_id for m in case.present if m.agency in silent))


def _ask_from(table: RoundTable, calendar: Calendar) -> datetime:
    """A working morning, a whole day after the times were proposed; sooner when the first of them comes sooner."""
    morning = _morning_after(table.at + THINKING_TIME, calendar)
    return morning if morning < table.starts_at else _morning_after(table.at, calendar)


def _morning_after(moment: datetime, calendar: Calendar) -> datetime:
    """The first nine o'clock of a working day that is later than a moment."""
    day = calendar.day(moment)
    today = calendar.morning(day)
    return today if calendar.is_working_day(day) and today > moment else calendar.morning(calendar.add(day, 1))
