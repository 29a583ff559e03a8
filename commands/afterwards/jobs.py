"""What closed cases are asked twice: whether there is a new concern."""

from cases.case import Case
from chat.context import Reply, case_channel
from chat.jobs import Sweep, job
from commands.afterwards import rules as afterwards
from storage import causes


@job
def ask_for_new_concerns(sweep: Sweep) -> None:
    """Six and twelve months after closing, in the case's room: who ran the process, and the first contact."""

    def ask(ref: str) -> None:
        case = sweep.case(ref)
        moment = afterwards.due(case, sweep.now) if case else None
        if case is None or moment is None or sweep.house.calendar(case).rests(sweep.now):
            return
        cause = causes.of_job("closed review", ref, moment.isoformat())
        if sweep.is_done(cause):
            return
        with sweep.store.work(cause, sweep.now) as work:
            work.record(sweep.entry("closed review", ref, cause))
            reply = Reply("afterwards/asked", {"case": case}, None, _asked(case))
            sweep.say(work, case_channel(ref), reply, case)

    with sweep.store.look() as find:
        refs = find.cases_with_due(afterwards.TO_REVIEW, sweep.now)
    sweep.each(ask, refs)


def _asked(case: Case) -> tuple[str, ...]:
    able = [m.user_id for m in case.present if m.user_id == case.director or m.agency == case.residual_owner]
    return tuple(dict.fromkeys(able))
