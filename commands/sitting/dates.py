"""When a sitting comes again."""

from datetime import datetime
from zoneinfo import ZoneInfo

from chat import recurrence
from commands.sitting.rules import Sitting


def date_after(sitting: Sitting, now: datetime) -> datetime | None:
    """The next date of its rule that is ahead; None: it does not come again."""
    rhythm = sitting.rhythm
    if rhythm is None:
        return None
    behind = max(sitting.starts_at, now)
    dates = recurrence.dates(rhythm.rule, rhythm.first_at, ZoneInfo(rhythm.zone))
    return next((when for when in dates if when > behind), None)


def begin_following(sitting: Sitting, number: int, now: datetime) -> Sitting | None:
    """The next one of a series, without cases yet; None: there is none."""
    when = date_after(sitting, now)
    if when is None:
        return None
    same = (sitting.minutes, sitting.chair, sitting.by)
    return Sitting(number, when, *same, core=sitting.core, where=sitting.where, rhythm=sitting.rhythm)
