"""What was one person's, when that person leaves the table: it is their agency's again (practice, section 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from cases.case import Case
    from cases.record import Step

_offered: list[Callable[[Case, str, Step], None]] = []


def gives_back(give: Callable[[Case, str, Step], None]) -> Callable[[Case, str, Step], None]:
    """Have this give to their agency what is a person's (Matrix id), as part of the step by which they leave."""
    _offered.append(give)
    return give


def give_back_all(case: Case, user_id: str, step: Step) -> None:
    """Let what is open, and was this person's, be their agency's: dates stay, and the next one accepts anew."""
    for give in _offered:
        give(case, user_id, step)


_between_agencies: list[Callable[[Case, str, str, Step], list[str]]] = []


def hands_over(
    hand: Callable[[Case, str, str, Step], list[str]],
) -> Callable[[Case, str, str, Step], list[str]]:
    """Have this hand what an agency still had to do to another one, as part of a step; it gives the records' ids."""
    _between_agencies.append(hand)
    return hand


def hand_over(case: Case, agency: str, to: str, step: Step) -> list[str]:
    """Hand over all that an agency that withdraws still had to do, to the next owner."""
    return [record_id for hand in _between_agencies for record_id in hand(case, agency, to, step)]
