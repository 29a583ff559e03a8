"""Whether something may leave the table: asked of each agency in its own room, where no other sees who says no."""

from collections.abc import Iterator
from datetime import datetime

from cases.case import Case
from commands.disclosure import rules as disclosure
from commands.poll.rules import Question, asks, people_of


@asks
def ask_whether_it_goes(case: Case, _now: datetime) -> Iterator[Question]:
    """Each agency that has not said so."""
    for asked in disclosure.pending(case):
        for agency in asked.waits_for:
            yield Question("leaves", asked, asked.id, people_of(case, agency), agency=agency)
