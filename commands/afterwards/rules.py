"""What follows the closing of a case: reviews after six and twelve months (practice, section 3)."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cases.errors import Refusal
from cases.items import NOBODY, Item, offers_items
from cases.verbs import verb
from commands.case.rules import Closing
from commands.practice.rules import is_practice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cases.case import Case
    from cases.people import Professional

NO_NEW_CONCERN = verb("review none", "found no new concern", final=True)
MONTHS = (6, 12)
"""After closing."""
TO_REVIEW = "closed review"
"""The kind of item that a closed case is whose reviews have not ended."""


def moments(case: Case) -> list[datetime]:
    """When it is asked whether there is a new concern (UTC); never of a case that comes back as a repeat.

    Nor of one that had no table, or that was practised.
    """
    if case.closed_at is None or not case.has_table or is_practice(case) or not case.all(Closing)[-1].reviewed:
        return []
    return [_months_after(case.closed_at, months, case) for months in MONTHS]


def next_moment(case: Case) -> datetime | None:
    """The first of them that nobody has answered; None once the last one is."""
    answered = max((s.at for s in case.steps if s.what is NO_NEW_CONCERN), default=case.opened_at)
    return next((moment for moment in moments(case) if moment > answered), None)


def due(case: Case, now: datetime) -> datetime | None:
    """Which one is to be asked: the latest that has come, if nobody has answered it."""
    first = next_moment(case)
    return max((moment for moment in moments(case) if first and first <= moment <= now), default=None)


def find_none(case: Case, *, by: Professional, at: datetime) -> datetime | None:
    """Say that there is no new concern; gives when it is asked again, if it is."""
    if not case.closed:
        raise Refusal("case/not_closed", ref=case.ref)
    case.step(NO_NEW_CONCERN, case.ref, by, at)
    return next_moment(case)


def _months_after(moment: datetime, months: int, case: Case) -> datetime:
    local = moment.astimezone(case.zone_info)
    year, month = divmod(local.month - 1 + months, 12)
    year, month = local.year + year, month + 1
    return local.replace(year=year, month=month, day=min(local.day, monthrange(year, month)[1])).astimezone(UTC)


@offers_items
def list_reviews(case: Case) -> Iterator[Item]:
    """Until the last review is answered."""
    if case.closed_at is not None:
        moment = next_moment(case)
        yield Item(case.ref, TO_REVIEW, NOBODY, None, moment, open=moment is not None)
