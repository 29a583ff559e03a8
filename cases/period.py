"""A stretch of time that is counted over: a month, or a quarter, in the zone of the house."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Self
from zoneinfo import ZoneInfo

from cases.time import MONTHS, month_of

QUARTER = 3
"""Months."""
_NUMBERED = re.compile(r"(20[0-9]{2})-([0-9]{1,2})|([0-9]{1,2})[-/](20[0-9]{2})", re.ASCII)
_NAMED = re.compile(r"([a-z]{3,9})\.?(?: (20[0-9]{2}))?", re.ASCII)
_QUARTERED = re.compile(r"(?:(20[0-9]{2})[- ]?)?q([1-4])(?: (20[0-9]{2}))?", re.ASCII)
_THIS = frozenset({"this month", "this quarter", "deze maand", "dit kwartaal"})
_LAST = frozenset({"last month", "last quarter", "vorige maand", "vorig kwartaal"})


@dataclass(frozen=True, repr=False)
class Period:
    """So many months from the first of one on."""

    year: int
    month: int
    """The first, from 1."""
    months: int
    zone: ZoneInfo

    @classmethod
    def of(cls, moment: datetime, zone: ZoneInfo, months: int = 1) -> Self:
        """The month or quarter of a moment."""
        local = moment.astimezone(zone)
        return cls(local.year, (local.month - 1) // months * months + 1, months, zone)

    @classmethod
    def read(cls, typed: str, now: datetime, zone: ZoneInfo) -> Self | None:
        """From ``2026-11``, ``11/2026``, ``november``, ``nov 2026``, ``last month``, ``2026-Q4``; None for all else.

        Without a year the last one that has begun is meant.
        """
        text = " ".join(typed.casefold().split()).strip(" .!?")
        months = QUARTER if "quarter" in text or "kwartaal" in text else 1
        if text in _THIS | _LAST:
            begun = cls.of(now, zone, months)
            return begun if text in _THIS else begun.before
        if found := _NUMBERED.fullmatch(text):
            year, month = int(found[1] or found[4]), int(found[2] or found[3])
            return cls(year, month, 1, zone) if 1 <= month <= len(MONTHS) else None
        if found := _QUARTERED.fullmatch(text):
            return cls._begun(found[1] or found[3], (int(found[2]) - 1) * QUARTER + 1, QUARTER, now, zone)
        found = _NAMED.fullmatch(text)
        if found and (named := month_of(found[1])):
            return cls._begun(found[2], named, 1, now, zone)
        return None

    @classmethod
    def _begun(cls, year: str | None, month: int, months: int, now: datetime, zone: ZoneInfo) -> Self:
        if year:
            return cls(int(year), month, months, zone)
        this = cls(now.astimezone(zone).year, month, months, zone)
        return cls(this.year - 1, month, months, zone) if this.start > now else this

    @cached_property
    def start(self) -> datetime:
        """Its first moment, in UTC."""
        return datetime(self.year, self.month, 1, tzinfo=self.zone).astimezone(UTC)

    @cached_property
    def end(self) -> datetime:
        """The first moment behind it, in UTC."""
        return self._moved(self.months).start

    @property
    def before(self) -> Self:
        """The one before it."""
        return self._moved(-self.months)

    def _moved(self, months: int) -> Self:
        whole = self.year * len(MONTHS) + self.month - 1 + months
        return type(self)(whole // len(MONTHS), whole % len(MONTHS) + 1, self.months, self.zone)

    def __contains__(self, moment: datetime | None) -> bool:
        return moment is not None and self.start <= moment < self.end

    def __str__(self) -> str:
        if self.months == QUARTER:
            return f"{self.year}-Q{(self.month + QUARTER - 1) // QUARTER}"
        return f"{self.year}-{self.month:02}"

    @property
    def name(self) -> str:
        """As people say it, in English: ``November 2026``, ``2026-Q4``."""
        return str(self) if self.months == QUARTER else f"{MONTHS[self.month - 1]} {self.year}"
