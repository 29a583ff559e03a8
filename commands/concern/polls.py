"""Whether a concern is a fact or an opinion, of whoever raised it without a word on that."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from cases.case import Case
from commands.concern.rules import Concern
from commands.poll.rules import Question, asks

ASKED_FOR = timedelta(days=2)


@asks
def ask_whether_it_is_a_fact(case: Case, now: datetime) -> Iterator[Question]:
    """In their direct chat, for a while."""
    for concern in case.all(Concern):
        fresh = not concern.withdrawn and now - concern.at < ASKED_FOR
        if fresh and concern.kind is None and case.is_member(concern.by):
            yield Question("kind", concern, concern.id, (concern.by,), person=concern.by)
