"""What is particular to a scheme: whoever works in it agreed on that."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from cases.case import Mode

QUORUM_AGENCIES = 3
"""How many agencies make a quorum beside the chair, unless a scheme says otherwise (practice, section 3)."""


@dataclass(frozen=True, repr=False)
class Scheme:
    """What is particular to one scheme."""

    holidays: Collection[date] = ()
    """Its public holidays."""
    language: str = "en"
    """In which its rooms are spoken to."""
    mode: Mode = Mode.TABLE
    """Of a case, unless it says otherwise."""
    mandatory: Collection[str] = ()
    """The agencies without which a round table has no quorum, by short name."""
    quorum_agencies: int = QUORUM_AGENCIES
    """How many agencies make a quorum, those among them."""
    coordinators: Collection[str] = ()
    """Who coordinates it (Matrix ids); every coordinator, if none is named."""
    marking: str = ""
    """The protective marking above each page of its papers; a usual one, if it is left out."""
    polls: bool = False
    """Whether what everybody in a case's room is asked can be answered by a tap."""
