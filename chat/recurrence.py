"""How often a round table comes again: people's words as a rule of RFC 5545, and the dates that follow from it.

The rule is read here and not in ``cases``, which needs the standard library only and is handed the dates.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NoReturn
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from cases.errors import Refusal

EXAMPLES = ("6 months", "2 weeks", "first Tuesday", "last Friday", "year")
MOST_MONTHS = 60
_IN_MONTHS = {"month": 1, "quarter": 3, "half year": 6, "year": 12}
_WEEKDAYS = {
    "monday": "MO",
    "tuesday": "TU",
    "wednesday": "WE",
    "thursday": "TH",
    "friday": "FR",
    "saturday": "SA",
    "sunday": "SU",
}
_PLACES = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "last": -1}
_COUNTS = {"": 1, "other": 2, "second": 2, "two": 2, "three": 3, "third": 3, "four": 4, "six": 6, "twelve": 12}
_SAME = {
    "daily": "day",
    "weekly": "week",
    "fortnight": "2 weeks",
    "fortnightly": "2 weeks",
    "monthly": "month",
    "quarterly": "quarter",
    "half-yearly": "half year",
    "twice a year": "half year",
    "yearly": "year",
    "annually": "year",
}
_NUMBER = rf"(?P<count>[0-9]{{1,2}}|{'|'.join(filter(None, _COUNTS))})"
_DAY = rf"(?P<day>{'|'.join(_WEEKDAYS)})s?"
_SPAN = re.compile(rf"(?:{_NUMBER} )?(?P<unit>day|week|month|quarter|half year|year)s?")
_PLACE = re.compile(
    rf"(?P<place>{'|'.join(_PLACES)}) {_DAY}(?: (?:of|in) (?:the|a|each|every) month| every (?:{_NUMBER} )?months?)?"
)
_ON = re.compile(_DAY)
_WORKING_DAY = re.compile(r"working ?days?|week ?days?")
_EVERY_DAY_HAS_IT = 28


@dataclass(frozen=True, repr=False)
class Rhythm:
    """What was typed behind ``every:``, understood but not yet bound to a first date."""

    words: str
    """As it is shown: ``6 months``, ``first Tuesday``."""
    rule: str
    """RFC 5545, but for the day of the month."""
    months: int = 0
    """For a rhythm that keeps the day of the month: how many months apart."""

    def bind(self, first: datetime, zone: ZoneInfo) -> str:
        """The rule for a series that begins at ``first``.

        The 31st is the last day of a shorter month; left alone, the rule would leave such a month out.

        Raises:
            Refusal: ``series/first_elsewhere`` when the first date does not follow the rhythm itself.

        """
        rule = self.rule
        day = first.astimezone(zone).day
        if self.months and day > _EVERY_DAY_HAS_IT:
            rule += f";BYMONTHDAY={','.join(map(str, range(_EVERY_DAY_HAS_IT, day + 1)))};BYSETPOS=-1"
        if (begins := next(dates(rule, first, zone))) != first:
            raise Refusal("series/first_elsewhere", every=self.words, first=first, instead=begins)
        return rule


def read_rhythm(text: str) -> Rhythm:
    """Read what stands behind ``every:``; raises Refusal ``series/unreadable``."""
    words = " ".join(text.lower().replace(",", " ").split()).rstrip(".")
    words = words.removeprefix("every ").removeprefix("the ")
    words = _SAME.get(words, words)
    if found := _SPAN.fullmatch(words):
        return _span(text, _count(found["count"]), found["unit"])
    if found := _PLACE.fullmatch(words):
        every = _months(text, _count(found["count"]))
        name, place = found["day"], _PLACES[found["place"]]
        shown = "last" if place < 0 else ("first", "second", "third", "fourth")[place - 1]
        more = f" every {every} months" if every > 1 else ""
        return Rhythm(
            f"{shown} {name.capitalize()}{more}", f"FREQ=MONTHLY;INTERVAL={every};BYDAY={place}{_WEEKDAYS[name]}"
        )
    if found := _ON.fullmatch(words):
        return Rhythm(found["day"].capitalize(), f"FREQ=WEEKLY;INTERVAL=1;BYDAY={_WEEKDAYS[found['day']]}")
    if _WORKING_DAY.fullmatch(words):
        return Rhythm("working day", "FREQ=WEEKLY;INTERVAL=1;BYDAY=MO,TU,WE,TH,FR")
    return _refuse(text)


def dates(rule: str, first: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """All dates of a rule from ``first`` on, rising, in UTC; the local hour stays the same when the clocks change."""
    local = first.astimezone(zone).replace(tzinfo=None)
    return (when.replace(tzinfo=zone).astimezone(UTC) for when in rrulestr(rule, dtstart=local))


def _span(text: str, count: int, unit: str) -> Rhythm:
    shown = f"{count} {unit}s" if count > 1 else unit
    if unit in {"day", "week"}:
        if not count:
            _refuse(text)
        return Rhythm(shown, f"FREQ={'DAILY' if unit == 'day' else 'WEEKLY'};INTERVAL={count}")
    months = _months(text, count * _IN_MONTHS[unit])
    return Rhythm(shown, f"FREQ=MONTHLY;INTERVAL={months}", months)


def _months(text: str, count: int) -> int:
    return count if 0 < count <= MOST_MONTHS else _refuse(text)


def _count(typed: str | None) -> int:
    typed = typed or ""
    return int(typed) if typed.isdigit() else _COUNTS[typed]


def _refuse(text: str) -> NoReturn:
    raise Refusal("series/unreadable", examples=EXAMPLES)
