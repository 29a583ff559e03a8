"""Whether an agency that does not come to a meeting has told beforehand what it knows (practice, section 5, row 2).

Each concept by which that can be told says so for its own records.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cases.case import Case

    Briefs = Callable[[Case, str, str], bool]
    """Whether an agency (short name) briefed a case for a round table (its id)."""

_offered: list[Briefs] = []


def briefs(told: Briefs) -> Briefs:
    """Have what this finds count as a briefing."""
    _offered.append(told)
    return told


def has_briefed(case: Case, agency: str, table_id: str) -> bool:
    """Whether the agency told, one way or the other, what it knows for this round table."""
    return any(told(case, agency, table_id) for told in _offered)
