"""Something is urgent: those on duty are called in turn, without content, until one is on it (practice, section 3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cases.case import INVITED, Member
from cases.errors import Refusal
from cases.followups import Followup, offers_followups, todo
from cases.items import DESK, NOBODY, Item, offers_items
from cases.record import Record, Words, next_id, one_of, record, require_agency
from cases.verbs import verb

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cases.case import Case
    from cases.people import Professional

RAISED = verb("urgent", "called for help ({id})", worded=True, final=True, in_a_full_case=True)
CALLED_NEXT = verb("call next", "called the next for {id}", final=True, in_a_full_case=True)
TAKEN = verb("onit", "is on {id}", final=True, in_a_full_case=True)
EXPLAINED = verb("reason", "gave the reason of {id}")
UNTAKEN = todo("urgent", "{id} is urgent: say that you are on it", "urgent, and nobody is on it")
UNEXPLAINED = todo("urgent unexplained", "say why {id} was urgent:  !reason {id} …", "reason and basis not given yet")
CALLED = "urgent called"
"""The kind of item of somebody who is called and of whom none is on it yet; the agency is the person then."""
UNSETTLED = "urgent"
"""The kind of item of what is not explained yet."""
SILENCE = timedelta(minutes=15)
"""After so long the next one is called."""
GUESTS_STAY = timedelta(hours=72)
WARNED_BEFORE = timedelta(hours=24)


@record("urgent", letter="U", wording="what", noun="urgent call")
@dataclass(eq=False, repr=False)
class Urgent(Record):
    """What is urgent, who is called, and who is on it."""

    what: Words
    rota: tuple[str, ...]
    """Who is called, one after the other; where several are called together their Matrix ids are apart by a blank."""
    called_at: datetime
    explain_at: datetime
    """From when on the reason and the basis are asked for."""
    turn: int = 0
    """Whose turn it is in the rota."""
    taken_by: str | None = None
    taken_at: datetime | None = None
    reason: Words | None = None

    @property
    def waits(self) -> bool:
        """Whether nobody is on it yet."""
        return self.taken_by is None and not self.withdrawn

    @property
    def called(self) -> tuple[str, ...]:
        """Everybody who was called."""
        return tuple(dict.fromkeys(person for turn in self.rota[: self.turn + 1] for person in turn.split()))

    @property
    def called_last(self) -> tuple[str, ...]:
        """Whose turn it is."""
        return tuple(self.rota[self.turn].split()) if self.rota else ()


def call(
    case: Case,
    what: str,
    rota: tuple[str, ...],
    *,
    explain_at: datetime,
    by: Professional,
    at: datetime,
    after: int = 0,
) -> Urgent:
    """Put it on file and call the first; ``after``: the number that was given last, where that is not the case's."""
    own = f"U-{after + 1}" if after else next_id("U", case.all(Urgent), case.steps)
    urgent = Urgent(own, by.user_id, by.agency, at, what, rota, at, explain_at)
    case.step(RAISED, own, by, at).add(case.all(Urgent), urgent)
    return urgent


def call_next(case: Case, urgent: Urgent, *, by: Professional, at: datetime) -> None:
    """The one whose turn it was was silent."""
    case.step(CALLED_NEXT, urgent.id, by, at).change(urgent, turn=urgent.turn + 1, called_at=at)


def is_silent(urgent: Urgent, now: datetime) -> bool:
    """Whether the next one's turn has come."""
    return urgent.waits and urgent.turn + 1 < len(urgent.rota) and now >= urgent.called_at + SILENCE


def take(case: Case, urgent_id: str, *, by: Professional, at: datetime) -> Urgent:
    """Say that I am on it: who was called does, anybody at the table, and of the agency that called."""
    urgent = one_of(case.all(Urgent), urgent_id)
    if by.user_id not in urgent.called and not case.is_member(by.user_id):
        require_agency(urgent.agency, by, "urgent/not_called", id=urgent.id)
    if urgent.taken_by is not None:
        raise Refusal("urgent/taken", id=urgent.id, person=urgent.taken_by)
    case.step(TAKEN, urgent.id, by, at).change(urgent, taken_by=by.user_id, taken_at=at)
    return urgent


def explain(case: Case, urgent_id: str, reason: str, *, by: Professional, at: datetime) -> Urgent:
    """Say afterwards why it was urgent, and on which basis; a case that was for this alone is closed by that."""
    urgent = one_of(case.all(Urgent), urgent_id)
    require_agency(urgent.agency, by, "urgent/not_yours", id=urgent.id)
    if urgent.reason is not None:
        raise Refusal("urgent/explained", id=urgent.id)
    step = case.step(EXPLAINED, urgent.id, by, at)
    step.change(urgent, reason=reason)
    if not case.has_table:
        step.change(case, closed_at=at, residual_owner=urgent.agency)
    return urgent


def standing(case: Case, at: datetime) -> Urgent | None:
    """What is urgent at this moment: until its reason is asked for. Meanwhile quorum is waived."""
    found = [u for u in case.all(Urgent) if not u.withdrawn and u.at <= at < u.explain_at]
    return found[-1] if found else None


def guests(case: Case) -> list[Member]:
    """Who was asked to the table while something was urgent, and sits there still: for some days only."""
    asked = {s.subject for s in case.steps if s.what is INVITED and not s.undone and standing(case, s.at)}
    return [m for m in case.present if m.user_id in asked and standing(case, m.invited_at)]


@offers_items
def list_called(case: Case) -> Iterator[Item]:
    """Who is called, what is unsettled, and that nobody sits at a case."""
    for one in case.all(Urgent):
        for person in one.called:
            yield Item(one.id, CALLED, person, person, None, one.waits)
        unsettled = one.reason is None and not one.withdrawn
        yield Item(one.id, UNSETTLED, NOBODY, None, None, unsettled or bool(guests(case)))
        if not case.has_table:
            yield Item(one.id, DESK, one.agency, None, None, unsettled)


@offers_followups
def list_urgent(case: Case, now: datetime) -> Iterator[Followup]:
    """What nobody is on, and what is not explained."""
    for one in case.all(Urgent):
        if one.withdrawn:
            continue
        if one.waits and now < one.explain_at:
            yield Followup(one.id, UNTAKEN, one.agency, None, one.called_at + SILENCE, is_silent(one, now), one.what)
        if one.reason is None and now >= one.explain_at:
            yield Followup(one.id, UNEXPLAINED, one.agency, one.by, one.explain_at, now > one.explain_at, one.what)
