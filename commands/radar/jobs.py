"""The radar: what each open case lacks is told to the coordinators, by reference only."""

from dataclasses import dataclass
from datetime import timedelta

from chat.context import COORDINATION, Reply
from chat.jobs import Sweep, job, week_of
from commands.practice.rules import is_practice
from commands.radar import rules as radar
from commands.radar.rules import Finding
from commands.upward import counting
from storage import causes
from storage.find import Find

WEEKS_KEPT = 8
"""In which a finding was reported."""


@dataclass(frozen=True, repr=False)
class Seen:
    """What the radar found in one case."""

    ref: str
    findings: list[Finding]


@job
def report(sweep: Sweep) -> None:
    """Report to the coordination room what each open case lacks: once a week per finding; twice running, upward."""
    calendar = sweep.house.calendar()
    if calendar.rests(sweep.now):
        return
    week, last_week = (week_of(calendar.day(sweep.now) - timedelta(weeks=ago)) for ago in (0, 1))
    seen: list[Seen] = []

    def look(ref: str) -> None:
        case = sweep.case(ref)
        repeats = case is not None and sweep.house.of(case.scheme).repeats
        found = radar.sweep(case, sweep.now, repeats=repeats) if case and not is_practice(case) else []
        with sweep.store.look() as find:
            new = [f for f in found if week not in _reported(find, ref, f)]
        if new:
            seen.append(Seen(ref, new))

    sweep.each(look)
    if not seen:
        return
    # One message for everything, so that there is no one key for it: each finding keeps the weeks in which it was
    # reported, in the transaction that reports it.
    cause = causes.of_job("radar", sweep.house.bot_id, sweep.now.isoformat())
    with sweep.store.work(cause, sweep.now) as work:
        again: set[str] = set()
        for one in seen:
            for finding in one.findings:
                before = _reported(work.find, one.ref, finding)
                again |= {one.ref} if last_week in before else set()
                weeks = [*before, week]
                work.keep(_key(one.ref, finding), " ".join(weeks[-WEEKS_KEPT:]))
            work.record(sweep.entry("radar", one.ref, cause))
        sweep.say(work, COORDINATION, Reply("radar/radar", {"seen": seen}))
        counting.count(work, counting.What.RADAR, again)


def _reported(find: Find, ref: str, finding: Finding) -> list[str]:
    """The last weeks in which a finding was reported: more than one, as the clock may be set back."""
    return (find.setting(_key(ref, finding)) or "").split()


def _key(ref: str, finding: Finding) -> str:
    return f"radar:{ref}:{finding}"
