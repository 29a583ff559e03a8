"""What must be found without opening a case: who was asked what, which meeting runs, whose words are to be wiped."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cases import erasure
from cases.request import Request
from cases.roundtable import RoundTable, State

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
    """Only where somebody is looked for: whose deleted words it is about."""
    due: datetime | None
    """Only where a moment is looked for: when those are wiped."""
    open: bool


def items(case: Case) -> Iterator[Item]:
    """Every item of a case."""
    for asked in case.all(Request):
        if not asked.withdrawn:
            yield Item(asked.id, REQUEST, asked.to_agency, None, None, asked.waiting)
    for table in case.all(RoundTable):
        if table.started_at is not None:
            yield Item(table.id, MEETING, NOBODY, None, None, table.state is State.RUNNING)
    for step in case.steps:
        if step.what is erasure.DELETED and not step.undone:
            yield Item(str(step.number), WIPE, NOBODY, step.by, step.at + erasure.WIPE_AFTER, open=True)
