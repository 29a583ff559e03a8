"""What must be found without opening a case: who was asked what, which meeting runs, whose words are to be wiped.

Each concept offers its own; never content.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from cases.case import Case

NOBODY = ""
"""The agency of what is nobody's move."""
DESK = "desk"
"""The kind of item of a case at which nobody sits, such as a referral from one agency to another without a table."""


class Item(NamedTuple):
    """One thing, and whose move it is; never content. Settled it stays, and is no longer open."""

    record: str
    kind: str
    agency: str
    person: str | None
    """Only where somebody is looked for: whose deleted words it is about."""
    due: datetime | None
    """Only where a moment is looked for: when those are wiped."""
    open: bool


_offered: list[Callable[[Case], Iterator[Item]]] = []


def offers_items(find: Callable[[Case], Iterator[Item]]) -> Callable[[Case], Iterator[Item]]:
    """Have what this finds in a case be found without opening it."""
    _offered.append(find)
    return find


def items(case: Case) -> Iterator[Item]:
    """Every item of a case, but of what is nobody's outside of its room."""
    found = chain.from_iterable(find(case) for find in _offered)
    return (item for item in found if not case.stays_inside(item.record))
