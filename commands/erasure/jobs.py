"""What people deleted is wiped for good after a week, and what they may have meant is forgotten after a day."""

from dataclasses import replace

from chat.jobs import Sweep, job
from commands.erasure import deletions
from commands.erasure import rules as erasure
from commands.minutes import filing
from storage import causes, questions


@job
def wipe(sweep: Sweep) -> None:
    """Wipe what is due, in closed cases, too."""
    now = sweep.now
    with sweep.store.look() as find:
        refs = find.cases_with_due(erasure.WIPE, now)

    def wipe_in(ref: str) -> None:
        cause = causes.of_job("wipe", ref, now.isoformat())
        with sweep.store.work(cause, now) as work:
            case = work.find.case(ref)
            if case is None:
                return
            filing.wipe(case, erasure.hidden(case, ripe_at=now))
            wiped = erasure.wipe(case, now)
            for step in wiped:
                work.record(replace(sweep.entry("wipe", ref, cause), subject=step.subject))
            if wiped:
                deletions.withhold(work, sweep.house, case, max(step.at for step in wiped))

    sweep.each(wipe_in, refs)


@job
def forget_questions(sweep: Sweep) -> None:
    """Forget what somebody was asked whether they meant it, and did not say."""
    with sweep.store.look() as find:
        old = questions.too_old(find, sweep.now)
    if old:
        with sweep.store.work(causes.of_job("questions", sweep.now.isoformat()), sweep.now) as work:
            for cause in old:
                questions.settle(work, cause)
            work.outcome = "done"
