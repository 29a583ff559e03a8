"""What is unresolved in a case: nothing falls off the radar (practice, sections 1 and 3)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from commands.action import rules as action
from commands.action.rules import Action
from commands.decision import rules as decision
from commands.decision.rules import Decision
from commands.request.rules import Request
from commands.roundtable import rules as roundtable
from commands.roundtable.rules import RoundTable

if TYPE_CHECKING:
    from datetime import datetime

    from cases.case import Case


class Open(StrEnum):
    """Why something is unresolved."""

    UNANSWERED = "unanswered"
    UNACCEPTED = "unaccepted"
    DECLINED = "declined"
    UNFINISHED = "unfinished"
    NO_POSITION = "no position"
    UNAPPROVED = "unapproved"
    NO_TIME = "no time"
    NOT_HELD = "not held"


@dataclass(frozen=True, repr=False)
class Item:
    """One unresolved thing, and whose move it is; ``id`` is the record's."""

    id: str
    what: Open
    agency: str
    person: str | None
    due_at: datetime | None
    late: bool
    text: str
    """Content: for the case room only."""


BLOCKS_CLOSING = frozenset({Open.UNANSWERED, Open.DECLINED, Open.UNACCEPTED, Open.UNFINISHED})


def unresolved(case: Case, now: datetime) -> list[Item]:
    """All that waits for somebody: what is late first, then by due date."""
    items = [*_requests(case, now), *_actions(case, now), *_positions(case), *_tables(case, now)]
    return sorted(items, key=lambda i: (not i.late, i.due_at is None, i.due_at or now, i.id))


def owed_by(case: Case, agency: str, now: datetime) -> list[Item]:
    """What one agency owes."""
    return [item for item in unresolved(case, now) if item.agency == agency]


def _requests(case: Case, now: datetime) -> list[Item]:
    return [
        Item(r.id, Open.UNANSWERED, r.to_agency, r.to_person, r.due_at, r.due_at < now, r.question)
        for r in case.all(Request)
        if r.waiting
    ]


def _actions(case: Case, now: datetime) -> list[Item]:
    items = []
    for a in case.all(Action):
        if a.withdrawn:
            continue
        if a.state is action.State.DECLINED:
            # Nobody owns it any more: it is the table's, and the agency that proposed it is asked.
            items.append(Item(a.id, Open.DECLINED, a.agency, a.by, a.due_at, a.due_at < now, a.outcome))
        elif a.pending:
            what = Open.UNACCEPTED if a.state is action.State.PROPOSED else Open.UNFINISHED
            items += [
                Item(a.id, what, o, a.owner_person if o == a.owner else None, a.due_at, a.due_at < now, a.outcome)
                for o in a.waits_for
            ]
    return items


def _positions(case: Case) -> list[Item]:
    return [
        Item(d.id, Open.NO_POSITION, agency, None, None, late=False, text=d.text)
        for d in case.all(Decision)
        if not d.withdrawn
        for agency in decision.silent_on(case, d)
    ]


def _tables(case: Case, now: datetime) -> list[Item]:
    items = []
    for t in case.all(RoundTable):
        chair = case.agency_of(t.chair) or t.agency
        if t.state is roundtable.State.ENDED and not t.approved_at:
            items.append(Item(t.id, Open.UNAPPROVED, chair, t.chair, None, late=False, text=t.about or ""))
        elif t.state is roundtable.State.PLANNING and not t.withdrawn:
            items.append(Item(t.id, Open.NO_TIME, chair, t.chair, None, late=False, text=t.about or ""))
        elif t.state is roundtable.State.SCHEDULED and not t.withdrawn and t.starts_at < now:
            items.append(Item(t.id, Open.NOT_HELD, chair, t.chair, t.starts_at, late=True, text=t.about or ""))
    return items
