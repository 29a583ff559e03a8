"""The mark of a case of which nothing is real: it is practised, and stands in no figure, count, or notice upward."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cases.items import NOBODY, Item, offers_items
from cases.record import Record, record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cases.case import Case

PRACTISED = "practice"
"""The kind of item of a case that is practised."""


@record("practice")
@dataclass(eq=False, repr=False)
class Practice(Record):
    """That nothing of a case is real."""


def mark(case: Case) -> Practice:
    """Mark a case as practice, as part of the step that opens it: what is real never becomes it, nor the reverse."""
    opened = case.steps[0]
    return opened.add(case.all(Practice), Practice("practice", case.opened_by, opened.agency, opened.at))


def is_practice(case: Case) -> bool:
    """Whether nothing of this case is real."""
    return bool(case.all(Practice))


@offers_items
def list_practised(case: Case) -> Iterator[Item]:
    """So that it is known without opening the case."""
    for one in case.all(Practice):
        yield Item(one.id, PRACTISED, NOBODY, None, None, open=True)
