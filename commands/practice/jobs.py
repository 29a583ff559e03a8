"""What is over is taken away: the room is emptied, and the case goes."""

from chat.context import case_channel
from chat.jobs import Sweep, job
from commands.practice import rules as practice
from storage import causes
from storage.forgetting import forget


@job
def clear(sweep: Sweep) -> None:
    """Take everybody out of the room of a practice that has ended, and the case off the file."""

    def clear_one(ref: str) -> None:
        cause = causes.of_job("practice over", ref)
        with sweep.store.work(cause, sweep.now) as work:
            case = work.find.case(ref)
            work.record(sweep.entry("practice over", ref, cause))
            for member in case.present if case else ():
                work.remove(case_channel(ref), member.user_id)
            forget(work, ref)
        # Other jobs of this sweep say nothing of it any more.
        sweep.cases.pop(ref, None)

    with sweep.store.look() as find:
        refs = find.cases_with_due(practice.OVER, sweep.now)
    sweep.each(clear_one, refs)
