"""When somebody wants to hear again of what is late."""

from collections.abc import Iterator
from datetime import datetime

from cases.case import Case
from commands.action.rules import Action
from commands.poll.rules import Question, asks
from commands.reminder import rules as reminders


@asks
def ask_when_to_remind(case: Case, now: datetime) -> Iterator[Question]:
    """Who took an action on, once it is late, in their direct chat; the reminder itself has called them."""
    for action in case.all(Action):
        owner = action.owner_person
        if owner and action.pending and action.due_at < now and case.is_member(owner):
            standing = reminders.pause_of(case, action.id, owner)
            if standing is None or not reminders.rests(standing, now):
                yield Question("snooze", action, action.id, person=owner)
