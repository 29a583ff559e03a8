"""What sittings need by themselves: the clock of each case, and what becomes of one that nobody began."""

from datetime import timedelta

from cases.case import Case
from cases.roles import Place
from chat.context import COORDINATION, Context, Reply
from chat.jobs import Sweep, hurried, job
from commands.practice.rules import PRACTISED
from commands.roundtable import rules as roundtable
from commands.roundtable.rules import RoundTable
from commands.sitting import closing, keeping, leaving, tables
from commands.sitting.rules import Sitting, Slot, State
from commands.upward import counting
from storage import causes
from storage.audit import Entry
from storage.work import Work


@hurried(roundtable.MEETING)
def keep_the_clock(sweep: Sweep) -> None:
    """Say once, in its room and to the coordinators, that a case's minutes are up: who sits there is awake."""
    with sweep.store.look() as find:
        sittings = keeping.read(find) if sweep.refs is None or sweep.refs else []
    held = {one.running.ref: one for one in sittings if one.running}
    sweep.each(lambda ref: _tell_time(sweep, held[ref]), held)


@job
def tell_undone(sweep: Sweep) -> None:
    """On the next working morning, what nobody began on its day, and what nobody ended."""
    calendar = sweep.house.calendar()
    if calendar.rests(sweep.now):
        return
    with sweep.store.look() as find:
        sittings = keeping.read(find)
    today = calendar.day(sweep.now)
    missed = [str(one.number) for one in keeping.planned(sittings) if calendar.day(one.starts_at) < today]
    sweep.each(lambda number: _tell_not_held(sweep, number), missed)
    begun = (one for one in sittings if one.state is State.RUNNING)
    still = [str(one.number) for one in begun if one.begun_at and calendar.day(one.begun_at) < today]
    sweep.each(lambda number: _tell_open(sweep, number), still)


@job
def see_out(sweep: Sweep) -> None:
    """On working mornings, who stayed for something after a sitting, and holds it no longer."""
    calendar = sweep.house.calendar()
    if calendar.rests(sweep.now):
        return
    with sweep.store.look() as find:
        over = [one for one in keeping.read(find) if one.is_over and any(slot.seated for slot in one.slots)]
    sweep.each(lambda number: _see_out(sweep, number), [str(one.number) for one in over])


def _see_out(sweep: Sweep, number: str) -> None:
    cause = causes.of_job("sitting-places", number, sweep.house.calendar().day(sweep.now))
    if sweep.is_done(cause):
        return
    with sweep.store.work(cause, sweep.now) as work:
        # Where all of them still hold something there is nothing to tell, in the audit log either.
        work.outcome = "done"
        sittings = {str(one.number): one for one in keeping.read(work.find)}
        over = sittings.get(number)
        if over and leaving.let_go(over, over.slots, sittings.values(), _context(sweep, work)):
            work.record(_entry(sweep, "sitting places", cause))
        if over:
            keeping.write(work, over)


def _tell_time(sweep: Sweep, sitting: Sitting) -> None:
    slot = sitting.running
    with sweep.store.look() as find:
        table = _overrun(slot, find.case_or_none(slot.ref), sweep) if slot else None
    if slot is None or table is None:
        return
    cause = causes.of_job("sitting-time", sitting.number, slot.ref, table.id)
    if sweep.is_done(cause):
        return
    with sweep.store.work(cause, sweep.now) as work:
        work.record(sweep.entry("sitting time", slot.ref, cause))
        case = work.find.case(slot.ref)
        # It may have ended since the sweep began.
        if case is None or (table := _overrun(slot, case, sweep)) is None:
            return
        ctx = _context(sweep, work)
        here = tables.at_table(case, ctx)
        facts: dict[str, object] = {"table": table, "minutes": slot.minutes}
        here.tell(here.channel, Reply("sitting/time_up", facts, table.id, (table.chair,)))
        ctx.tell(COORDINATION, Reply("sitting/time_up_by_reference", {"slot": slot, "sitting": sitting}))


def _overrun(slot: Slot, case: Case | None, sweep: Sweep) -> RoundTable | None:
    """The round table of a case, if it is held, and its minutes are up."""
    table = tables.table_of(slot, case) if case else None
    if table is None or table.state is not roundtable.State.RUNNING or table.started_at is None:
        return None
    return table if table.started_at + timedelta(minutes=slot.minutes) <= sweep.now else None


def _tell_not_held(sweep: Sweep, number: str) -> None:
    """To the coordinators by reference; to the steering group only how many there were, practice left out."""
    cause = causes.of_job("sitting-not-held", number)
    with sweep.store.work(cause, sweep.now) as work:
        work.record(_entry(sweep, "sitting not held", cause))
        for sitting in keeping.planned(keeping.read(work.find)):
            if str(sitting.number) != number:
                continue
            ctx = _context(sweep, work)
            refs = [slot.ref for slot in sitting.waiting]
            following = closing.close(sitting, State.NOT_HELD, ctx)
            facts = {"sitting": sitting, "refs": refs, "following": following}
            if refs:
                ctx.tell(COORDINATION, Reply("sitting/not_held", facts))
            counting.count(work, counting.What.NOT_HELD, set(refs).difference(work.find.cases_with(PRACTISED)))


def _tell_open(sweep: Sweep, number: str) -> None:
    cause = causes.of_job("sitting-open", number)
    if sweep.is_done(cause):
        return
    with sweep.store.work(cause, sweep.now) as work:
        work.record(_entry(sweep, "sitting open", cause))
        for sitting in keeping.read(work.find):
            # It may have ended since the sweep began.
            if str(sitting.number) == number and sitting.state is State.RUNNING:
                _context(sweep, work).tell(COORDINATION, Reply("sitting/still_open", {"sitting": sitting}))


def _entry(sweep: Sweep, command: str, cause: str) -> Entry:
    return Entry(sweep.house.bot_id, Place.COORDINATION, None, command, None, "done", cause)


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
