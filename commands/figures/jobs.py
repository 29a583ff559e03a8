"""The figures of a month, posted by themselves on the first working day of the next one."""

from cases.period import Period
from cases.roles import Place
from chat.context import COORDINATION
from chat.jobs import READ_AT_ONCE, Sweep, job
from commands.figures.gathering import Gathering, Learned
from commands.figures.showing import Showing
from storage import causes
from storage.audit import Entry


@job
def post_figures(sweep: Sweep) -> None:
    """Post them in the leaders' and the steering room, or where neither is, to the coordinators; once."""
    if sweep.house.calendar().rests(sweep.now):
        return
    month = Period.of(sweep.now, sweep.house.zone).before
    cause = causes.of_job("figures", sweep.house.bot_id, str(month))
    if sweep.is_done(cause):
        return
    gathering = _gather(sweep, month)
    with sweep.store.work(cause, sweep.now) as work:
        # Also when there is nothing to say, so that the cases are not gone through again.
        work.record(Entry(sweep.house.bot_id, Place.COORDINATION, None, "figures", None, "done", cause))
        schemes = gathering.schemes(work.account.schemes or sweep.house.known_schemes)
        above = [place.value for place in (Place.LEADERS, Place.STEERING) if work.find.room(place.value)]
        directory = work.find.directory()
        learned = Learned.of(work.find, directory, month)
        for channel in above or [COORDINATION] if schemes else ():
            voice = sweep.house.voice(directory, channel)
            showing = Showing(gathering, learned, voice, names_agencies=channel == COORDINATION)
            sweep.say(work, channel, showing.reply(schemes))


def _gather(sweep: Sweep, month: Period) -> Gathering:
    """Count a month, some cases at a time, while others go on."""
    gathering = Gathering(sweep.house, month, sweep.now)
    with sweep.store.look() as find:
        refs = list(find.cases_before(month.end))
    for start in range(0, len(refs), READ_AT_ONCE):
        with sweep.store.look() as find:
            gathering.read(find, refs[start : start + READ_AT_ONCE])
    return gathering
