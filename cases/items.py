"""What must be found without opening a case: who was asked what, which meeting runs, whose words are to be wiped."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cases import erasure
from cases.roundtable import State

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from cases.case import Case

REQUEST, MEETING, WIPE = "request", "meeting", "wipe"
NOBODY = ""
"""The agency of what is nobody's move."""


class Item(NamedTuple):
    """One thing, and whose move it is; never content. Settled it stays, and is no longer open."""

    record: str
    kind: str
    agency: str
    person: str | None
    due: datetime | None
    open: bool


def items(case: Case) -> Iterator[Item]:
    """Every item of a case."""
    for asked in case.requests:
        if not asked.withdrawn:
            yield Item(asked.id, REQUEST, asked.to_agency, asked.to_person, asked.due_at, asked.waiting)
    for table in case.roundtables:
        if table.started_at is not None:
            yield Item(table.id, MEETING, NOBODY, None, table.started_at, table.state is State.RUNNING)
    for step in case.steps:
        if step.verb == erasure.ERASED_WORDS and not step.undone:
            yield Item(str(step.number), WIPE, NOBODY, step.by, step.at + erasure.WIPE_AFTER, open=True)
