"""Disagreements on their way up, on the board."""

from collections.abc import Iterator
from datetime import datetime

from cases.case import Case
from commands.board.parts import Entry, Offer, label, on_board
from commands.escalation import rules as escalation
from commands.escalation.rules import Escalation

CLIMBS, RESOLVED = "outcome demanded", "resolved"
RESOLVE = label("Tell how it is resolved")


@on_board(60, "Disagreements", (CLIMBS, RESOLVED))
def list_disagreements(case: Case, now: datetime) -> Iterator[Entry]:
    """Each, by the record that it is about; all who disagree are to end it, and anybody can tell how it ended."""
    for one in case.all(Escalation):
        if not one.withdrawn:
            yield Entry(
                one.about,
                CLIMBS if one.waits else RESOLVED,
                one.outcome or one.because,
                escalation.concerned(case, one) if one.waits else (),
                due_at=one.due_at if one.waits else None,
                late=one.waits and one.due_at < now,
                settled=not one.waits,
                offers=(Offer(RESOLVE, "resolve", one.about),) if one.waits else (),
            )
