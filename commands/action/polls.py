"""Whether an agency takes an action on, and how it stands before the next table: asked in the agency's own room."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from cases.case import Case
from commands.action.rules import Action, State
from commands.poll.rules import Question, asks, people_of
from commands.roundtable import rules as roundtable

BEFORE_A_TABLE = timedelta(days=2)
"""So long before a meeting agencies are asked how what they took on stands."""


@asks
def ask_who_accepts(case: Case, now: datetime) -> Iterator[Question]:
    """Each agency that has not, until the action is due."""
    for action in case.all(Action):
        if action.pending and action.state is State.PROPOSED and action.due_at > now:
            for agency in action.unanswered:
                sitting = people_of(case, agency)
                named = action.owner_person if agency == action.owner else None
                asked = (named,) if named in sitting else sitting
                yield Question("accept", action, action.id, asked, agency=agency)


@asks
def ask_how_it_stands(case: Case, now: datetime) -> Iterator[Question]:
    """The lead agency, until the meeting begins."""
    soon = any(now < table.starts_at <= now + BEFORE_A_TABLE for table in roundtable.upcoming(case))
    for action in case.all(Action) if soon else ():
        told = action.going_at is not None and action.going_at > now - BEFORE_A_TABLE
        if action.pending and action.state is State.ACCEPTED and not told:
            yield Question("standing", action, action.id, people_of(case, action.owner), agency=action.owner)
