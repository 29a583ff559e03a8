"""Who sits at a table for a time is warned before, and leaves at its end."""

from cases.case import Case
from cases.record import one_of
from chat.context import Reply, case_channel, direct_channel
from chat.jobs import Sweep, job
from commands.stay import rules as stay
from commands.stay.rules import Stay
from storage import causes

ENDS_SOON, OVER = "stay/ends_soon", "stay/over"
ALONE = {ENDS_SOON: "stay/ends_soon_alone", OVER: "stay/over_alone"}
"""The same in the direct chat of whoever it is about: no content."""


@job
def see_out(sweep: Sweep) -> None:
    """Warn, and then let them leave; the table and they themselves hear of it."""
    with sweep.store.look() as find:
        refs = find.cases_with(stay.LIMITED)

    def look(ref: str) -> None:
        case = sweep.case(ref)
        for one in stay.current(case) if case else ():
            calendar = sweep.house.calendar(case)
            warned_at = stay.warned_at(one, calendar)
            if one.until <= sweep.now:
                _carry_out(sweep, ref, one, OVER)
            elif warned_at and warned_at <= sweep.now and not calendar.rests(sweep.now):
                _carry_out(sweep, ref, one, ENDS_SOON)

    sweep.each(look, refs)


def _carry_out(sweep: Sweep, ref: str, one: Stay, kind: str) -> None:
    cause = causes.of_job("stay", ref, one.id, kind.partition("/")[2])
    if sweep.is_done(cause):
        return
    with sweep.store.work(cause, sweep.now) as work:
        work.record(sweep.entry("stay", ref, cause))
        case = work.find.case(ref)
        if case is None or one.id not in {current.id for current in stay.current(case)}:
            return
        owed = _end(case, one, sweep) if kind == OVER else []
        facts: dict[str, object] = {"stay": one, "ref": ref, "owed": owed, "agency": case.agency_of(one.person)}
        if kind == OVER:
            work.remove(case_channel(ref), one.person)
        wake = () if kind == OVER else (one.person,)
        sweep.say(work, case_channel(ref), Reply(kind, facts, one.id, wake), case)
        sweep.say(work, direct_channel(one.person), Reply(ALONE[kind], facts))


def _end(case: Case, one: Stay, sweep: Sweep) -> list[str]:
    return stay.end(case, one_of(case.all(Stay), one.id), by=sweep.house.bot, at=sweep.now)
