"""The calendar of a scheme: which days are worked, and in which hours people are left in peace."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from cases.time import add_working_days, end_of_working_day, is_working_day, working_days_between

MORNING = time(9)
"""When the bot begins to speak by itself (practice, section 3)."""


@dataclass(frozen=True, repr=False)
class Hours:
    """A stretch of the day, in local time; with ``start`` after ``end`` it goes over midnight."""

    start: time
    end: time

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``19:00-08:00``; raises ValueError."""
        start, _, end = text.partition("-")
        return cls(time.fromisoformat(start), time.fromisoformat(end))

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{self.end:%H:%M}"

    def __contains__(self, moment: time) -> bool:
        if self.start <= self.end:
            return self.start <= moment < self.end
        return moment >= self.start or moment < self.end


QUIET = Hours(time(19), time(8))


@dataclass(frozen=True, repr=False)
class Calendar:
    """The working days of one place."""

    zone: ZoneInfo
    holidays: Collection[date] = ()
    """Public holidays; only asked whether a day is one of them."""

    def day(self, moment: datetime) -> date:
        """The local day of a moment."""
        return moment.astimezone(self.zone).date()

    def is_working_day(self, day: date) -> bool:
        """Whether it is Monday to Friday, and no holiday."""
        return is_working_day(day, self.holidays)

    def add(self, day: date, n: int) -> date:
        """The ``n``-th working day after ``day``, or before it when ``n`` is negative."""
        return add_working_days(day, n, self.holidays)

    def between(self, start: date, end: date) -> int:
        """How many working days ``end`` lies after ``start``."""
        return working_days_between(start, end, self.holidays)

    def end_of(self, day: date) -> datetime:
        """The end of a working day, in UTC."""
        return end_of_working_day(day, self.zone)

    def morning(self, day: date) -> datetime:
        """Nine o'clock of a day, in UTC."""
        return datetime.combine(day, MORNING, self.zone).astimezone(UTC)

    def week(self, moment: datetime) -> datetime:
        """The first working morning of the week of a moment, in UTC; of a week that is all holidays, its Monday's."""
        day = self.day(moment)
        monday = day - timedelta(days=day.weekday())
        first = self.add(monday - timedelta(days=1), 1)
        return self.morning(first if first < monday + timedelta(days=7) else monday)

    def is_quiet(self, moment: datetime, hours: Hours = QUIET, zone: ZoneInfo | None = None) -> bool:
        """Whether people are to be left in peace: in their quiet hours, in their own zone, and on days off."""
        local = moment.astimezone(zone or self.zone)
        return local.time() in hours or not self.is_working_day(local.date())

    def rests(self, moment: datetime) -> bool:
        """Whether nothing is said by itself to a whole table: in quiet hours, on days off, and until nine."""
        return self.is_quiet(moment) or moment < self.morning(self.day(moment))

    def meets(self, moment: datetime, hours: Hours, zone: ZoneInfo) -> bool:
        """Whether somebody in another zone is awake, on that day, at a time when a whole table is spoken to."""
        first = self.morning(self.day(moment))
        halves = (first + n * timedelta(minutes=30) for n in range(48))
        awake = (half for half in halves if half.astimezone(self.zone).time() not in QUIET)
        return any(half.astimezone(zone).time() not in hours for half in awake)
