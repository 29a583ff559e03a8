"""Whether an agency takes a referral on: asked in the agency's own room."""

from collections.abc import Iterator
from datetime import datetime

from cases.case import Case
from commands.poll.rules import Question, asks, people_of
from commands.referral.rules import Referral, State


@asks
def ask_who_takes_it(case: Case, now: datetime) -> Iterator[Question]:
    """The agency that it is with, until it is due to be accepted."""
    for referral in case.all(Referral):
        if referral.state is State.WAITING and not referral.withdrawn and referral.due_at > now:
            agency = referral.to_agency
            yield Question("referral", referral, referral.id, people_of(case, agency), agency=agency)
