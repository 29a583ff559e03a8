"""Whether somebody has taken a shift over: asked of who was named, alone, else of everybody in the case's room."""

from collections.abc import Iterator
from datetime import datetime

from cases.case import Case
from commands.handover import rules as handover
from commands.poll.rules import Question, asks


@asks
def ask_who_takes_over(case: Case, now: datetime) -> Iterator[Question]:
    """Until it is taken; the card itself has called whoever is to."""
    del now
    for told in handover.waiting(case):
        if told.to is None:
            yield Question("handover", told, told.id)
        elif case.is_member(told.to):
            yield Question("handover", told, told.id, person=told.to)
