"""The mark of a case of which nothing is real: it is practised, and stands in no figure, count, or notice upward."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cases.errors import Refusal
from cases.items import NOBODY, Item, offers_items
from cases.record import Record, record
from cases.verbs import verb

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cases.case import Case
    from cases.people import Professional

ENDED = verb("practice end", "ended the practice", final=True, in_a_full_case=True)
PRACTISED, OVER = "practice", "practice over"
"""The kinds of item of a case that is practised, and of one whose time is over."""
STAYS = timedelta(hours=1)
"""So long people can still talk in the room, once it has ended."""


@record("practice")
@dataclass(eq=False, repr=False)
class Practice(Record):
    """That nothing of a case is real."""

    ended_at: datetime | None = None


def mark(case: Case) -> Practice:
    """Mark a case as practice, as part of the step that opens it: what is real never becomes it, nor the reverse."""
    opened = case.steps[0]
    return opened.add(case.all(Practice), Practice("practice", case.opened_by, opened.agency, opened.at))


def is_practice(case: Case) -> bool:
    """Whether nothing of this case is real."""
    return bool(case.all(Practice))


def is_over(case: Case) -> bool:
    """Whether the practice was ended."""
    return any(one.ended_at for one in case.all(Practice))


def end(case: Case, *, by: Professional, at: datetime) -> None:
    """End it: after a while everybody leaves the room, and the case is taken off the file."""
    if not is_practice(case):
        raise Refusal("practice/real", ref=case.ref)
    if is_over(case):
        raise Refusal("practice/over", ref=case.ref)
    (one,) = case.all(Practice)
    case.step(ENDED, one.id, by, at).change(one, ended_at=at)


@offers_items
def list_practised(case: Case) -> Iterator[Item]:
    """So that it is known without opening the case."""
    for one in case.all(Practice):
        yield Item(one.id, PRACTISED, NOBODY, None, None, open=True)
        if one.ended_at is not None:
            yield Item(one.id, OVER, NOBODY, None, one.ended_at + STAYS, open=True)
