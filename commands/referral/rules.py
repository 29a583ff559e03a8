"""Referrals: the agency that refers owns the need until another accepts it, and always hears (practice, section 1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from cases.case import open_case
from cases.errors import Refusal
from cases.followups import Followup, offers_followups, todo
from cases.items import DESK, Item, offers_items
from cases.record import Record, Words, next_id, one_of, record, require_agency
from cases.verbs import verb

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cases.case import Case
    from cases.people import Professional

REFERRED = verb("refer", "referred somebody ({id})", worded=True)
ACCEPTED = verb("accept referral", "accepted {id}")
DECLINED = verb("decline referral", "declined {id}")
REDIRECTED = verb("redirect", "redirected {id}")
CONTACTED = verb("firstcontact", "had the first contact ({id})")
ENDED = verb("outcome", "told what came of {id}")
WAITING = todo("referred", "accept, decline or redirect {id}", "referred, not accepted yet", blocks_closing=True)
LEFT_TO_THE_DESK = todo(
    "referral declined",
    "{id} was declined: redirect it, or say how it ends",
    "referral declined: who can help?",
    blocks_closing=True,
)
NO_CONTACT = todo("no contact", "first contact for {id}", "no first contact yet")
NO_OUTCOME = todo("no outcome", "tell what came of {id}", "no outcome yet")
ITEM = "referral"
"""The kind of item that a referral is."""


class State(StrEnum):
    """Where a referral stands."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    ENDED = "ended"


@record("referral", letter="X", wording="need")
@dataclass(eq=False, repr=False)
class Referral(Record):
    """A need that one agency (``agency``, the desk) passes on to another."""

    to_agency: str
    need: Words
    because: Words
    due_at: datetime
    """Until when it is to be accepted."""
    contact_by: datetime
    """Until when somebody should have met the person, counted from the need."""
    state: State = State.WAITING
    accepted_at: datetime | None = None
    contact_at: datetime | None = None
    feedback_by: datetime | None = None
    """Until when the desk hears what came of it."""
    remark: Words | None = None
    """What was said with the last move: why it was declined or redirected, or the outcome."""
    asked_before: tuple[str, ...] = ()
    """The agencies that it was with before."""

    @property
    def pending(self) -> bool:
        """Whether it is not at its end."""
        return self.state is not State.ENDED and not self.withdrawn

    @property
    def parties(self) -> tuple[str, ...]:
        """The agency that refers, and the one that is asked."""
        return (self.agency, self.to_agency)


def refer(
    case: Case,
    to_agency: str,
    need: str,
    *,
    because: str,
    due_at: datetime,
    contact_by: datetime,
    by: Professional,
    at: datetime,
    after: int = 0,
) -> Referral:
    """Refer a need to another agency; ``after``: the number that was given last, where that is not the case's."""
    case.require_open()
    if to_agency == by.agency:
        raise Refusal("referral/own_agency")
    own = f"X-{after + 1}" if after else next_id("X", case.all(Referral), case.steps)
    referral = Referral(own, by.user_id, by.agency, at, to_agency, need, because, due_at, contact_by)
    case.step(REFERRED, own, by, at).add(case.all(Referral), referral)
    return referral


def open_desk(ref: str, *, scheme: str, zone: str, by: Professional, at: datetime) -> Case:
    """A case for one referral from an agency's own room: nobody sits at it, and all that it says is the referral."""
    return open_case(ref, scheme=scheme, why="", goal="", zone=zone, agencies=(), director=None, by=by, at=at)


def accept(case: Case, referral_id: str, *, feedback_by: datetime, by: Professional, at: datetime) -> Referral:
    """Take it on for my agency, which owns it from now on."""
    referral = _asked_of(case, referral_id, by)
    case.step(ACCEPTED, referral.id, by, at).change(
        referral, state=State.ACCEPTED, accepted_at=at, feedback_by=feedback_by
    )
    return referral


def decline(case: Case, referral_id: str, why: str, *, by: Professional, at: datetime) -> Referral:
    """Say that my agency does not take it on, and why: it is the desk's."""
    referral = _asked_of(case, referral_id, by)
    case.step(DECLINED, referral.id, by, at).change(referral, state=State.DECLINED, remark=why)
    return referral


def redirect(
    case: Case, referral_id: str, to_agency: str, *, because: str, due_at: datetime, by: Professional, at: datetime
) -> Referral:
    """Pass it on to an agency that can help better: the one that is asked does, or the desk."""
    referral = _find(case, referral_id)
    if by.agency not in referral.parties:
        raise Refusal("referral/not_yours", id=referral.id, agencies=referral.parties)
    if referral.state not in {State.WAITING, State.DECLINED}:
        raise Refusal("referral/settled", id=referral.id, state=referral.state)
    if to_agency == referral.to_agency and referral.state is State.WAITING:
        raise Refusal("referral/there_already", id=referral.id, agency=to_agency)
    if to_agency == referral.agency:
        raise Refusal("referral/back_to_desk", id=referral.id, agency=to_agency)
    case.step(REDIRECTED, referral.id, by, at).change(
        referral,
        to_agency=to_agency,
        state=State.WAITING,
        due_at=due_at,
        remark=because,
        asked_before=tuple(dict.fromkeys((*referral.asked_before, referral.to_agency))),
    )
    return referral


def meet(case: Case, referral_id: str, contact_at: datetime, *, by: Professional, at: datetime) -> Referral:
    """Say when somebody of the service first met the person."""
    referral = _find(case, referral_id)
    require_agency(referral.to_agency, by, "referral/not_asked_of_you", id=referral.id)
    if referral.state is not State.ACCEPTED or referral.contact_at:
        raise Refusal("referral/no_contact_now", id=referral.id, state=referral.state)
    case.step(CONTACTED, referral.id, by, at).change(referral, contact_at=contact_at)
    return referral


def end(case: Case, referral_id: str, outcome: str, *, by: Professional, at: datetime) -> Referral:
    """Tell what came of it: whoever accepted it does, or the desk while it is still the desk's."""
    referral = _find(case, referral_id)
    owner = referral.to_agency if referral.state is State.ACCEPTED else referral.agency
    if by.agency != owner:
        code = "referral/not_asked_of_you" if referral.state is State.ACCEPTED else "referral/accept_first"
        require_agency(owner, by, code, id=referral.id)
    if referral.state is State.ENDED:
        raise Refusal("referral/settled", id=referral.id, state=referral.state)
    step = case.step(ENDED, referral.id, by, at)
    step.change(referral, state=State.ENDED, remark=outcome)
    if not case.has_table:
        step.change(case, closed_at=at, residual_owner=owner)
    return referral


def _find(case: Case, referral_id: str) -> Referral:
    referral = one_of(case.all(Referral), referral_id)
    if referral.state is State.ENDED:
        raise Refusal("referral/settled", id=referral.id, state=referral.state)
    case.require_open()
    return referral


def _asked_of(case: Case, referral_id: str, by: Professional) -> Referral:
    referral = _find(case, referral_id)
    require_agency(referral.to_agency, by, "referral/not_asked_of_you", id=referral.id)
    case.require_not_left(by)
    if referral.state is not State.WAITING:
        raise Refusal("referral/settled", id=referral.id, state=referral.state)
    return referral


@offers_items
def list_referred(case: Case) -> Iterator[Item]:
    """Whom a referral is with, and who hears of it; and that nobody sits at a case."""
    for one in case.all(Referral):
        for agency in dict.fromkeys(one.parties):
            if not one.withdrawn:
                yield Item(one.id, ITEM, agency, None, None, one.pending)
        if not case.has_table:
            yield Item(one.id, DESK, one.agency, None, None, one.pending)


@offers_followups
def list_pending(case: Case, now: datetime) -> Iterator[Followup]:
    """Whose move it is about each referral."""
    for one in case.all(Referral):
        if not one.pending:
            continue
        if one.state is State.WAITING:
            yield Followup(one.id, WAITING, one.to_agency, None, one.due_at, one.due_at < now, one.need)
        elif one.state is State.DECLINED:
            yield Followup(one.id, LEFT_TO_THE_DESK, one.agency, one.by, one.contact_by, one.contact_by < now, one.need)
        elif one.contact_at is None:
            yield Followup(one.id, NO_CONTACT, one.to_agency, None, one.contact_by, one.contact_by < now, one.need)
        else:
            by = one.feedback_by
            yield Followup(one.id, NO_OUTCOME, one.to_agency, None, by, by is not None and by < now, one.need)
