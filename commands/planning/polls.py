"""Which of the proposed times suit."""

from collections.abc import Iterator
from datetime import datetime

from cases.case import Case
from commands.planning import rules as planning
from commands.poll.rules import Question, asks, people_of


@asks
def ask_which_times_suit(case: Case, now: datetime) -> Iterator[Question]:
    """One question a time, until the meeting has one: also of those who answered, who may think again."""
    for table in planning.planned(case):
        for time in planning.times_of(case, table):
            if time.starts_at > now:
                yield Question("time", time, table.id, people_of(case, *planning.silent(case, table)))
