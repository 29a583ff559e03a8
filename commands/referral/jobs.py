"""What nobody answered, and whom nobody has met: told once to the agency whose move it is, and to the desk."""

from cases.case import Case
from cases.record import one_of
from chat.context import Reply, agency_channel, case_channel
from chat.jobs import Sweep, job
from commands.referral import rules as referral
from commands.referral.rules import Referral
from commands.request import audience
from storage import causes
from storage.work import Work


@job
def remind_of_referrals(sweep: Sweep) -> None:
    """Remind of what is late, in working hours, also where there is no table."""
    with sweep.store.look() as find:
        refs = find.cases_with(referral.ITEM)

    def remind(ref: str) -> None:
        case = sweep.case(ref)
        if case is None or sweep.house.calendar(case).rests(sweep.now):
            return
        for item in [item for item in referral.list_pending(case, sweep.now) if item.late and item.due_at]:
            cause = causes.of_job("referral", ref, item.id, item.what.name, item.agency, item.due_at)
            if sweep.is_done(cause):
                continue
            with sweep.store.work(cause, sweep.now) as work:
                work.record(sweep.entry("referral", ref, cause))
                found = work.find.case(ref)
                if found is not None:
                    _tell(sweep, work, found, one_of(found.all(Referral), item.id), item.agency)

    sweep.each(remind, refs)


def _tell(sweep: Sweep, work: Work, case: Case, one: Referral, agency: str) -> None:
    """Whoever moves next, with what they can say; and the desk."""
    directory, calendar = work.find.directory(), sweep.house.calendar(case)
    days = (calendar.day(sweep.now) - calendar.day(one.at)).days
    facts: dict[str, object] = {"referral": one, "ref": case.ref, "days": days}
    people = audience.of_agency(case, directory, agency)
    home = case_channel(case.ref) if case.has_table else agency_channel(one.agency)
    for channel in dict.fromkeys((*audience.channels(directory, agency, people), home)):
        wake = tuple(sorted(people)) if channel != home or agency == one.agency else ()
        sweep.say(work, channel, Reply("referral/late", facts, one.id, wake), case)
