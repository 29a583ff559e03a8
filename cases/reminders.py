"""When to remind: two working days ahead, the morning due, once when late, then the manager (practice, section 3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import IntEnum
from typing import TYPE_CHECKING

from cases.time import add_working_days

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from cases.action import Action
    from cases.case import Case
    from cases.request import Request


class Stage(IntEnum):
    """How far the ladder has been climbed for one due date."""

    NONE = 0
    AHEAD = 1
    DUE = 2
    LATE = 3
    MANAGER = 4


MORNING = time(9)
AHEAD_WORKING_DAYS = 2
MANAGER_WORKING_DAYS = 5


@dataclass(frozen=True)
class Reminder:
    """One thing that somebody is to be reminded of now."""

    record: Request | Action
    agency: str
    person: str | None
    stage: Stage
    said: Stage
    """How far the ladder was climbed before."""

    @property
    def for_owner(self) -> bool:
        """Whether the owner is told: not again when only the manager is left to be told."""
        return self.stage is not Stage.MANAGER or self.said < Stage.LATE


def reached(due_at: datetime, now: datetime, zone: ZoneInfo) -> Stage:
    """The highest step whose time has come; the earlier ones are then no longer said."""
    day = due_at.astimezone(zone).date()
    moments = {
        Stage.AHEAD: _morning(add_working_days(day, -AHEAD_WORKING_DAYS), zone),
        # What is due at a weekend is called on the last working day before it.
        Stage.DUE: _morning(add_working_days(day + timedelta(days=1), -1), zone),
        Stage.LATE: _morning(add_working_days(day, 1), zone),
        Stage.MANAGER: _morning(add_working_days(day, MANAGER_WORKING_DAYS), zone),
    }
    return max((stage for stage, moment in moments.items() if moment <= now), default=Stage.NONE)


def due(case: Case, now: datetime) -> list[Reminder]:
    """What falls due now and was not said yet, for each agency whose move it is."""
    if case.closed:
        return []
    found: list[Reminder] = []
    for request in case.requests:
        stage = reached(request.due_at, now, case.zone_info)
        if request.waiting and stage > request.reminded:
            found.append(Reminder(request, request.to_agency, request.to_person, stage, Stage(request.reminded)))
    for action in case.actions:
        stage = reached(action.due_at, now, case.zone_info)
        if action.pending and stage > action.reminded:
            found += [
                Reminder(
                    action,
                    agency,
                    action.owner_person if agency == action.owner else None,
                    stage,
                    Stage(action.reminded),
                )
                for agency in action.waits_for
            ]
    return found


def take_due(case: Case, now: datetime) -> list[Reminder]:
    """What falls due now; taking it marks it, so that each step of the ladder is said once."""
    taken = due(case, now)
    for reminder in taken:
        reminder.record.reminded = reminder.stage
    return taken


def _morning(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, MORNING, zone)
