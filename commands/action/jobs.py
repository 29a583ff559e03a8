"""What no agency has taken on in time is told to the chair, in the case room, once for each time that it was asked."""

from cases.case import Case
from chat.context import Reply, case_channel
from chat.jobs import Sweep, job
from commands.action import waiting
from storage import causes


@job
def tell_chair(sweep: Sweep) -> None:
    """Tell the chair in working hours: the agency that is silent may not be there at all."""

    def tell(ref: str) -> None:
        case = sweep.case(ref)
        if case is None or sweep.house.calendar(case).rests(sweep.now):
            return
        for action in waiting.overdue(case, sweep.now):
            _tell_once(sweep, case, action.id)

    sweep.each(tell)


def _tell_once(sweep: Sweep, case: Case, action_id: str) -> None:
    asked = next(a for a in waiting.overdue(case, sweep.now) if a.id == action_id)
    cause = causes.of_job("unaccepted", case.ref, action_id, asked.accept_by)
    if sweep.is_done(cause):
        return
    with sweep.store.work(cause, sweep.now) as work:
        work.record(sweep.entry("unaccepted", case.ref, cause))
        found = work.find.case(case.ref)
        # What was accepted a moment ago needs nobody any more.
        still = next((a for a in waiting.overdue(found, sweep.now) if a.id == action_id), None) if found else None
        if found and still:
            person = waiting.chair(found)
            facts: dict[str, object] = {"action": still, "chair": person, "waits_for": still.waits_for}
            wake = (person,) if person else ()
            sweep.say(work, case_channel(case.ref), Reply("action/with_chair", facts, still.id, wake), found)
