"""Closing a case: nothing that somebody must still do stays behind (practice, section 1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cases.errors import Refusal
from cases.followups import unresolved
from cases.verbs import verb
from commands.roundtable import rules as roundtable
from commands.series import rules as series

if TYPE_CHECKING:
    from datetime import datetime

    from cases.case import Case
    from cases.people import Professional
    from commands.roundtable.rules import RoundTable

CLOSED = verb("close", "closed the case", final=True, in_a_full_case=True)


def close(case: Case, *, because: str, owner: str, by: Professional, at: datetime) -> list[RoundTable]:
    """Close: goal met or a reason, no unowned action, no unanswered request, somebody stays the first contact.

    Not during a meeting, whose minutes nobody could see through any more. Gives the planned meetings, which are
    called off.
    """
    case.require_open()
    case.require_seat(owner)
    if running := roundtable.running(case):
        raise Refusal("case/table_meets", ref=case.ref, id=running.id)
    left = [i for i in unresolved(case, at) if i.what.blocks_closing]
    if left:
        raise Refusal("case/unresolved", ref=case.ref, items=left)
    step = case.step(CLOSED, case.ref, by, at)
    step.change(case, closed_at=at, closed_because=because, residual_owner=owner)
    return series.call_off_all(case, step)
