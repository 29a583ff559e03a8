"""Whether somebody is on what is urgent: asked of everybody in the case's room, and of those who are called, alone."""

from collections.abc import Iterator
from datetime import datetime

from cases.case import Case
from commands.poll.rules import Question, asks
from commands.urgent.rules import Urgent


@asks
def ask_who_is_on_it(case: Case, now: datetime) -> Iterator[Question]:
    """Until somebody is, or its reason is asked for; the card and the call have rung whoever is to hear it."""
    for one in case.all(Urgent) if case.has_table else ():
        if one.waits and now < one.explain_at:
            yield Question("onit", one, one.id)
            for person in one.called_last:
                yield Question("onit", one, one.id, person=person)
