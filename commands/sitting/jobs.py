"""What sittings need by themselves: the clock of each case, and what becomes of one that nobody began."""

from datetime import timedelta

from cases.roles import Place
from chat.context import COORDINATION, Context, Reply
from chat.jobs import Sweep, hurried
from commands.roundtable import rules as roundtable
from commands.sitting import closing, keeping, tables
from commands.sitting.rules import Sitting, Slot, State
from commands.upward import counting
from storage import causes
from storage.audit import Entry
from storage.work import Work


@hurried(roundtable.MEETING)
def keep_the_clock(sweep: Sweep) -> None:
    """Say once, in its room and to the coordinators, that a case's minutes are up; and tell what was not held."""
    with sweep.store.look() as find:
        sittings = keeping.read(find) if sweep.refs is None or sweep.refs else []
    running = keeping.running(sittings)
    slot = running.running if running else None
    if running and slot:
        sweep.each(lambda _ref: _tell_time(sweep, running, slot), [slot.ref])
    today = sweep.house.calendar().day(sweep.now)
    past = [one for one in keeping.planned(sittings) if sweep.house.calendar().day(one.starts_at) < today]
    sweep.each(lambda number: _tell_not_held(sweep, int(number)), [str(one.number) for one in past])


def _tell_time(sweep: Sweep, sitting: Sitting, slot: Slot) -> None:
    with sweep.store.look() as find:
        case = find.case_or_none(slot.ref)
        table = tables.table_of(slot, case) if case else None
    if table is None or table.state is not roundtable.State.RUNNING or table.started_at is None:
        return
    cause = causes.of_job("sitting-time", sitting.number, slot.ref, table.id)
    if table.started_at + timedelta(minutes=slot.minutes) > sweep.now or sweep.is_done(cause):
        return
    with sweep.store.work(cause, sweep.now) as work:
        work.record(sweep.entry("sitting time", slot.ref, cause))
        facts = {"table": table, "minutes": slot.minutes}
        case = work.find.case(slot.ref)
        ctx = _context(sweep, work)
        if case:
            here = tables.at_table(case, ctx)
            here.tell(here.channel, Reply("sitting/time_up", facts, table.id, (table.chair,)))
        ctx.tell(COORDINATION, Reply("sitting/time_up_by_reference", {"slot": slot, "sitting": sitting}))


def _tell_not_held(sweep: Sweep, number: int) -> None:
    cause = causes.of_job("sitting-not-held", number)
    with sweep.store.work(cause, sweep.now) as work:
        sitting = next(one for one in keeping.planned(keeping.read(work.find)) if one.number == number)
        ctx = _context(sweep, work)
        refs = [slot.ref for slot in sitting.waiting]
        following = closing.close(sitting, State.NOT_HELD, ctx)
        work.record(Entry(sweep.house.bot_id, Place.COORDINATION, None, "sitting not held", None, "done", cause))
        if not refs:
            return
        ctx.tell(COORDINATION, Reply("sitting/not_held", {"sitting": sitting, "refs": refs, "following": following}))
        counting.count(work, counting.What.NOT_HELD, refs)


def _context(sweep: Sweep, work: Work) -> Context:
    """What the bot does by itself, in the coordinators' room."""
    return Context(
        house=sweep.house,
        actor=sweep.house.bot,
        place=Place.COORDINATION,
        channel=COORDINATION,
        directory=work.find.directory(),
        now=sweep.now,
        zone=sweep.house.zone,
        work=work,
    )
