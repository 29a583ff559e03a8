"""Withdrawing: a case is never closed by that, and a next owner is demanded (practice, section 1).

"Not for us" led to no follow-up: so nobody leaves anything behind that nobody else has.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cases.errors import Refusal
from cases.followups import Followup, Leaving, owed_by
from cases.handover import hand_over
from cases.record import Record, Words, record
from cases.verbs import verb
from commands.request.rules import Request
from commands.roundtable import rules as roundtable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from cases.case import Case
    from cases.people import Professional
    from cases.record import Step


def _next(step: Step) -> Mapping[str, str]:
    return {"agency": str(step.entries[0].fields["owner"])}


WITHDREW = verb("withdraw", "withdrew the agency; next owner: {agency}", places=_next, final=True, in_a_full_case=True)


@record("withdrawal")
@dataclass(eq=False, repr=False)
class Withdrawal(Record):
    """That an agency gave up its seat, and why; ``agency`` is that agency."""

    because: Words
    owner: str
    """The agency that has what this one still had to do."""
    handed: tuple[str, ...]
    """What that is (ids)."""
    people: tuple[str, ...]
    """Who left the table with it (Matrix ids)."""


def withdraw(
    case: Case,
    *,
    because: str,
    owner: str,
    by: Professional,
    at: datetime,
    steers: Callable[[str], bool] = lambda _: False,
) -> Withdrawal:
    """Give up the agency's seat; its people leave the table, and the next owner has what is left to do.

    ``steers``: who of them coordinates, and stays to run the process (Matrix ids). What only this agency can settle, a
    question that it was asked or has asked, is settled first.
    """
    case.require_open()
    case.require_seat(by.agency)
    if owner == by.agency or owner not in case.seats:
        others = [agency for agency in case.seats if agency != by.agency]
        raise Refusal("withdrawal/next_owner", agency=by.agency, owner=owner, others=others)
    if running := roundtable.running(case):
        raise Refusal("withdrawal/table_meets", ref=case.ref, id=running.id)
    owed, asked = to_settle(case, by.agency, at)
    if owed or asked:
        raise Refusal("withdrawal/unsettled", ref=case.ref, agency=by.agency, owed=owed, asked=asked)
    people = tuple(
        member.user_id
        for member in case.present
        if member.agency == by.agency and member.user_id != case.director and not steers(member.user_id)
    )
    step = case.step(WITHDREW, f"withdrawal/{len(case.all(Withdrawal)) + 1}", by, at)
    handed = tuple(hand_over(case, by.agency, owner, step))
    for member in case.present:
        if member.user_id in people:
            step.change(member, left_at=at)
    step.change(case, seats=tuple(agency for agency in case.seats if agency != by.agency))
    made = Withdrawal(step.subject, by.user_id, by.agency, at, because, owner, handed, people)
    return step.add(case.all(Withdrawal), made)


def to_settle(case: Case, agency: str, at: datetime) -> tuple[list[Followup], list[str]]:
    """What the agency owes and no other can do for it; and the questions that it has asked and that still wait."""
    owed = [i for i in owed_by(case, agency, at) if i.what.on_withdrawal is Leaving.SETTLED]
    return owed, [r.id for r in case.all(Request) if r.agency == agency and r.waiting]
