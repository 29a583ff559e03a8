"""What can be answered by a tap: each concept says what of it is asked now, where, and of whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from cases.case import Case
    from cases.record import Record

    Asks = Callable[["Case", datetime], Iterator["Question"]]


@dataclass(frozen=True, repr=False)
class Question:
    """One open question: what it is about, and who is called to answer it (Matrix ids)."""

    kind: str
    """Its words stand in the template ``poll/KIND``."""
    about: Record
    subject: str
    """The record that an answer is about."""
    asked: tuple[str, ...] = ()
    agency: str | None = None
    """Whose own room it is asked in."""
    person: str | None = None
    """In whose direct chat it is asked; with neither it is asked in the case's room."""

    @property
    def key(self) -> str:
        """What makes it the same question."""
        return " ".join(filter(None, (self.kind, self.about.id, self.agency, self.person)))


_asks: list[Asks] = []


def asks(run: Asks) -> Asks:
    """Let this say what is asked in a case that is open: nothing that is settled, and nothing whose time is over."""
    _asks.append(run)
    return run


def list_questions(case: Case, now: datetime) -> Iterator[Question]:
    """What is asked now, wherever; outside of the case's room nothing that stays inside of it."""
    for ask in () if case.closed else _asks:
        for asked in ask(case, now):
            if not (asked.agency or asked.person) or not case.stays_inside(asked.subject):
                yield asked


def people_of(case: Case, *agencies: str) -> tuple[str, ...]:
    """Who sits at the table for these agencies."""
    return tuple(member.user_id for member in case.present if member.agency in agencies)
