"""Who comes to a meeting, and who confirms while it is held."""

from collections.abc import Iterator
from datetime import datetime

from cases.case import Case
from commands.poll.rules import Question, asks
from commands.roundtable import rules as roundtable
from commands.roundtable.rules import Presence


@asks
def ask_who_confirms(case: Case, _now: datetime) -> Iterator[Question]:
    """Everybody, until all have."""
    running = roundtable.running(case)
    if running is not None:
        said = roundtable.presences(case, running)
        waiting = [m.user_id for m in case.present if said.get(m.user_id) is not Presence.CONFIRMED]
        if waiting:
            yield Question("confirm", running, running.id, tuple(waiting))


@asks
def ask_who_comes(case: Case, now: datetime) -> Iterator[Question]:
    """Everybody, until all have said so or it begins."""
    for table in roundtable.upcoming(case):
        said = roundtable.presences(case, table)
        waiting = [m.user_id for m in case.present if m.user_id not in said]
        if waiting and table.starts_at > now:
            yield Question("attend", table, table.id, tuple(waiting))
