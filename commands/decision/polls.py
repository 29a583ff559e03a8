"""Where each agency stands."""

from collections.abc import Iterator
from datetime import datetime

from cases.case import Case
from commands.decision import rules as decision
from commands.decision.rules import Decision
from commands.poll.rules import Question, asks, people_of


@asks
def ask_where_agencies_stand(case: Case, now: datetime) -> Iterator[Question]:
    """Until each has said so, or the decision is to be reviewed."""
    for made in case.all(Decision):
        silent = people_of(case, *decision.silent_on(case, made))
        if silent and not made.withdrawn and (made.review_at is None or made.review_at > now):
            yield Question("position", made, made.id, silent)
