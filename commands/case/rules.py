"""Closing a case: nothing that somebody must still do stays behind (practice, sections 1 and 3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from cases.case import Mode
from cases.closing import INFORMED, is_on_file
from cases.errors import Refusal
from cases.followups import unresolved
from cases.record import Record, Words, record
from cases.verbs import verb
from commands.roundtable import rules as roundtable
from commands.series import rules as series

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cases.case import Case
    from cases.people import Professional
    from commands.roundtable.rules import RoundTable

STEPPED_UP = verb("stepup", "stepped the case up: a team works on it every day", final=True)
STEPPED_DOWN = verb("stepdown", "stepped the case down: its table meets now and then", final=True)
CLOSED = verb("close", "closed the case", final=True, in_a_full_case=True)


class Ending(StrEnum):
    """How a case ended."""

    GOAL_MET = "goal met"
    NO_CONCERN = "no concern left"
    ELSEWHERE = "help elsewhere"
    MOVED = "moved away"
    CONSENT = "consent withdrawn"
    OTHER = "other"


@record("closing")
@dataclass(eq=False, repr=False)
class Closing(Record):
    """What was said when the case was closed, beside why and who stays the first contact."""

    ended: Ending
    informed: Words | None = None
    """Whether the person was told, or why not."""
    retention: str | None = None
    """The class by which it is kept, of those that the scheme names."""
    reviewed: bool = True
    """Whether it is asked afterwards if there is a new concern; not where a case comes back as a repeat."""


def close(
    case: Case,
    *,
    because: str,
    owner: str,
    by: Professional,
    at: datetime,
    ended: Ending | None = None,
    informed: str | None = None,
    retention: str | None = None,
    classes: Sequence[str] = (),
    reviewed: bool = True,
) -> list[RoundTable]:
    """Close: goal met or a reason, nothing unowned or unanswered, each agency's position, somebody stays the contact.

    Not during a meeting, whose minutes nobody could see through any more. ``classes``: of retention, if the scheme
    names any. Gives the planned meetings, which are called off. Raises Refusal with all that is missing.
    """
    case.require_open()
    case.require_seat(owner)
    if running := roundtable.running(case):
        raise Refusal("case/table_meets", ref=case.ref, id=running.id)
    left = [i for i in unresolved(case, at) if i.what.blocks_closing]
    known = {name.casefold(): name for name in classes}
    kept = known.get(retention.casefold()) if retention and classes else retention
    unkept = bool(classes) and kept is None
    if left or unkept:
        silent = informed is None and not is_on_file(case, INFORMED)
        raise Refusal(
            "case/unresolved",
            ref=case.ref,
            items=left,
            classes=classes if unkept else (),
            named=retention,
            silent=silent,
        )
    step = case.step(CLOSED, case.ref, by, at)
    step.change(case, closed_at=at, closed_because=because, residual_owner=owner)
    code = ended or next((one for one in Ending if because.casefold().startswith(one.value)), Ending.OTHER)
    number = len(case.all(Closing)) + 1
    made = Closing(f"closing/{number}", by.user_id, by.agency, at, code, informed, kept, reviewed)
    step.add(case.all(Closing), made)
    return series.call_off_all(case, step)


def step_to(case: Case, mode: Mode, *, by: Professional, at: datetime) -> None:
    """Step up to a team that works together every day, or down to a table that meets now and then."""
    case.require_open()
    if case.mode is mode:
        raise Refusal("case/mode_already", ref=case.ref, mode=mode)
    what = STEPPED_UP if mode is Mode.TEAM else STEPPED_DOWN
    case.step(what, case.ref, by, at).change(case, mode=mode)
