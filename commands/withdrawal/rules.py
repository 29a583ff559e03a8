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


def _gone(step: Step) -> Mapping[str, str]:
    return {"agency": str(step.entries[0].fields["agency"])}


WITHDREW = verb("withdraw", "withdrew the agency; next owner: {agency}", places=_next, final=True, in_a_full_case=True)
GAVE_UP = verb(
    "withdraw for",
    "gave up the seat of {agency}, of which nobody is left",
    places=_gone,
    final=True,
    in_a_full_case=True,
)


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
    gone: str | None = None,
) -> Withdrawal:
    """Give up the agency's seat; its people leave the table, and the next owner has what is left to do.

    ``steers``: who of them coordinates, and stays to run the process (Matrix ids). ``gone``: the agency, if it is
    another one of which nobody is left. What only the agency can settle, a question that it was asked or has asked, is
    settled first; of one that is gone, what it was asked is taken back by who asked it.
    """
    agency = gone or by.agency
    case.require_open()
    case.require_seat(agency)
    if owner == agency or owner not in case.seats:
        others = [seated for seated in case.seats if seated != agency]
        raise Refusal("withdrawal/next_owner", agency=agency, owner=owner, others=others)
    if running := roundtable.running(case):
        raise Refusal("withdrawal/table_meets", ref=case.ref, id=running.id)
    owed, asked = to_settle(case, agency, at)
    if owed or (asked and not gone):
        facts = {"ref": case.ref, "agency": agency, "owed": owed, "asked": asked}
        raise Refusal("withdrawal/unsettled", **facts, gone=bool(gone))
    people = tuple(
        member.user_id
        for member in case.present
        if member.agency == agency and member.user_id != case.director and not steers(member.user_id)
    )
    step = case.step(GAVE_UP if gone else WITHDREW, f"withdrawal/{len(case.all(Withdrawal)) + 1}", by, at)
    handed = tuple(hand_over(case, agency, owner, step))
    for member in case.present:
        if member.user_id in people:
            step.change(member, left_at=at)
    step.change(case, seats=tuple(seated for seated in case.seats if seated != agency))
    made = Withdrawal(step.subject, by.user_id, agency, at, because, owner, handed, people)
    return step.add(case.all(Withdrawal), made)


def to_settle(case: Case, agency: str, at: datetime) -> tuple[list[Followup], list[str]]:
    """What the agency owes and no other can do for it; and the questions that it has asked and that still wait."""
    owed = [i for i in owed_by(case, agency, at) if i.what.on_withdrawal is Leaving.SETTLED]
    return owed, [r.id for r in case.all(Request) if r.agency == agency and r.waiting]
