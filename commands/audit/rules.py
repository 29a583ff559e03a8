"""How agencies found a round table: once each, and only means over a quarter are ever shown (practice, section 5)."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from cases.errors import Refusal
from cases.items import NOBODY, Item, offers_items
from cases.record import Record, one_of, record
from cases.verbs import verb
from commands.practice.rules import is_practice
from commands.roundtable import rules as roundtable
from commands.roundtable.rules import RoundTable, State

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cases.case import Case
    from cases.people import Professional
    from cases.period import Period

AUDITED = verb("audit", "looked back at the round table {whole}")
ITEM = "audit"
"""The kind of item that the marks of an agency are."""
FEWEST = 5
"""So many agencies must have given marks, or the mean is not shown: none of them is to be told from it."""


@dataclass(frozen=True, repr=False)
class Marks:
    """What an agency says of a meeting, from 1 (poor) to 4 (good)."""

    arrangements: int
    conduct: int
    assessment: int
    plan: int


@record("audit")
@dataclass(eq=False, repr=False)
class Audit(Record):
    """The marks of one agency for one meeting."""

    roundtable: str
    arrangements: int
    conduct: int
    assessment: int
    plan: int


def give(case: Case, table_id: str, marks: Marks, *, by: Professional, at: datetime) -> Audit:
    """Give the marks of my agency; once, after a meeting at which it was."""
    case.require_not_left(by)
    table = one_of(case.all(RoundTable), table_id)
    if table.state is not State.ENDED:
        raise Refusal("audit/not_held", id=table.id)
    if by.agency not in roundtable.agencies_present(case, table):
        raise Refusal("audit/not_there", id=table.id)
    if any((one.roundtable, one.agency, one.withdrawn) == (table.id, by.agency, False) for one in case.all(Audit)):
        raise Refusal("audit/done_already", id=table.id)
    number = sum(one.roundtable == table.id for one in case.all(Audit)) + 1
    given = Audit(f"{table.id}/q{number}", by.user_id, by.agency, at, table.id, *astuple(marks))
    return case.step(AUDITED, given.id, by, at).add(case.all(Audit), given)


def marks_of(case: Case, period: Period) -> list[Marks]:
    """The marks that agencies gave for the meetings of a case in a period; none of a case that is practised."""
    return [
        Marks(one.arrangements, one.conduct, one.assessment, one.plan)
        for one in case.all(Audit)
        if not one.withdrawn and one.at in period and not is_practice(case)
    ]


def means(given: Sequence[Marks]) -> list[float] | None:
    """The mean of each mark; None of too few."""
    if len(given) < FEWEST:
        return None
    return [sum(column) / len(given) for column in zip(*map(astuple, given), strict=True)]


@offers_items
def list_audits(case: Case) -> Iterator[Item]:
    """In which cases marks were given."""
    for one in case.all(Audit):
        if not one.withdrawn:
            # Found by its moment, in closed cases, too.
            yield Item(one.id, ITEM, NOBODY, None, one.at, open=True)
