"""The return to an authority: its own columns, counted case by case, as a file that a spreadsheet takes."""

import csv
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from io import StringIO

from cases.case import Case
from cases.period import Period
from cases.scheme import BROUGHT_BY, TOPIC, Counted, Return, Scheme
from commands.figures import rules as categories
from commands.figures.counting import Counts
from commands.figures.suppression import Cell, Hidden, break_down
from commands.practice.rules import is_practice
from commands.roundtable.rules import RoundTable
from storage.messages import Attachment

NOT_SAID = "not said"
"""The last part of each column that is parted."""
WITHHELD = "withheld"
_BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(repr=False)
class Returning:
    """Counts what the columns of a scheme's return ask for."""

    scheme: Scheme
    columns: Return
    period: Period
    agencies: Collection[str]
    """That may have brought a case."""
    totals: dict[Counted, int] = field(default_factory=dict[Counted, int])
    parts: dict[tuple[Counted, str], dict[str, int]] = field(default_factory=dict[tuple[Counted, str], dict[str, int]])

    def add(self, case: Case) -> None:
        """Count a case; none that is practised."""
        if is_practice(case):
            return
        for what in {column.counts for column in self.columns.columns}:
            count = _count(case, what, self.period)
            self.totals[what] = self.totals.get(what, 0) + count
            for by in self._ways(what):
                parts = self.parts.setdefault((what, by), {})
                choice = self._choice(case, by)
                parts[choice] = parts.get(choice, 0) + count

    def file(self) -> Attachment:
        """One line for the period, below the names of the columns."""
        written = StringIO()
        line = csv.writer(written)
        shown = list(self._cells())
        line.writerow(["Period", *(_harmless(name) for name, _ in shown)])
        line.writerow([str(self.period), *(self._in_words(one) for _, one in shown)])
        return Attachment(f"return-{self.period}.csv", "text/csv; charset=utf-8", written.getvalue().encode())

    def _cells(self) -> Iterator[tuple[str, Cell]]:
        """Each column with what may be shown of it; all that count the same are looked at together."""
        shown: dict[Counted, tuple[Cell, dict[str, list[Cell]]]] = {}
        for column in self.columns.columns:
            if column.counts not in shown:
                shown[column.counts] = self._break_down(column.counts)
            total, ways = shown[column.counts]
            if column.by is None:
                yield column.name, total
            else:
                for choice, one in zip(self._choices(column.by), ways[column.by], strict=True):
                    yield f"{column.name}: {choice}", one

    def _break_down(self, what: Counted) -> tuple[Cell, dict[str, list[Cell]]]:
        ways = self._ways(what)
        parts = [[self.parts.get((what, by), {}).get(one, 0) for one in self._choices(by)] for by in ways]
        total, cells = break_down(self.totals.get(what, 0), parts, self.columns.suppression.least)
        return total, dict(zip(ways, cells, strict=True))

    def _ways(self, what: Counted) -> list[str]:
        """By what a count is parted."""
        return list(dict.fromkeys(one.by for one in self.columns.columns if one.counts is what and one.by))

    def _choices(self, by: str) -> list[str]:
        known = {**self.scheme.categories, TOPIC: self.scheme.topics, BROUGHT_BY: tuple(self.agencies)}
        return [*known[by], NOT_SAID]

    def _choice(self, case: Case, by: str) -> str:
        said = {**categories.said(case), TOPIC: case.topic, BROUGHT_BY: case.brought_by}.get(by)
        return said if said in self._choices(by) else NOT_SAID

    def _in_words(self, one: Cell) -> str:
        if isinstance(one, Hidden):
            return self.columns.suppression.mark if one is Hidden.SMALL else WITHHELD
        return str(one)


def _count(case: Case, what: Counted, period: Period) -> int:
    moves = Counts()
    moves.count_moves(case, period)
    match what:
        case Counted.OPENED:
            return moves.opened
        case Counted.CLOSED:
            return moves.closed
        case Counted.REPEATS:
            return moves.repeats
        case Counted.REFERRALS:
            return moves.referrals
        case Counted.DISCUSSED:
            return int(any(table.ended_at in period for table in case.all(RoundTable) if not table.withdrawn))


def _harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_BEGINS_A_FORMULA) else text
