"""Which questions of a case everybody in its room is asked: who comes, when, who confirms, where each agency stands."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from commands.decision import rules as decision
from commands.decision.rules import Decision
from commands.planning import rules as planning
from commands.roundtable import rules as roundtable
from commands.roundtable.rules import Presence

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import datetime

    from cases.case import Case
    from commands.planning.rules import ProposedTime
    from commands.roundtable.rules import RoundTable


class Kind(StrEnum):
    """What is asked."""

    ATTEND = "attend"
    TIME = "time"
    CONFIRM = "confirm"
    POSITION = "position"


@dataclass(frozen=True, repr=False)
class Question:
    """One open question: what it is about, and who has not answered it (Matrix ids)."""

    kind: Kind
    about: RoundTable | ProposedTime | Decision
    asked: tuple[str, ...]

    @property
    def subject(self) -> str:
        """The record that an answer is about."""
        return getattr(self.about, "roundtable", None) or self.about.id

    @property
    def key(self) -> str:
        """What makes it the same question; a meeting at another time is asked about anew."""
        moment = getattr(self.about, "starts_at", None)
        return f"{self.kind} {self.about.id}" + (f" {moment:%Y-%m-%dT%H:%M}" if moment else "")


def list_questions(case: Case, now: datetime) -> Iterator[Question]:
    """What everybody at the table is asked now; nothing that is settled, and nothing whose time is over."""
    if not case.closed:
        yield from _about_meetings(case, now)
        yield from _about_times(case, now)
        yield from _about_decisions(case, now)


def _about_meetings(case: Case, now: datetime) -> Iterator[Question]:
    running = roundtable.running(case)
    if running is not None:
        said = roundtable.presences(case, running)
        waiting = [m.user_id for m in case.present if said.get(m.user_id) is not Presence.CONFIRMED]
        yield from _ask(Kind.CONFIRM, running, waiting)
    for table in roundtable.upcoming(case):
        if table.starts_at > now:
            said = roundtable.presences(case, table)
            yield from _ask(Kind.ATTEND, table, [m.user_id for m in case.present if m.user_id not in said])


def _about_times(case: Case, now: datetime) -> Iterator[Question]:
    """One question a time, until the meeting has one: also of those who answered, who may think again."""
    for table in planning.planned(case):
        for time in planning.times_of(case, table):
            if time.starts_at > now:
                yield Question(Kind.TIME, time, _of(case, planning.silent(case, table)))


def _about_decisions(case: Case, now: datetime) -> Iterator[Question]:
    for made in case.all(Decision):
        if not made.withdrawn and (made.review_at is None or made.review_at > now):
            yield from _ask(Kind.POSITION, made, _of(case, decision.silent_on(case, made)))


def _ask(kind: Kind, about: RoundTable | Decision, waiting: Sequence[str]) -> Iterator[Question]:
    """Ask, as long as somebody has not answered."""
    if waiting:
        yield Question(kind, about, tuple(waiting))


def _of(case: Case, agencies: Collection[str]) -> tuple[str, ...]:
    return tuple(member.user_id for member in case.present if member.agency in agencies)
