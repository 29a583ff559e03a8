"""What is unresolved in a case (practice, sections 1 and 3), so that nothing falls off the radar."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from cases.case import Case


class Leaving(StrEnum):
    """What becomes of something unresolved when its agency withdraws."""

    SETTLED = "settled"
    """It is seen to first: nobody else can."""
    HANDED = "handed"
    """The next owner has it."""
    LAPSES = "lapses"


@dataclass(frozen=True, eq=False, repr=False)
class Todo:
    """Why something is unresolved; its texts are English, with the place ``{id}``, and translated by the catalogue."""

    name: str
    move: str
    """What whoever is waited for does: ``answer {id}``."""
    told: str
    """What a paper says of it: ``not answered yet``."""
    blocks_closing: bool
    """Whether a case can't be closed while it stands."""
    on_withdrawal: Leaving
    """What becomes of it when its agency withdraws from the table."""


class Followup(NamedTuple):
    """One unresolved thing, and whose move it is; ``id`` is the record's."""

    id: str
    what: Todo
    agency: str
    person: str | None
    due_at: datetime | None
    late: bool
    text: str
    """Content: for the case room only."""
    first_due_at: datetime | None = None
    """The date first agreed, if it was moved: it stays visible."""


TODOS: dict[str, Todo] = {}
"""By name."""
_offered: list[Callable[[Case, datetime], Iterator[Followup]]] = []


def todo(
    name: str, move: str, told: str, *, blocks_closing: bool = False, on_withdrawal: Leaving | None = None
) -> Todo:
    """Declare why something can be unresolved; what blocks closing is settled before its agency withdraws."""
    usual = Leaving.SETTLED if blocks_closing else Leaving.LAPSES
    if name in TODOS:
        raise RuntimeError(f"two todos are named {name!r}")
    TODOS[name] = Todo(name, move, told, blocks_closing, on_withdrawal or usual)
    return TODOS[name]


def offers_followups(
    find: Callable[[Case, datetime], Iterator[Followup]],
) -> Callable[[Case, datetime], Iterator[Followup]]:
    """Have what this finds in a case, at a moment, be listed wherever it is told what is unresolved."""
    _offered.append(find)
    return find


def unresolved(case: Case, now: datetime) -> list[Followup]:
    """All that waits for somebody: what is late first, then by due date."""
    found = chain.from_iterable(find(case, now) for find in _offered)
    return sorted(found, key=lambda i: (not i.late, i.due_at is None, i.due_at or now, i.id))


def owed_by(case: Case, agency: str, now: datetime) -> list[Followup]:
    """What one agency owes."""
    return [item for item in unresolved(case, now) if item.agency == agency]
