# lines: one grammar of dates, whose forms must not contradict each other, and the refusals with their readings
"""Time as people type it and as the bot shows it: strict dates, and working days.

Dates as people say them, in English and Dutch, are put into the few forms that are read: ``vrijdag om 15 uur`` and
``friday 3pm`` are ``fri 15:00``. Only what means the same is put otherwise.

Nothing here guesses. A date that can be read in two ways is refused with both readings; the calendar of a case is
no place for a lucky choice between 4 May and 5 April.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import cache
from typing import ClassVar, NoReturn, TypeVar
from zoneinfo import ZoneInfo

from cases.errors import Refusal

END_OF_WORKING_DAY = time(17)
FURTHEST_YEARS = 5
EXAMPLES: tuple[str, ...] = (
    "fri 15:00",
    "tomorrow 10:00",
    "20 nov",
    "2026-11-20 15:00",
    "in 3 days",
    "+5 working days",
)

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_SATURDAY = 5
_LONGEST_TYPED = 100
_SHOWN_TYPED = 40
_MOST_DAYS = FURTHEST_YEARS * 366
_FIRST_YEAR = 1900
_NEAR = {"today": 0, "tomorrow": 1}
# An offset such as -12:00 can make yesterday's date a moment that is still ahead; two days back it never is.
_OFFSET_SLACK = timedelta(days=2)


def _names(full: Iterable[str], also: dict[str, int]) -> dict[str, int]:
    """Full and three-letter names in lower case, and the other short forms in use, with their position."""
    known = dict(also)
    for position, name in enumerate(full):
        known[name.lower()] = known[name[:3].lower()] = position
    return known


_WEEKDAY_OF = _names(WEEKDAYS, {"tues": 1, "thur": 3, "thurs": 3})
_MONTH_OF = _names(MONTHS, {"sept": 8})

_WORDS_OF_DATES = frozenset(
    (
        *(_WEEKDAY_OF | _MONTH_OF),
        *("today", "tomorrow", "yesterday", "next", "last", "this", "in", "on", "at", "of", "a", "an", "one", "ago"),
        *(f"{unit}{s}" for unit in ("minute", "hour", "day", "week", "month", "year") for s in ("", "s")),
        *("working", "work", "business"),
    )
)
_NUMERAL = re.compile(r"\+?[0-9]\S*")
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_CLOCK = re.compile(
    r"(?P<day>.*?)(?:^|(?<=[0-9])t| )(?P<at>at |from |between |van |tussen )?"
    r"(?P<hour>[0-9]{1,2})(?P<dot>[:.])(?P<minute>[0-9]{2})"
    r"(?:z|(?P<plus>\+[01][0-9]:[0-5][0-9])"
    r"|(?P<to> ?[-\u2010-\u2015\u2212] ?| (?:to|until|till|and|tot|en) )(?P<until>[0-9]{1,2}(?:[:.][0-9]{2})?))?"
)
_ISO_OFFSET = re.compile(r"[01][0-9]:[0-5][0-9]")
_AHEAD = re.compile(
    r"(?:in |\+ ?)(?P<count>[0-9]+|an?|one) ?(?P<unit>minute|hour|day|week|working day|work day|business day)s?"
)
_AGO = re.compile(r"(?P<count>[0-9]+|an?|one) (?P<unit>minute|hour|day|week)s? ago")
_WEEKDAY = re.compile(r"(?:on )?(?P<next>next |last )?(?P<weekday>[a-z]+)(?P<week> week)?")
_OF_MONTH = re.compile(r"(?:on )?(?:(?P<weekday>[a-z]+) )?the (?P<day>[0-9]{1,2})")
_ISO = re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})")
_NUMERIC = re.compile(r"([0-9]{1,4})([/.-])([0-9]{1,2})(?:\2([0-9]{4}|[0-9]{1,2}))?\.?")
_DAY_MONTH = re.compile(
    r"(?:on )?(?:(?P<weekday>[a-z]+) )?(?P<day>[0-9]{1,2})(?:st|nd|rd|th)?(?: of)? ?(?P<month>[a-z]+)"
    r"(?: (?P<year>[0-9]{4}))?"
)
_MONTH_DAY = re.compile(
    r"(?:on )?(?:(?P<weekday>[a-z]+) )?(?P<month>[a-z]+) ?(?P<day>[0-9]{1,2})(?:st|nd|rd|th)?(?: (?P<year>[0-9]{4}))?"
)
_OF_A_CLOCK = re.compile("[0-9][:.\uff1a][0-9]")
_OF_WEEK = re.compile(r"(?P<weekday>[a-z]+) (?P<which>next|last) week")
_SOME_DAY = re.compile(r"(?:the )?(?:(?:beginning|start|begin) of )?(?P<which>next|last) (?P<unit>week|month)")
_PARTS_OF_DAY = {"morning": (9, 11), "afternoon": (14, 16), "evening": (19, 21), "night": (22, 23)}
"""The hours that are offered for a part of a day."""
_PART_OF_DAY = re.compile(rf"(?:(?P<day>.+) )?(?P<part>{'|'.join(_PARTS_OF_DAY)})")
_BARE_HOUR = re.compile(r"(?:(?P<day>.+?) )?(?P<at>at )?(?P<hour>1?[0-9])(?:~(?P<minute>[0-9]{2}))?")
"""An hour of which half of the day nobody knows; one that was said in words, such as half past one, is ``1~30``."""


def shorten(text: str, limit: int = _SHOWN_TYPED) -> str:
    """The beginning of what was typed, on one line, at most ``limit`` characters: enough to know it again."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def show_day(moment: datetime, zone: tzinfo) -> str:
    """The day of a moment in a zone: ``Fri 20 Nov 2026``."""
    return _day_name(moment.astimezone(zone).date())


def show(moment: datetime, zone: ZoneInfo) -> str:
    """A moment as every answer shows it: ``Fri 20 Nov 2026, 17:00 Europe/Amsterdam``.

    The names come from here and never from the locale of the process; ``commands`` translates them.
    """
    local = moment.astimezone(zone)
    return f"{_day_name(local.date())}, {local:%H:%M} {zone.key}"


def read_when(text: str, *, now: datetime, zone: ZoneInfo, holidays: Collection[date] = ()) -> datetime:
    """Read a typed date or moment in ``zone``; the answer is in UTC, after ``now``, at most five years ahead.

    A date alone means 17:00 of that day. ``now`` must be aware. Working days leave ``holidays`` out.

    Raises:
        Refusal: ``when/unreadable``, ``when/ambiguous``, ``when/impossible``, ``when/past``, ``when/far``,
            ``when/skipped`` (the clock change leaves that hour out) or ``when/twice`` (it repeats it). From–to
            (``fri 15:00-16:00``) is ``when/ambiguous``: either end may be meant.

    """
    reader = _reader(_Reader, text, now, zone, holidays)
    start, end = reader.read(text)
    if end is not None:
        if not _OF_A_CLOCK.search(text):
            reader.refuse_unreadable()
        reader.refuse_either([start, end])
    return start


def read_span(
    text: str, *, now: datetime, zone: ZoneInfo, holidays: Collection[date] = ()
) -> tuple[datetime, datetime | None]:
    """Read when something begins and, where it was typed as from–to (``fri 15:00-16:00``), ends: both in UTC.

    Raises:
        Refusal: as ``read_when``; ``when/ambiguous`` for an end that is not later on the same day, too.

    """
    return _reader(_Reader, text, now, zone, holidays).read(text)


def read_past(text: str, *, now: datetime, zone: ZoneInfo) -> datetime:
    """Read when something was observed: the same words, and ``yesterday`` or ``3 days ago``, looking back.

    The answer is in UTC and not after ``now``. A date alone means 17:00 of that day, or now if that is still ahead.

    Raises:
        Refusal: as ``read_when``, with ``when/ahead`` instead of ``when/past`` and ``when/far``.

    """
    reader = _reader(_PastReader, text, now, zone)
    start, end = reader.read(text)
    if end is not None:
        reader.refuse_either([start, end])
    return start


def end_of_working_day(day: date, zone: tzinfo) -> datetime:
    """17:00 of ``day`` in ``zone``, in UTC."""
    return datetime.combine(day, END_OF_WORKING_DAY, zone).astimezone(UTC)


def add_working_days(day: date, n: int, holidays: Collection[date] = ()) -> date:
    """The ``n``-th working day (Monday to Friday, no holiday) after ``day``, or before it when ``n`` is negative.

    With ``n`` = 0 it is ``day`` itself, whatever day that is.
    """
    step = timedelta(days=1 if n > 0 else -1)
    left = abs(n)
    while left:
        day += step
        left -= is_working_day(day, holidays)
    return day


def working_days_between(start: date, end: date, holidays: Collection[date] = ()) -> int:
    """How many working days ``end`` lies after ``start``: the inverse of ``add_working_days``; negative if before."""
    if end < start:
        return -sum(is_working_day(day, holidays) for day in _days(end, start))
    after = timedelta(days=1)
    return sum(is_working_day(day, holidays) for day in _days(start + after, end + after))


def is_working_day(day: date, holidays: Collection[date] = ()) -> bool:
    """Whether a day is Monday to Friday, and no holiday."""
    return day.weekday() < _SATURDAY and day not in holidays


def _days(start: date, end: date) -> Iterator[date]:
    """Every day from ``start`` up to, not including, ``end``."""
    return (start + timedelta(days=n) for n in range((end - start).days))


def _day_name(day: date) -> str:
    return f"{WEEKDAYS[day.weekday()][:3]} {day.day} {MONTHS[day.month - 1][:3]} {day.year}"


def _long_day(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def month_of(name: str) -> int | None:
    """The month of a name in lower case (from 1), in English or Dutch, also a short one; None for any other word."""
    position = _MONTH_OF.get(_SPOKEN.get(name, name))
    return None if position is None else position + 1


_SPOKEN: Mapping[str, str] = {
    "maandag": "mon",
    "ma": "mon",
    "dinsdag": "tue",
    "di": "tue",
    "woensdag": "wed",
    "wo": "wed",
    "donderdag": "thu",
    "do": "thu",
    "vrijdag": "fri",
    "vr": "fri",
    "vrij": "fri",
    "zaterdag": "sat",
    "za": "sat",
    "zondag": "sun",
    "zo": "sun",
    "weds": "wed",
    "januari": "jan",
    "februari": "feb",
    "maart": "mar",
    "mrt": "mar",
    "mei": "may",
    "juni": "jun",
    "juli": "jul",
    "augustus": "aug",
    "oktober": "oct",
    "okt": "oct",
    "vandaag": "today",
    "morgen": "tomorrow",
    "gisteren": "yesterday",
    "overmorgen": "in 2 days",
    "eergisteren": "2 days ago",
    "nu": "now",
    "net": "now",
    "tmrw": "tomorrow",
    "tmr": "tomorrow",
    "tmrrw": "tomorrow",
    "tomorow": "tomorrow",
    "tommorow": "tomorrow",
    "tommorrow": "tomorrow",
    "2moro": "tomorrow",
    "om": "at",
    "op": "on",
    "dag": "day",
    "dagen": "days",
    "weken": "weeks",
    "uren": "hours",
    "minuten": "minutes",
    "minuut": "minute",
    "maand": "month",
    "maanden": "months",
    "werkdag": "working day",
    "werkdagen": "working days",
    "geleden": "ago",
    "volgende": "next",
    "vorige": "last",
    "afgelopen": "last",
    "deze": "this",
    "komende": "this",
    "coming": "this",
    "aanstaande": "this",
    "fortnight": "2 weeks",
    "noon": "12:00",
    "midday": "12:00",
    "ochtend": "morning",
    "ochtends": "morning",
    "middag": "afternoon",
    "middags": "afternoon",
    "avond": "evening",
    "avonds": "evening",
    "nacht": "night",
    "nachts": "night",
    "vanochtend": "today morning",
    "vanmorgen": "today morning",
    "vanmiddag": "today afternoon",
    "vanavond": "today evening",
    "tonight": "today evening",
    "gisteravond": "yesterday evening",
    "morgenochtend": "tomorrow morning",
    "morgenmiddag": "tomorrow afternoon",
    "morgenavond": "tomorrow evening",
}
_ENGLISH_NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_DUTCH_NUMBERS = ("een", "twee", "drie", "vier", "vijf", "zes", "zeven", "acht", "negen", "tien", "elf", "twaalf")
_COUNTS = {word: str(n) for words in (_ENGLISH_NUMBERS, _DUTCH_NUMBERS) for n, word in enumerate(words, 1)}
_COUNTS["één"] = "1"
_DAYS = "mon|tue|wed|thu|fri|sat|sun|monday|tuesday|wednesday|thursday|friday|saturday|sunday|tues|thur|thurs"
_UNTIL = "by|before|voor|vóór|uiterlijk|until|till|tot|on or before"
_FULL_DAYS = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"
_DAY = rf"(?:{_DAYS}|today|tomorrow|yesterday)"
_UNIT = r"(?:minute|hour|day|week|working day|work day|business day)s?"
_AND_A_PART = re.compile(r"\b(maan|dins|woens|donder|vrij|zater|zon)dag(ochtend|middag|avond|nacht)\b")
_HALF = re.compile(rf"\bhalf (?:({'|'.join(_ENGLISH_NUMBERS)})|({'|'.join(_DUTCH_NUMBERS)}|één))\b")
"""``half two`` is half an hour past two, ``half twee`` half an hour before it."""
_OF_A_WEEK = re.compile(r"^(volgende|vorige) week ((?:maan|dins|woens|donder|vrij|zater|zon)dag)\b")


def _of_half_a_day(found: re.Match[str]) -> str:
    """``3pm`` and ``3.30 p.m.`` as a clock of 24 hours; what is none (``15pm``) as it stands."""
    hour, half = int(found["hour"]), found["half"]
    if not 1 <= hour <= 12:  # noqa: PLR2004 hours of a half day
        return found[0]
    return f"{hour % 12 + 12 * (half == 'p'):02d}:{found['minute'] or '00'}"


def _before(hour: int, minutes: int) -> str:
    """So many minutes before an hour of half a day: 15 before 2 is ``1~45``."""
    return f"{(hour - 2) % 12 + 1}~{60 - minutes}"


def _later(found: re.Match[str]) -> str:
    """``8:00 in the evening`` as 20:00."""
    hour = int(found["hour"])
    late = found["part"] in {"afternoon", "evening", "night"} and hour < 12  # noqa: PLR2004 noon
    return f"{hour + 12 * late}:{found['minute']}"


_Rule = tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]


@cache
def _spoken_rules() -> tuple[_Rule, ...]:
    hour, minute = r"(?P<hour>[0-9]{1,2})", r"(?P<minute>[0-9]{2})"
    return tuple(
        (re.compile(pattern), put)
        for pattern, put in (
            # What may be left out.
            (
                rf"^(?:(?:please|it to|to|naar|{_UNTIL}|around|about|ca|rond) )+",
                "",
            ),
            (r" (?:please|pls|graag|latest|at the latest|uiterlijk)$", ""),
            (r"(?<=\w)[.!]+$", ""),
            (r"(?<!\w)(?:'s|s|’s|in the|in de|at) (?=(?:morning|afternoon|evening|night)\b)", ""),
            (r"\ba\.s\.? |\bas (?=(?:mon|tue|wed|thu|fri|sat|sun))", "this "),
            (rf"\bthis (?:this )?(?=(?:{_DAYS})\b)", ""),
            (r"\bthis (?=(?:morning|afternoon|evening)\b)", "today "),
            (r"^last night\b", "yesterday night"),
            (r"\b(?:around|about|rond|ongeveer) (?=(?:at )?[0-9])", ""),
            # Hours.
            (r"\bhalf past ([0-9]{1,2})\b", r"\1~30"),
            (r"\b(?:quarter|kwart) (?:past|over) ([0-9]{1,2})\b", r"\1~15"),
            (r"\b(?:quarter|kwart) (?:to|voor) ([0-9]{1,2})\b", lambda found: _before(int(found[1]), 15)),
            (rf"\b{hour}(?:[:.]{minute})? ?(?P<half>[ap])\.? ?m\b\.?", _of_half_a_day),
            (rf"\b{hour}(?:[:.]{minute})? ?o'?clock ?(?P<half>[ap])\.? ?m\b\.?", _of_half_a_day),
            (r"\b([0-9]{1,2}) ?o'?clock\b", r"at \1"),
            (r"\bover ([0-9]+|an?) uur\b", r"in \1 hours"),
            (r"\b([0-9]+|an?) uur ago\b", r"\1 hours ago"),
            (r"\b([0-9]{1,2})[:.]([0-9]{2}) ?(?:h|u|uur|hrs?|hours)\b\.?", r"\1:\2"),
            (r"(?<!in )(?<!\+)\b([0-9]{1,2}) ?[hu]([0-9]{2})\b", r"\1:\2"),
            (r"(?<=\w) ([0-9]{1,2})(?: ?h| ?u| ?uur)$", r" \1:00"),
            (r"^([0-9]{1,2})(?: ?h| ?u| uur)$", r"\1:00"),
            (rf"^(?P<day>{_DAY}) ([01][0-9]|2[0-3])([0-5][0-9])$", r"\g<day> \2:\3"),
            (r"\bat at ", "at "),
            (rf"\b(?P<day>{_DAY}) (?P<part>morning|afternoon|evening|night) (?:at )?{hour}[:.~]{minute}\b", _of_day),
            (rf"\b{hour}[:.~]{minute} (?P<part>morning|afternoon|evening|night)\b", _later),
            (rf"^(?:at )?([0-9]{{1,2}}[:.~][0-9]{{2}}) (?:on )?({_DAY}|(?:[0-9]|in |next ).+)$", r"\2 \1"),
            (rf"^({_DAY}) ([01]?[0-9]|2[0-4]) ?[-\u2013\u2014] ?([01]?[0-9]|2[0-4])$", r"\1 \2:00-\3:00"),
            (rf"^({_DAY}) at (1[3-9]|2[0-3])$", r"\1 \2:00"),
            # Days.
            (rf"^({_DAYS}) (?:in|over) (?:1|an?) weeks?\b", r"\1 week"),
            (rf"^(?:1 |a )?week (?:on|from|after) ({_DAYS})\b", r"\1 week"),
            (r"^(?:today week|(?:1 |a )week (?:from )?today)\b", "in 7 days"),
            (r"^(?:tomorrow week|(?:1 |a )week (?:from )?tomorrow)\b", "in 8 days"),
            (rf"^((?:{_DAYS}) )?(?:the |de )?([0-9]{{1,2}})(?:st|nd|rd|th|de|ste|e)(?=$| (?:at )?[0-9])", r"\1the \2"),
            (r"^(?:the )?day after tomorrow\b", "in 2 days"),
            (r"^(?:the )?day before yesterday\b", "2 days ago"),
            (r"^half an hour ago$", "30 minutes ago"),
            (r"^(?:just )?now$", "0 minutes ago"),
            (r"^over (?=[0-9a])", "in "),
            (rf"^([0-9]+|an?) ({_UNIT}) from (?:now|today)$", r"in \1 \2"),
            (r"^([0-9]+) (working days)$", r"in \1 \2"),
            (r"^in a 2 weeks$", "in 2 weeks"),
            (r"\b([0-9]{1,2})(?:st|nd|rd|th)\b(?= of | [a-z]{3}|$)", r"\1"),
            (r"^([a-z]+ )?the ([0-9]{1,2}) of ", r"\1\2 of "),
            (rf"^(?:end of |eod |cob )({_DAY})$", r"\1"),
            (rf"^({_DAY}) (?:end of day|eod|cob|close of business)$", r"\1"),
            (r"^(?:end of (?:the )?day|eod|cob|end of the working day)$", "today"),
            (r"^(?:the )?(?:end of|eind van|einde van|eind) (?:this|the|de) week$", "fri"),
            (rf"^(next|last) week (?:on )?({_FULL_DAYS})\b", r"\2 \1 week"),
        )
    )


def _of_day(found: re.Match[str]) -> str:
    return f"{found['day']} {_later(found)}"


def _as_read(words: str) -> str:
    """A date in small letters with single blanks, in the forms that are read."""
    words = _OF_A_WEEK.sub(r"\2 \1 week", _AND_A_PART.sub(r"\1dag \2", words))
    words = _HALF.sub(lambda found: f"half past {found[1]}" if found[1] else _before(int(_COUNTS[found[2]]), 30), words)
    said = [_COUNTS.get(word, word) if word in _COUNTS else _SPOKEN.get(word, word) for word in words.split(" ")]
    words = " ".join(said)
    for pattern, instead in _spoken_rules():
        words = pattern.sub(instead, words).strip()
    return words


def _tidy(text: str, zone: ZoneInfo) -> str:
    """Lower case, single plain blanks, no commas, no dot after a short name, without the reader's own zone name."""
    plain = _INVISIBLE.sub("", text).replace("\uff1a", ":").replace(",", " ")
    words = " ".join(plain.split()).lower()
    words = words.removesuffix(f" {zone.key.lower()}").replace("\u2019", "'")
    return _as_read(re.sub(r"(?<=[a-z])\.(?= |$)", "", words)) if len(words) <= _LONGEST_TYPED else words


def _years_on(day: date, years: int) -> date:
    """The same date some years later; 29 February becomes 1 March where there is none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


@dataclass(frozen=True, repr=False)
class _Clock:
    """The hour that was typed, or 17:00 when none was."""

    hour: time = END_OF_WORKING_DAY
    offset: tzinfo | None = None
    typed: bool = False

    def after(self, day: str, separator: str) -> str:
        """A day followed by the hour, if one was typed."""
        return f"{day}{separator}{self.hour:%H:%M}" if self.typed else day


@dataclass(frozen=True, repr=False)
class _Reader:
    """One typed text being read at one moment in one zone."""

    typed: str
    now: datetime
    zone: ZoneInfo
    holidays: Collection[date] = ()

    examples: ClassVar = EXAMPLES

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    def read(self, text: str) -> tuple[datetime, datetime | None]:
        """The moment, and the end of what was typed as from–to."""
        words = _tidy(text, self.zone)
        if not words or len(words) > _LONGEST_TYPED:
            self.refuse_unreadable()
        found = _CLOCK.fullmatch(words)
        if found is None:
            return self.read_day(words, _Clock()), None
        hour, until = self.read_hour(found["hour"], found["minute"]), None
        if found["until"]:
            hours, _, minutes = found["until"].replace(".", ":").partition(":")
            until = self.read_hour(hours, minutes or "0")
        between, joined = found["at"] in {"between ", "tussen "}, (found["to"] or "").strip() in {"and", "en"}
        if between != joined or (until is None and found["at"] in {"from ", "van "}):
            self.refuse_unreadable()
        if words.endswith("z"):
            return self.read_at(found, _Clock(hour, UTC, typed=True)), None
        if offset := self.read_offset(found):
            return self.read_with_offset(found, hour, offset, until)
        return self.read_from_to(found, hour, until)

    def read_at(self, found: re.Match[str], clock: _Clock) -> datetime:
        if found["day"]:
            return self.read_day(found["day"], clock)
        if found["dot"] == "." and not found["at"] and not found["to"]:
            self.refuse_if_also_a_date(found["hour"], found["minute"], clock)
        return self.moment(self.today, clock)

    def read_hour(self, hour: str, minute: str) -> time:
        try:
            return time(int(hour), int(minute))
        except ValueError:
            self.refuse_impossible()

    def read_offset(self, found: re.Match[str]) -> timezone | None:
        """What may be an offset from UTC: behind a date as ISO 8601 writes it, and as that writes offsets."""
        typed = found["plus"] or (found["to"] == "-" and f"-{found['until']}") or ""
        if not _ISO_OFFSET.fullmatch(typed[1:]) or (typed[0] == "-" and not _ISO.fullmatch(found["day"])):
            return None
        away = timedelta(hours=int(typed[1:3]), minutes=int(typed[4:6]))
        return timezone(away if typed[0] == "+" else -away)

    def read_with_offset(
        self, found: re.Match[str], hour: time, offset: timezone, until: time | None
    ) -> tuple[datetime, datetime | None]:
        """An offset counts only where the zone has it then: ``15:00-16:00`` is what people write for from–to."""
        try:
            start, end = self.read_from_to(found, hour, until if until and until > hour else None)
        except Refusal as refusal:
            if refusal.code != "when/twice":
                raise
            # Only the offset can say which of the two is meant.
            start, end = self.read_at(found, _Clock(hour, offset, typed=True)), None
            if start.astimezone(self.zone).utcoffset() != offset.utcoffset(None):
                raise
        local = start.astimezone(self.zone)
        if end is None and local.utcoffset() != offset.utcoffset(None):
            self.refuse_either([start, local.replace(tzinfo=offset)])
        return start, end

    def read_from_to(self, found: re.Match[str], hour: time, until: time | None) -> tuple[datetime, datetime | None]:
        start = self.read_at(found, _Clock(hour, typed=True))
        if until is None:
            return start, None
        day = start.astimezone(self.zone).date()
        end = self.localise(day if until > hour else day + timedelta(days=1), _Clock(until, typed=True))
        if until <= hour:
            self.refuse_either([start, end])
        return start, end

    def read_day(self, words: str, clock: _Clock) -> datetime:  # noqa: PLR0911 one for each form
        self.refuse_open(words, clock)
        if (day := self.read_relative(words, clock)) is not None:
            return self.moment(day, clock)
        if found := _AHEAD.fullmatch(words):
            return self.read_ahead(found, clock)
        if found := _WEEKDAY.fullmatch(words):
            return self.read_weekday(found, clock)
        if found := _OF_MONTH.fullmatch(words):
            return self.read_of_month(found, clock)
        if found := _ISO.fullmatch(words):
            day = _date(int(found["year"]), int(found["month"]), int(found["day"]))
            return self.moment(day or self.refuse_impossible(), clock)
        if found := _NUMERIC.fullmatch(words):
            return self.read_numeric(found, clock)
        if found := _DAY_MONTH.fullmatch(words) or _MONTH_DAY.fullmatch(words):
            return self.read_named(found, clock)
        return self.refuse_unreadable()

    def read_relative(self, words: str, clock: _Clock) -> date | None:
        """A day that is told by today."""
        if words == "yesterday":
            self.refuse_past(self.today - timedelta(days=1), clock)
        if words in _NEAR:
            return self.today + timedelta(days=_NEAR[words])
        found = _OF_WEEK.fullmatch(words)
        return self.day_of_week(found) if found else None

    def refuse_open(self, words: str, clock: _Clock) -> None:
        """Refuse what leaves the hour or the day open, with what may be meant: ``fri 3``, ``monday morning``."""
        if found := _SOME_DAY.fullmatch(words):
            self.refuse_some_day(found, clock)
        if clock.typed:
            return
        if found := _PART_OF_DAY.fullmatch(words):
            self.refuse_hours(found["day"], map(time, _PARTS_OF_DAY[found["part"]]))
        if (found := _BARE_HOUR.fullmatch(words)) and self.is_bare_hour(found):
            hour, minute = int(found["hour"]), int(found["minute"] or 0)
            self.refuse_hours(found["day"], (time(hour, minute), time((hour + 12) % 24, minute)))

    def is_bare_hour(self, found: re.Match[str]) -> bool:
        """``fri 3`` and ``at 3``: an hour, of which half of the day nobody knows."""
        if not 1 <= int(found["hour"]) <= 12:  # noqa: PLR2004 hours of half a day
            return False
        day = (found["day"] or "").removeprefix("on ").removeprefix("next ")
        return bool(found["at"] or found["minute"]) or day in _WEEKDAY_OF or day in _NEAR or day == "yesterday"

    def refuse_hours(self, day: str | None, hours: Iterable[time]) -> NoReturn:
        """Refuse what leaves the hour open, with the hours that may be meant."""
        moments: list[datetime] = []
        refused: Refusal | None = None
        for hour in hours:
            try:
                moments += [self.read_day(day or "today", _Clock(hour, typed=True))]
            except Refusal as refusal:
                if refusal.code == "when/ambiguous":
                    raise
                refused = refusal
        if not moments:
            if refused is None:
                self.refuse_unreadable()
            raise refused
        self.refuse_either(moments, of="hour")

    def day_of_week(self, found: re.Match[str]) -> date:
        weekday = _WEEKDAY_OF.get(found["weekday"])
        if weekday is None:
            self.refuse_unreadable()
        return self.monday(found["which"]) + timedelta(days=weekday)

    def monday(self, which: str) -> date:
        """The Monday of the next week, or of the last."""
        return self.today + timedelta(days=(7 if which == "next" else -7) - self.today.weekday())

    def refuse_some_day(self, found: re.Match[str], clock: _Clock) -> NoReturn:
        """Refuse ``next week``, with its first and its last working day; a month likewise."""
        if found["unit"] == "week":
            monday = self.monday(found["which"])
            self.refuse_ambiguous([monday, monday + timedelta(days=4)], clock)
        month = self.today.replace(day=1) + timedelta(days=32 if found["which"] == "next" else -1)
        first = month.replace(day=1)
        last = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
        self.refuse_ambiguous([first, last], clock)

    def read_ahead(self, found: re.Match[str], clock: _Clock) -> datetime:
        count = int(found["count"]) if found["count"].isdigit() else 1
        unit = found["unit"]
        if unit in {"minute", "hour"}:
            if clock.typed:
                self.refuse_unreadable()
            if count > _MOST_DAYS * (24 if unit == "hour" else 24 * 60):
                self.refuse_far()
            moment = self.now + count * timedelta(**{f"{unit}s": 1})
            return self.checked(moment, moment.astimezone(self.zone).date(), clock)
        if count > _MOST_DAYS:
            self.refuse_far()
        if unit in {"day", "week"}:
            return self.moment(self.today + count * timedelta(**{f"{unit}s": 1}), clock)
        return self.moment(add_working_days(self.today, count, self.holidays), clock)

    def read_weekday(self, found: re.Match[str], clock: _Clock) -> datetime:
        weekday = _WEEKDAY_OF.get(found["weekday"])
        if weekday is None or (found["week"] and found["next"]):
            self.refuse_unreadable()
        day = self.today + timedelta(days=(weekday - self.today.weekday()) % 7)
        week = timedelta(days=7)
        if found["week"]:
            return self.moment((day if day > self.today else day + week) + week, clock)
        if found["next"] == "last ":
            self.refuse_past(day - week, clock)
        if found["next"]:
            # Half of the people who say "next Friday" mean the coming one, the other half the one after it.
            coming = day if day > self.today else day + week
            self.refuse_ambiguous([coming, coming + week], clock)
        if day == self.today and self.localise(day, clock) <= self.now:
            day += week
        return self.moment(day, clock)

    def read_named(self, found: re.Match[str], clock: _Clock) -> datetime:
        month, weekday = _MONTH_OF.get(found["month"]), _WEEKDAY_OF.get(found["weekday"] or "")
        if month is None or (found["weekday"] and weekday is None):
            self.refuse_unreadable()
        if found["year"]:
            day = _date(int(found["year"]), month + 1, int(found["day"]))
        else:
            day = self.next_dated(month + 1, int(found["day"]), clock)
        return self.on_weekday(day or self.refuse_impossible(), weekday, clock)

    def read_of_month(self, found: re.Match[str], clock: _Clock) -> datetime:
        """``the 6th`` and ``friday the 6th``: of the month in which that comes next."""
        weekday = _WEEKDAY_OF.get(found["weekday"] or "")
        if found["weekday"] and weekday is None:
            self.refuse_unreadable()
        days = (self.next_dated(month, int(found["day"]), clock) for month in range(1, 13))
        nearest = min(filter(None, days), key=lambda day: abs(day - self.today), default=None)
        return self.on_weekday(nearest or self.refuse_impossible(), weekday, clock)

    def on_weekday(self, day: date, weekday: int | None, clock: _Clock) -> datetime:
        """That day, if it is on the weekday that was named beside it."""
        if weekday is not None and weekday != day.weekday() and MINYEAR < day.year < MAXYEAR:
            nearest = day + timedelta(days=(weekday - day.weekday() + 3) % 7 - 3)
            self.refuse_ambiguous([day, nearest], clock)
        return self.moment(day, clock)

    def next_dated(self, month: int, day: int, clock: _Clock) -> date | None:
        """The next such day ahead, this year or next; none if neither year has it."""
        found = _date(self.today.year, month, day)
        if found and (found > self.today or (found == self.today and self.localise(found, clock) > self.now)):
            return found
        return _date(self.today.year + 1, month, day)

    def moment(self, day: date, clock: _Clock) -> datetime:
        if day < self.today - _OFFSET_SLACK:
            self.refuse_past(day, clock)
        if day > self.furthest:
            self.refuse_far()
        return self.checked(self.localise(day, clock), day, clock)

    def checked(self, moment: datetime, day: date, clock: _Clock) -> datetime:
        if moment <= self.now:
            self.refuse_past(day, clock)
        if moment.astimezone(self.zone).date() > self.furthest:
            self.refuse_far()
        return moment

    @property
    def furthest(self) -> date:
        return _years_on(self.today, FURTHEST_YEARS)

    def localise(self, day: date, clock: _Clock) -> datetime:
        """That hour of that day in UTC; refused where the clock change skips or repeats it."""
        local = datetime.combine(day, clock.hour)
        if clock.offset:
            return local.replace(tzinfo=clock.offset).astimezone(UTC)
        first, second = sorted(local.replace(tzinfo=self.zone, fold=fold).astimezone(UTC) for fold in (0, 1))
        if first == second:
            return first
        both = [moment.astimezone(self.zone) for moment in (first, second)]
        if both[0].replace(tzinfo=None) == local:
            # The offset is the only way to say which of the two is meant, so it is shown and may be typed.
            raise Refusal(
                "when/twice",
                typed=self.typed,
                readings=[f"{show(moment, self.zone)} (UTC{moment.isoformat()[-6:]})" for moment in both],
                instead=[moment.isoformat(" ", "minutes") for moment in both],
            )
        raise Refusal(
            "when/skipped",
            typed=self.typed,
            readings=[show(moment, self.zone) for moment in both],
            instead=[f"{moment:%Y-%m-%d %H:%M}" for moment in both],
        )

    def refuse_unreadable(self) -> NoReturn:
        words = self.typed.lower().replace(",", " ").split()
        meant = all(word in _WORDS_OF_DATES or _NUMERAL.fullmatch(word) for word in words)
        # What was not meant as a date is somebody's text, perhaps a name: it is not repeated.
        raise Refusal("when/unreadable", typed=self.typed if meant else "", examples=list(self.examples))

    def refuse_impossible(self) -> NoReturn:
        raise Refusal("when/impossible", typed=self.typed, examples=list(EXAMPLES))

    def refuse_far(self) -> NoReturn:
        raise Refusal("when/far", typed=self.typed, years=FURTHEST_YEARS, until=_day_name(self.furthest))

    def refuse_past(self, day: date, clock: _Clock) -> NoReturn:
        following = self.today + timedelta(days=1)
        if day < self.today - timedelta(days=1):
            following = self.next_dated(day.month, day.day, clock) or following
        raise Refusal(
            "when/past",
            typed=self.typed,
            when=f"{_day_name(day)}, {clock.hour:%H:%M} {self.zone.key}",
            readings=[clock.after(_day_name(following), ", ")],
            instead=[clock.after(following.isoformat(), " ")],
        )

    def refuse_ambiguous(self, days: Iterable[date], clock: _Clock) -> NoReturn:
        distinct = list(dict.fromkeys(days))
        raise Refusal(
            "when/ambiguous",
            typed=self.typed,
            readings=[clock.after(_long_day(day), ", ") for day in distinct],
            instead=[clock.after(day.isoformat(), " ") for day in distinct],
        )

    def refuse_either(self, moments: Iterable[datetime], **facts: object) -> NoReturn:
        """Refuse what may mean one moment or the other."""
        local = [moment.astimezone(self.zone) for moment in moments]
        raise Refusal(
            "when/ambiguous",
            typed=self.typed,
            readings=[f"{_day_name(moment.date())}, {moment:%H:%M}" for moment in local],
            instead=[f"{moment:%Y-%m-%d %H:%M}" for moment in local],
            **facts,
        )

    def read_numeric(self, found: re.Match[str], clock: _Clock) -> datetime:
        """A date in digits: which number is the month depends on who reads it, unless only one of them can be."""
        first, second, third = found[1], int(found[3]), found[4]
        days: list[date | None]
        if third is None:
            days = [self.next_dated(second, int(first), clock), self.next_dated(int(first), second, clock)]
        elif len(first) > 2:  # noqa: PLR2004 - more than two digits can only be a year
            days = [_date(int(first), second, int(third))]
        else:
            year = int(third) + (0 if len(third) > 2 else 2000)  # noqa: PLR2004 - as above
            days = [_date(year, second, int(first)), _date(year, int(first), second)]
        possible = list(dict.fromkeys(day for day in days if day))
        if not possible:
            self.refuse_impossible()
        if len(possible) == 1:
            return self.moment(possible[0], clock)
        return self.refuse_ambiguous(possible, clock)

    def refuse_if_also_a_date(self, first: str, second: str, clock: _Clock) -> None:
        """``4.11`` is eleven past four, or 4 November; ``15.00`` can only be an hour."""
        day = self.next_dated(int(second), int(first), _Clock())
        if day:
            raise Refusal(
                "when/ambiguous",
                typed=self.typed,
                readings=[f"{clock.hour:%H:%M}", _long_day(day)],
                instead=[f"{clock.hour:%H:%M}", day.isoformat()],
            )


class _PastReader(_Reader):
    """The same words, looking back."""

    examples: ClassVar = ("yesterday", "3 days ago", "fri 15:00", "20 oct", "last monday")

    def read_day(self, words: str, clock: _Clock) -> datetime:
        if words == "yesterday":
            return self.moment(self.today - timedelta(days=1), clock)
        if found := _AGO.fullmatch(words):
            return self.read_ago(found, clock)
        return super().read_day(words, clock)

    def read_ago(self, found: re.Match[str], clock: _Clock) -> datetime:
        count = int(found["count"]) if found["count"].isdigit() else 1
        unit = found["unit"]
        if count > _MOST_DAYS:
            self.refuse_unreadable()
        back = count * timedelta(**{f"{unit}s": 1})
        if unit in {"day", "week"}:
            return self.moment(self.today - back, clock)
        if clock.typed:
            self.refuse_unreadable()
        return self.now - back

    def read_ahead(self, found: re.Match[str], clock: _Clock) -> datetime:
        del found, clock
        return self.refuse_unreadable()

    def read_weekday(self, found: re.Match[str], clock: _Clock) -> datetime:
        weekday = _WEEKDAY_OF.get(found["weekday"])
        if weekday is None or found["week"] or found["next"] == "next ":
            self.refuse_unreadable()
        day = self.today - timedelta(days=(self.today.weekday() - weekday) % 7)
        if found["next"] and day == self.today:
            day -= timedelta(days=7)
        if day == self.today and clock.typed and self.localise(day, clock) > self.now:
            day -= timedelta(days=7)
        return self.moment(day, clock)

    def next_dated(self, month: int, day: int, clock: _Clock) -> date | None:
        """The latest such day that is not ahead, this year or last; none if neither year has it."""
        del clock
        found = _date(self.today.year, month, day)
        return found if found and found <= self.today else _date(self.today.year - 1, month, day)

    def moment(self, day: date, clock: _Clock) -> datetime:
        if day.year < _FIRST_YEAR:
            self.refuse_impossible()
        if day > self.today + _OFFSET_SLACK:
            self.refuse_ahead(day, clock)
        moment = self.localise(day, clock)
        if day == self.today and not clock.typed:
            return min(moment, self.now)
        if moment > self.now:
            self.refuse_ahead(day, clock)
        return moment

    def refuse_ahead(self, day: date, clock: _Clock) -> NoReturn:
        raise Refusal("when/ahead", typed=self.typed, when=clock.after(_day_name(day), ", "))


R = TypeVar("R", bound=_Reader)


def _reader(kind: type[R], text: str, now: datetime, zone: ZoneInfo, holidays: Collection[date] = ()) -> R:
    return kind(typed=shorten(_INVISIBLE.sub("", text)), now=now.astimezone(UTC), zone=zone, holidays=holidays)
