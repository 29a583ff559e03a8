"""Whether what an agency brought may go to a second case: asked in its own room."""

from collections.abc import Iterator
from datetime import datetime

from cases.case import Case
from commands.poll.rules import Question, asks, people_of
from commands.separation import rules as separations


@asks
def ask_whether_it_goes(case: Case, _now: datetime) -> Iterator[Question]:
    """Each agency that has not said so."""
    for asked in separations.pending(case):
        for agency in asked.waits_for:
            yield Question("allocation", asked, asked.id, people_of(case, agency), agency=agency)
