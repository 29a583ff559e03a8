"""Telling the steering group what was counted."""

from cases.roles import Place
from chat.context import Reply
from chat.jobs import Sweep, job
from commands.reminder.rules import STEERING_WORKING_DAYS
from commands.upward import counting
from storage import causes
from storage.audit import Entry


@job
def tell_steering(sweep: Sweep) -> None:
    """Say it in one message, on a working day: what comes up later waits for the next one."""
    calendar = sweep.house.calendar()
    if calendar.rests(sweep.now):
        return
    cause = causes.of_job("upward", sweep.house.bot_id, calendar.day(sweep.now))
    with sweep.store.look() as find:
        waits = counting.read(find)
    if not waits or sweep.is_done(cause):
        return
    with sweep.store.work(cause, sweep.now) as work:
        counted = counting.read(work.find)
        work.record(Entry(sweep.house.bot_id, Place.STEERING, None, "upward", None, "done", cause))
        counting.clear(work)
        if counting.is_read(work.find):
            facts = {"counted": counted, "days": STEERING_WORKING_DAYS}
            sweep.say(work, counting.STEERING, Reply("upward/counts", facts))
