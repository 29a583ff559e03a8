"""What no agency has taken on in time: it goes to the chair (practice, section 1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cases.followups import Followup, offers_followups, todo
from commands.action.rules import Action, State
from commands.phase import rules as phases

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from cases.case import Case

WITH_CHAIR = todo("with the chair", "find out who takes {id} on, and hand it to them", "nobody took it on in time")


def chair(case: Case) -> str | None:
    """Who sees to it: the chair of the meeting that is held, else of the next, else of the last, else the director."""
    able = (phases.chair_of(case), case.director)
    return next((person for person in able if person and case.is_member(person)), None)


def overdue(case: Case, now: datetime) -> list[Action]:
    """The actions that some agency should have accepted by now."""
    proposed = [a for a in case.all(Action) if a.pending and a.state is State.PROPOSED]
    return [a for a in proposed if a.accept_by is not None and a.accept_by < now]


@offers_followups
def list_with_chair(case: Case, now: datetime) -> Iterator[Followup]:
    """The chair's move, beside that of the agency that is silent."""
    person = chair(case)
    agency = case.agency_of(person) if person else None
    for action in overdue(case, now) if agency else ():
        yield Followup(action.id, WITH_CHAIR, agency or "", person, action.accept_by, late=True, text=action.outcome)
