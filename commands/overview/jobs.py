"""What a room reads by itself: a table once a week what is unresolved, a team each working morning what the day brings.

The first line is the goal: it is about the person. A digest is a notice, which rings on no phone.
"""

from datetime import datetime

from cases.calendar import Calendar
from cases.case import Case, Mode
from cases.followups import unresolved
from cases.record import Step
from chat.context import Reply, case_channel
from chat.jobs import Sweep, job, week_of
from commands.handover.rules import on_now
from commands.overview.lists import by_record, followups_facts, readable
from commands.person.rules import goal_of
from commands.roundtable import rules as roundtable
from storage import causes

MOST_WAITING = 20
MOST_NEW = 10


@job
def post_weekly(sweep: Sweep) -> None:
    """Post what is unresolved into each table's room, once a week from Monday at nine."""

    def post(ref: str) -> None:
        case = sweep.case(ref)
        if case is None or case.mode is Mode.TEAM or sweep.house.calendar(case).rests(sweep.now):
            return
        calendar = sweep.house.calendar(case)
        begins = calendar.week(sweep.now)
        cause = causes.of_job("digest", ref, week_of(calendar.day(begins)))
        if case.opened_at >= begins or sweep.is_done(cause):
            return
        with sweep.store.work(cause, sweep.now) as work:
            # Also when there is nothing to say: what comes up later in the week is for the next digest.
            work.record(sweep.entry("digest", ref, cause))
            case = work.find.case(ref)
            if case and not case.closed and (reply := weekly(case, sweep.now)):
                sweep.say(work, case_channel(ref), reply, case)

    sweep.each(post)


@job
def post_morning(sweep: Sweep) -> None:
    """Post what the day brings into each team's room, each working morning from nine on."""

    def post(ref: str) -> None:
        case = sweep.case(ref)
        if case is None or case.mode is not Mode.TEAM or sweep.house.calendar(case).rests(sweep.now):
            return
        calendar = sweep.house.calendar(case)
        today = calendar.day(sweep.now)
        cause = causes.of_job("morning", ref, today)
        # On the day on which a case is opened everything in it is fresh in mind.
        if case.opened_at >= calendar.morning(today) or sweep.is_done(cause):
            return
        with sweep.store.work(cause, sweep.now) as work:
            work.record(sweep.entry("morning", ref, cause))
            case = work.find.case(ref)
            if case and not case.closed and (reply := morning(case, sweep.now, calendar)):
                sweep.say(work, case_channel(ref), reply, case)

    sweep.each(post)


def weekly(case: Case, now: datetime) -> Reply | None:
    """What is unresolved; None when nothing is."""
    facts = followups_facts(case, now, *_everybody(case))
    return Reply("overview/digest", {**facts, "goal": goal_of(case, *_everybody(case))}) if facts else None


def morning(case: Case, now: datetime, calendar: Calendar) -> Reply | None:
    """What is due today, on whom the team waits, what is new since the last working morning; None when nothing is."""
    today = calendar.day(now)
    since = calendar.morning(calendar.add(today, -1))
    items = readable(case, unresolved(case, now), *_everybody(case))
    due = [item for item in items if item.due_at and calendar.day(item.due_at) == today]
    waiting = by_record(item for item in items if item not in due)
    tables = [t for t in roundtable.upcoming(case) if t.starts_at > now and calendar.day(t.starts_at) == today]
    new = [step for step in case.steps if since < step.at <= now and _is_news(step)]
    if not (due or waiting or tables or new):
        return None
    return Reply(
        "overview/morning",
        {
            "ref": case.ref,
            "goal": goal_of(case, *_everybody(case)),
            "on_now": on_now(case, case.hidden_from(*_everybody(case))),
            "due": due,
            "tables": tables,
            "waiting": waiting[:MOST_WAITING],
            "more_waiting": max(0, len(waiting) - MOST_WAITING),
            "since": since,
            "new": new[-MOST_NEW:],
            "more_new": max(0, len(new) - MOST_NEW),
        },
    )


def _everybody(case: Case) -> list[str]:
    """All at the table: nobody of them asked for what comes by itself, so that it shows what each may read."""
    return [member.user_id for member in case.present]


def _is_news(step: Step) -> bool:
    return bool(step.agency) and not step.undone and step.what.news
