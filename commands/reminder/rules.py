"""When to remind: two working days ahead, the morning due, once when late, the manager, steering (practice, 3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import TYPE_CHECKING

from cases import effects
from cases.errors import Refusal
from cases.items import NOBODY, Item, offers_items
from cases.record import Record, Words, one_of, record
from cases.verbs import Verb, verb
from commands.action.rules import Action
from commands.request.rules import Request

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from cases.calendar import Calendar
    from cases.case import Case
    from cases.people import Professional
    from commands.action.rules import Action
    from commands.request.rules import Request

SNOOZED = verb("snooze", "wants to be reminded later of {whole}", news=False)
PAUSED = verb("pause", "paused the reminders of {whole}", news=False)
RESUMED = verb("resume", "wants to be reminded again of {whole}", news=False)

OWED = "owed"
"""The kind of item of a case in which something waits for somebody's move before its date."""


class Stage(IntEnum):
    """The steps of the ladder, for one due date."""

    NONE = 0
    AHEAD = 1
    DUE = 2
    LATE = 3
    MANAGER = 4
    STEERING = 5


AHEAD_WORKING_DAYS = 2
MANAGER_WORKING_DAYS = 5
STEERING_WORKING_DAYS = 10


@record("pause")
@dataclass(eq=False, repr=False)
class Pause(Record):
    """What a person does not want to be reminded of for a while; who hears of what is late stays as it is."""

    subject: str
    until: datetime | None
    """None: until the person says ``resume``."""
    because: Words | None = None


@dataclass(frozen=True, repr=False)
class Reminder:
    """One thing that somebody is to be reminded of."""

    record: Request | Action
    agency: str
    person: str | None
    since: datetime
    """When the date was set: what was said before that was about another date, or to somebody else."""
    reached: Mapping[Stage, datetime]
    """The steps whose time has come since then, and when it came."""

    @property
    def for_owner(self) -> Stage:
        """The step that those who owe it have reached; what lies above it is not theirs."""
        return max((stage for stage in self.reached if stage <= Stage.LATE), default=Stage.NONE)


def ladder(day: date, calendar: Calendar) -> dict[Stage, datetime]:
    """When each step is said about what is due on this day: always on a working morning."""
    return {
        Stage.AHEAD: calendar.morning(calendar.add(day, -AHEAD_WORKING_DAYS)),
        # What is due on a day off is called on the last working day before it.
        Stage.DUE: calendar.morning(calendar.add(day + timedelta(days=1), -1)),
        Stage.LATE: calendar.morning(calendar.add(day, 1)),
        Stage.MANAGER: calendar.morning(calendar.add(day, MANAGER_WORKING_DAYS)),
        Stage.STEERING: calendar.morning(calendar.add(day, STEERING_WORKING_DAYS)),
    }


def due(case: Case, now: datetime, calendar: Calendar) -> list[Reminder]:
    """What has reached a step of the ladder, for each agency whose move it is, whether it was said or not."""
    if case.closed:
        return []
    found = []
    for owed, agency, person in _owed(case):
        since = dated_at(case, owed)
        steps = ladder(calendar.day(owed.due_at), calendar)
        reached = {stage: moment for stage, moment in steps.items() if since < moment <= now}
        if reached:
            found.append(Reminder(owed, agency, person, since, reached))
    return found


def dated_at(case: Case, record: Request | Action) -> datetime:
    """When somebody last gave this its date, or another owner: the ladder is climbed from there."""

    def dates(before: Mapping[str, object]) -> bool:
        return "due_at" in before or "owner" in before

    moments = [
        step.at
        for step in case.steps
        if effects.counts(step) and (record.id in step.added or dates(step.before.get(record.id, {})))
    ]
    return max(moments, default=record.at)


def snooze(case: Case, record_id: str, until: datetime, *, by: Professional, at: datetime) -> Pause:
    """Leave this person in peace about it until then."""
    return _pause(case, record_id, SNOOZED, until, None, by, at)


def pause(case: Case, record_id: str, *, because: str, by: Professional, at: datetime) -> Pause:
    """Leave this person in peace about it until they say ``resume``; the reason is for the table."""
    return _pause(case, record_id, PAUSED, None, because, by, at)


def resume(case: Case, record_id: str, *, by: Professional, at: datetime) -> Request | Action:
    """Remind this person again."""
    record = require_owed(case, record_id, by)
    standing = pause_of(case, record_id, by.user_id)
    if standing is None or not rests(standing, at):
        raise Refusal("reminder/not_paused", id=record_id)
    case.step(RESUMED, standing.id, by, at).change(standing, withdrawn=True)
    return record


def pause_of(case: Case, record_id: str, person: str) -> Pause | None:
    """What this person last said about being reminded of it, if it stands."""
    said = [p for p in case.all(Pause) if (p.subject, p.by, p.withdrawn) == (record_id, person, False)]
    return said[-1] if said else None


def rests(standing: Pause, now: datetime) -> bool:
    """Whether a pause holds."""
    return standing.until is None or now < standing.until


def require_owed(case: Case, record_id: str, by: Professional) -> Request | Action:
    """What this person is reminded of; raises Refusal when it is somebody else's, or settled."""
    case.require_open()
    found: Request | Action = (
        one_of(case.all(Request), record_id) if record_id.startswith("R") else one_of(case.all(Action), record_id)
    )
    if not any(
        record is found and agency == by.agency and person in {None, by.user_id}
        for record, agency, person in _owed(case)
    ):
        raise Refusal("reminder/not_yours", id=record_id)
    return found


def _pause(  # noqa: PLR0917 the record's own fields, in their order
    case: Case, record_id: str, what: Verb, until: datetime | None, because: str | None, by: Professional, at: datetime
) -> Pause:
    require_owed(case, record_id, by)
    number = sum(p.subject == record_id for p in case.all(Pause)) + 1
    made = Pause(f"{record_id}/p{number}", by.user_id, by.agency, at, record_id, until, because)
    return case.step(what, made.id, by, at).add(case.all(Pause), made)


def _owed(case: Case) -> list[tuple[Request | Action, str, str | None]]:
    """What waits for somebody's move before its date: the agency, and the person if one is named."""
    owed: list[tuple[Request | Action, str, str | None]] = [
        (request, request.to_agency, request.to_person) for request in case.all(Request) if request.waiting
    ]
    for action in case.all(Action):
        if action.pending:
            owed += [(action, a, action.owner_person if a == action.owner else None) for a in action.waits_for]
    return owed


@offers_items
def list_owing(case: Case) -> Iterator[Item]:
    """Whether there may be something to remind of; neither what, nor of whom, nor when."""
    if _owed(case):
        yield Item(case.ref, OWED, NOBODY, None, None, open=True)
