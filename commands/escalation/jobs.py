"""The next level, when the time of one has run out."""

from cases.record import one_of
from chat.context import COORDINATION, Reply, case_channel, direct_channel
from chat.jobs import Sweep, job
from commands.escalation import ladder
from commands.escalation import rules as escalation
from commands.escalation.rules import Escalation
from commands.practice.rules import is_practice
from commands.upward import counting
from storage import causes


@job
def climb(sweep: Sweep) -> None:
    """Tell who answers there, by reference only; above the last level the coordinators."""

    def look(ref: str) -> None:
        case = sweep.case(ref)
        if case is None or is_practice(case):
            return
        scheme, calendar = sweep.house.of(case.scheme), sweep.house.calendar(case)
        for late in [e for e in case.all(Escalation) if e.waits and e.due_at <= sweep.now]:
            cause = causes.of_job("escalation", ref, late.id, late.level + 1)
            if sweep.is_done(cause) or (calendar.rests(sweep.now) and not late.urgent):
                continue
            with sweep.store.work(cause, sweep.now) as work:
                work.record(sweep.entry("escalate", ref, cause))
                found = work.find.case(ref)
                one = one_of(found.all(Escalation), late.id) if found else late
                if found is None or not one.waits:
                    continue
                if one.level + 1 >= len(scheme.ladder):
                    sweep.say(work, COORDINATION, Reply("escalation/at_the_end", {"ref": ref}))
                    counting.count(work, counting.What.UNRESOLVED, {ref})
                    continue
                due_at = ladder.ends(scheme, one.level + 1, sweep.now, calendar, urgent=one.urgent)
                escalation.climb(found, one, due_at=due_at, by=sweep.house.bot, at=sweep.now)
                facts: dict[str, object] = {"one": one, "ref": ref, "level": scheme.ladder[one.level].level}
                people = ladder.told(scheme, one, found, work.find.directory())
                for person in people:
                    sweep.say(work, direct_channel(person), Reply("escalation/notice", facts, wake=(person,)))
                if not people:
                    sweep.say(work, COORDINATION, Reply("escalation/notice", facts))
                sweep.say(work, case_channel(ref), Reply("escalation/climbed", facts, one.about), found)

    sweep.each(look)
