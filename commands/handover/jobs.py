"""What nobody took over in time is told to those who coordinate, by reference only, at any hour."""

from cases.record import one_of
from cases.roles import Role
from chat.context import COORDINATION, Reply, case_channel
from chat.jobs import Sweep, hurried
from commands.handover import rules as handover
from commands.practice.rules import is_practice
from storage import causes


@hurried(handover.UNTAKEN)
def tell_coordinators(sweep: Sweep) -> None:
    """They are called while they work, and find it else; the table reads that they were told."""
    with sweep.store.look() as find:
        refs = find.cases_with_due(handover.UNTAKEN, sweep.now)

    def tell(ref: str) -> None:
        with sweep.store.look() as find:
            case = find.case(ref)
        for told in [one for one in handover.waiting(case) if handover.is_missed(one, sweep.now)] if case else ():
            cause = causes.of_job("handover", ref, told.id)
            if sweep.is_done(cause):
                continue
            with sweep.store.work(cause, sweep.now) as work:
                work.record(sweep.entry("handover", ref, cause))
                found = work.find.case(ref)
                one = one_of(found.all(handover.Handover), told.id) if found else told
                if found is None or found.closed or not handover.is_missed(one, sweep.now):
                    continue
                handover.miss(found, one, by=sweep.house.bot, at=sweep.now)
                sweep.say(work, case_channel(ref), Reply("handover/missed", {"told": one}, one.id), found)
                if is_practice(found):
                    continue
                coordinators = work.find.directory().with_role(Role.COORDINATOR)
                leading = [p.user_id for p in coordinators if sweep.house.coordinates(p.user_id, found.scheme)]
                wake = () if sweep.house.calendar(found).rests(sweep.now) else tuple(leading)
                sweep.say(work, COORDINATION, Reply("handover/not_taken", {"ref": ref, "since": one.at}, None, wake))

    sweep.each(tell, refs)
