"""Who sits at a table for a time is warned before, and leaves at its end."""

from cases.case import Case
from cases.record import one_of
from chat.context import Reply, case_channel, direct_channel
from chat.jobs import Sweep, job
from commands.stay import rules as stay
from commands.stay.rules import Stay
from storage import causes

ENDS_SOON, OVER, SEAT = "stay/ends_soon", "stay/over", "stay/seat"
ALONE = {ENDS_SOON: "stay/ends_soon_alone", OVER: "stay/over_alone"}
"""The same in the direct chat of whoever it is about: no content."""


@job
def see_out(sweep: Sweep) -> None:
    """Warn, and then let them leave; the table and they themselves hear of it."""
    with sweep.store.look() as find:
        refs = find.cases_with(stay.LIMITED)

    def look(ref: str) -> None:
        case = sweep.case(ref)
        for one in stay.open_ones(case) if case else ():
            if case and (kind := _falls_due(case, one, sweep)):
                _carry_out(sweep, ref, one, kind)

    sweep.each(look, refs)


def _falls_due(case: Case, one: Stay, sweep: Sweep) -> str | None:
    here = case.is_member(one.person)
    if one.until <= sweep.now:
        # Of who has left, before the time or at its end, only the seat of their agency is left.
        return OVER if here else None if stay.owed(case, one, sweep.now) else SEAT
    calendar = sweep.house.calendar(case)
    warned_at = stay.warned_at(one, calendar)
    return ENDS_SOON if here and warned_at and warned_at <= sweep.now and not calendar.rests(sweep.now) else None


def _carry_out(sweep: Sweep, ref: str, one: Stay, kind: str) -> None:
    cause = causes.of_job("stay", ref, one.id, kind.partition("/")[2])
    if sweep.is_done(cause):
        return
    with sweep.store.work(cause, sweep.now) as work:
        work.record(sweep.entry("stay", ref, cause))
        case = work.find.case(ref)
        if case is None or one.id not in {open_.id for open_ in stay.open_ones(case)}:
            return
        if kind == OVER:
            stay.leave(case, one, by=sweep.house.bot, at=sweep.now)
            work.remove(case_channel(ref), one.person)
        owed = stay.owed(case, one, sweep.now)
        gives_up = False
        if kind != ENDS_SOON and not owed:
            gives_up = stay.end(case, one_of(case.all(Stay), one.id), by=sweep.house.bot, at=sweep.now)
        facts: dict[str, object] = {
            "stay": one,
            "ref": ref,
            "agency": case.agency_of(one.person),
            "owed": owed,
            "gives_up": gives_up,
        }
        wake = (one.person,) if kind == ENDS_SOON else ()
        if kind != SEAT or gives_up:
            sweep.say(work, case_channel(ref), Reply(kind, facts, one.id, wake), case)
        if kind in ALONE:
            sweep.say(work, direct_channel(one.person), Reply(ALONE[kind], facts))
