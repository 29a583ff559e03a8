"""Warning before a mandate lapses: an agency without one is asked to no table."""

from datetime import timedelta

from cases.roles import Place, Role
from chat.context import Reply
from chat.jobs import Sweep, job
from commands.mandate import standing
from storage import causes
from storage.audit import Entry

BEFORE = (timedelta(days=60), timedelta(days=14))
"""Of its end (practice, section 1)."""


@job
def warn_of_lapsing(sweep: Sweep) -> None:
    """Tell the admins, once for each agency and stage."""
    if sweep.house.calendar().rests(sweep.now):
        return
    with sweep.store.look() as find:
        known = list(standing.mandates(find).values())
    for mandate in known:
        calendar = sweep.house.calendar()
        passed = [before for before in BEFORE if calendar.day(mandate.until) - before <= calendar.day(sweep.now)]
        if not passed or mandate.until < sweep.now:
            continue
        cause = causes.of_job("mandate", f"{mandate.agency} {mandate.until:%Y-%m-%d} {passed[-1].days}")
        if sweep.is_done(cause):
            continue
        with sweep.store.work(cause, sweep.now) as work:
            admins = tuple(person.user_id for person in work.find.directory().with_role(Role.ADMIN))
            work.record(Entry(sweep.house.bot_id, Place.ADMIN, None, "mandate", mandate.agency, "done", cause))
            sweep.say(work, Place.ADMIN.value, Reply("mandate/lapsing", {"mandates": [mandate]}, None, admins))
