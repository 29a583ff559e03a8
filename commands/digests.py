"""What a room reads by itself: a table once a week what is unresolved, a team each working morning what the day brings.

The first line is the goal: it is about the person. A digest is a notice, which rings on no phone.
"""

from datetime import datetime

from cases import followups, roundtable
from cases.calendar import Calendar
from cases.case import Case
from cases.record import Step
from commands.context import Reply
from commands.picture import followups_facts, readable

MOST_WAITING = 20
MOST_NEW = 10


def weekly(case: Case, now: datetime) -> Reply | None:
    """What is unresolved; None when nothing is."""
    facts = followups_facts(case, now, *_everybody(case))
    return Reply("sweep/digest", {**facts, "goal": case.goal}) if facts else None


def morning(case: Case, now: datetime, calendar: Calendar) -> Reply | None:
    """What is due today, on whom the team waits, what is new since the last working morning; None when nothing is."""
    today = calendar.day(now)
    since = calendar.morning(calendar.add(today, -1))
    items = readable(case, followups.unresolved(case, now), *_everybody(case))
    due = [item for item in items if item.due_at and calendar.day(item.due_at) == today]
    waiting = [item for item in items if item not in due]
    tables = [t for t in roundtable.upcoming(case) if t.starts_at > now and calendar.day(t.starts_at) == today]
    new = [step for step in case.steps if since < step.at <= now and _is_news(step)]
    if not (due or waiting or tables or new):
        return None
    return Reply(
        "sweep/morning",
        {
            "ref": case.ref,
            "goal": case.goal,
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
