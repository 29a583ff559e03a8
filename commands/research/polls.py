"""Whether anything is known before a round table: asked in the agency's own room."""

from collections.abc import Iterator
from datetime import datetime

from cases.case import Case
from commands.poll.rules import Question, asks, people_of
from commands.research import rules as research
from commands.roundtable import rules as roundtable


@asks
def ask_what_is_known(case: Case, now: datetime) -> Iterator[Question]:
    """Each agency that has returned nothing yet, until the round table begins."""
    for table in roundtable.upcoming(case):
        for check, returned in research.standing(case, table.id) if table.starts_at > now else ():
            agency = check.to_agency
            if returned is None and agency in case.seats:
                yield Question("research", check, check.id, people_of(case, agency), agency=agency)
