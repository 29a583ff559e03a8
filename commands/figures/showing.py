"""Figures as they are shown: as text and as a picture, with nothing in either that tells of a few."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from cases.period import Period
from cases.scheme import Scheme
from chat.context import Reply
from chat.layout import plain
from chat.render import Voice
from commands.audit import rules as audit
from commands.concern.rules import Domain
from commands.figures.counting import Counts, last_quarter
from commands.figures.gathering import Gathering, Learned
from commands.figures.suppression import Cell, Hidden, break_down, cell, share
from storage.messages import Paper

_BETWEEN = "\x1f"
"""What parts the places of a line that is handed on as facts (ASCII: unit separator)."""
_COUNTED = ("opened", "closed", "worked_on", "repeats", "referrals")


@dataclass(frozen=True, repr=False)
class Row:
    """A figure in words."""

    label: str
    value: str
    share: str
    """Percent, to be drawn; empty: it is no share, or not shown."""


@dataclass(frozen=True, repr=False)
class Section:
    """Figures that belong together."""

    heading: str
    rows: list[Row]


@dataclass(frozen=True, repr=False)
class Block:
    """The figures of a scheme."""

    scheme: str
    period: Period
    is_over: bool
    sections: list[Section]


@dataclass(frozen=True, repr=False)
class Showing:
    """Puts what was counted into the words of those who read it."""

    gathering: Gathering
    learned: Learned
    voice: Voice
    names_agencies: bool
    """Whether those who read it hear of each agency, whatever the scheme says."""

    def reply(self, schemes: Sequence[str]) -> Reply:
        """The figures of these schemes, each with its picture: never their sum, beside which one would tell another."""
        blocks = [self._block(name) for name in schemes]
        leasts = {self._rules(name).suppression.least for name in schemes}
        facts: dict[str, object] = {"blocks": blocks, "leasts": leasts, "unreadable": self.gathering.unreadable}
        return Reply("figures/shown", facts, files=tuple(map(self._draw, blocks, range(len(blocks)))))

    def _block(self, scheme: str) -> Block:
        rules, counts = self._rules(scheme), self.gathering.counts.get(scheme, Counts())
        period, least = self.gathering.period, rules.suppression.least
        facts = {
            **_shown(counts, least),
            "learned": self.learned,
            "inductions": cell(self.learned.inductions, least),
            "rule": rules.suppression,
            "quarter": str(last_quarter(period)),
            # The return of a quarter and the counts of its months would tell of each other.
            "counted": not (rules.returns and rules.returns.quarterly),
            "agencies": _by_agency(counts, least) if self.names_agencies or rules.figures_by_agency else [],
            "between": _BETWEEN,
        }
        sections: list[Section] = []
        for line in plain(self.voice.text("figures/rows", facts)).split("\n"):
            label, *rest = line.split(_BETWEEN)
            if rest:
                sections[-1].rows.append(Row(label, *rest))
            elif label:
                sections.append(Section(label, []))
        return Block(scheme, period, period.end <= self.gathering.now, [one for one in sections if one.rows])

    def _draw(self, block: Block, number: int) -> Paper:
        """What its text says; a share that is not shown has no bar."""
        title = plain(self.voice.text("figures/title", {"block": block})).strip()
        sections = [{"heading": one.heading, "rows": [vars(row) for row in one.rows]} for one in block.sections]
        facts = {"title": title, "class": self._rules(block.scheme).marking, "lang": self.voice.language.code}
        name = f"figures-{block.period}{f'-{number + 1}' if number else ''}.png"
        return Paper(name, "figures", {**facts, "sections": sections}, self.gathering.now)

    def _rules(self, scheme: str) -> Scheme:
        return self.gathering.house.of(scheme)


def _shown(counts: Counts, least: int) -> dict[str, object]:
    """Each figure, or None where it would be of too few."""

    def enough(values: Iterable[float]) -> list[float]:
        listed = list(values)
        return listed if len(listed) >= least else []

    def middle(values: Iterable[float]) -> float | None:
        return median(listed) if (listed := enough(values)) else None

    def held(values: Sequence[bool]) -> float | None:
        return share(sum(values), len(values), least)

    domains = enough(counts.domains)
    return {
        "counts": {name: cell(getattr(counts, name), least) for name in _COUNTED},
        "domains": fmean(domains) if domains else None,
        "most_domains": len(Domain),
        "marked": held(counts.marked),
        "on_time": held(counts.on_time),
        "silence": max(enough(counts.silence), default=None),
        "first_action": middle(counts.first_action),
        "reasoned": held(counts.reasoned),
        "explained": held(counts.explained),
        "answer_days": middle(took.working_days for took in counts.answers),
        "answer_hours": middle(took.hours for took in counts.answers),
        "approved": middle(counts.approved),
        "contact": middle(counts.contact),
        "means": audit.means(counts.marks) if len(counts.marks) >= least else None,
    }


def _by_agency(counts: Counts, least: int) -> list[tuple[str, Cell, float | None]]:
    """Each agency that answered, how often, and in how many working days; of too few neither."""
    agencies = sorted({took.agency for took in counts.answers})
    days = [[took.working_days for took in counts.answers if took.agency == agency] for agency in agencies]
    _, [cells] = break_down(len(counts.answers), [list(map(len, days))], least)
    return [
        (agency, one, None if isinstance(one, Hidden) else median(took))
        for agency, one, took in zip(agencies, cells, days, strict=True)
    ]
