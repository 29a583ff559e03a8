"""What the chair does next about round tables, in every state of a case: one move, never none."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from commands.minutes import rules as minutes
from commands.planning import rules as planning
from commands.roundtable import rules as roundtable
from commands.roundtable.rules import RoundTable, State

if TYPE_CHECKING:
    from datetime import datetime

    from cases.case import Case
    from commands.roundtable.rules import RoundTable


class Move(StrEnum):
    """What is to be done."""

    CONDUCT = "conduct"
    """It runs: have it taken down, and end it."""
    HOLD = "hold"
    """Its time has come, or has passed."""
    SETTLE = "settle"
    """Its minutes are disputed."""
    VIEW = "view"
    """Its minutes do not tell the person's view yet."""
    APPROVE = "approve"
    WAIT = "wait"
    """Some have not said when they can come."""
    FIX = "fix"
    PREPARE = "prepare"
    """It is ahead."""
    PLAN = "plan"
    """None is planned."""


@dataclass(frozen=True, repr=False)
class ChairsMove:
    """The move, and which round table it is about."""

    move: Move
    table: RoundTable | None = None


def of_chair(case: Case, now: datetime) -> ChairsMove:
    """The most pressing first: a meeting that runs or should, minutes, one that waits for its time, one ahead."""
    if running := roundtable.running(case):
        return ChairsMove(Move.CONDUCT, running)
    upcoming = roundtable.upcoming(case)
    for table in upcoming:
        if table.starts_at <= now:
            return ChairsMove(Move.HOLD, table)
    for table in case.all(RoundTable):
        if table.state is State.ENDED and not table.approved_at and not table.withdrawn:
            return ChairsMove(_about_minutes(case, table), table)
    for table in planning.planned(case):
        return ChairsMove(Move.WAIT if planning.silent(case, table) else Move.FIX, table)
    return ChairsMove(Move.PREPARE, upcoming[0]) if upcoming else ChairsMove(Move.PLAN)


def _about_minutes(case: Case, table: RoundTable) -> Move:
    if minutes.open_disputes(case, table.id):
        return Move.SETTLE
    return Move.APPROVE if minutes.has_view(case, table) else Move.VIEW
