"""The gates of a case: gathering, assessment and decision are joint, and nothing is left out (practice, section 1).

What a phase still lacks before the next one begins, each concept offers for its own records.
"""

from __future__ import annotations

from enum import StrEnum
from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from cases.case import Case
    from cases.followups import Followup

    Finds = Callable[[Case, datetime], Iterator[Followup]]


class Phase(StrEnum):
    """How far a case is."""

    GATHER = "gather"
    ASSESS = "assess"
    DECIDE = "decide"
    ACT = "act"
    REVIEW = "review"
    CLOSED = "closed"

    @property
    def place(self) -> int:
        """Which of them it is, from 0."""
        return list(Phase).index(self)


_gates: dict[Phase, list[Finds]] = {}


def gate(phase: Phase) -> Callable[[Finds], Finds]:
    """Let a phase be over only once this finds nothing that it lacks; what it finds says whose move that is."""

    def register(find: Finds) -> Finds:
        _gates.setdefault(phase, []).append(find)
        return find

    return register


def lacks(case: Case, phase: Phase, now: datetime) -> list[Followup]:
    """What a phase still lacks, in the order of the agencies' seats."""
    found = chain.from_iterable(find(case, now) for find in _gates.get(phase, ()))
    place = {agency: number for number, agency in enumerate(case.seats)}
    return sorted(found, key=lambda item: (place.get(item.agency, len(place)), item.id))
