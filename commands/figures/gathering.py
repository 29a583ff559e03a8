"""Going through the cases of a house once, and counting those of each scheme."""

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime

from cases.case import Case
from cases.period import Period
from chat.context import House
from commands.figures.counting import Counts
from commands.mandate import standing
from commands.practice.rules import is_practice
from storage.find import Directory, Find


@dataclass(repr=False)
class Gathering:
    """What was counted in a period, by scheme; nothing of a case that is practised."""

    house: House
    period: Period
    now: datetime
    counts: dict[str, Counts] = field(default_factory=dict[str, Counts])
    unreadable: int = 0

    def read(self, find: Find, refs: Collection[str]) -> None:
        """Count these cases, of which none is held."""
        read = 0
        for case in find.read_through(refs):
            self.add(case)
            read += 1
        self.unreadable += len(refs) - read

    def add(self, case: Case) -> None:
        """Count a case."""
        if not is_practice(case):
            counts = self.counts.setdefault(case.scheme, Counts())
            counts.add(case, self.period, self.house.calendar(case), self.now)

    def schemes(self, among: Collection[str]) -> list[str]:
        """Those of these schemes in which anything happened."""
        return [name for name in among if not self.counts.get(name, Counts()).is_empty]


@dataclass(frozen=True, repr=False)
class Learned:
    """What people of several agencies learned together, and how many came to it in a period."""

    cohorts: int
    mixed: int
    """Those with people of more than one agency."""
    inductions: int

    @classmethod
    def of(cls, find: Find, directory: Directory, period: Period) -> "Learned":
        """From the register of trainings."""
        cohorts: dict[str, set[str]] = {}
        inductions = 0
        for person, kinds in standing.trainings(find).items():
            if "cohort" in kinds:
                there = cohorts.setdefault(kinds["cohort"], set())
                there.update({directory.people[person].agency} if person in directory.people else ())
            inductions += _day_of(kinds, period)
        return cls(len(cohorts), sum(len(agencies) > 1 for agencies in cohorts.values()), inductions)


def _day_of(kinds: Mapping[str, str], period: Period) -> bool:
    """Whether somebody's induction was in a period."""
    with suppress(KeyError, ValueError):
        day = date.fromisoformat(kinds["induction"])
        return datetime(day.year, day.month, day.day, tzinfo=period.zone) in period
    return False
