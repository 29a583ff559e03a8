"""What is said of a date that is taken as it was typed, and may not be what was meant."""

from datetime import datetime
from enum import StrEnum

from chat.context import Context


class Remark(StrEnum):
    """What is odd about a date."""

    TODAY = "today"
    NO_WORKING_DAY = "no working day"


def remark_on(due_at: datetime, ctx: Context) -> Remark | None:
    """What is odd about a date, in the calendar of the case."""
    day = ctx.calendar.day(due_at)
    if not ctx.calendar.is_working_day(day):
        return Remark.NO_WORKING_DAY
    return Remark.TODAY if day == ctx.calendar.day(ctx.now) else None
