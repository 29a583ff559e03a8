"""The categories of a case, by a tap, of whoever runs the process."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from cases.case import Case
from commands.figures.rules import Category
from commands.poll.rules import Question, asks

ASKED_FOR = timedelta(days=14)
MOST_ANSWERS = 20
"""Of a poll (MSC3381)."""


@asks
def ask_for_categories(case: Case, now: datetime) -> Iterator[Question]:
    """In their direct chat, for a while, and nobody is called: it is asked once."""
    for one in case.all(Category):
        is_open = one.choice is None and not one.withdrawn and now - one.at < ASKED_FOR
        if is_open and case.director and case.is_member(case.director) and len(one.choices) <= MOST_ANSWERS:
            yield Question("category", one, one.id, person=case.director)
