"""Referrals on the board."""

from collections.abc import Iterator
from datetime import datetime

from cases.case import Case
from commands.board.parts import Entry, Offer, label, on_board
from commands.referral.rules import Referral, State

ACCEPT, DECLINE, REDIRECT = label("Accept"), label("Decline"), label("Redirect")
FIRST_CONTACT, OUTCOME = label("First contact"), label("Tell the outcome")


@on_board(40, "Referrals", State, Offer(label("Refer"), "refer"))
def list_referrals(case: Case, now: datetime) -> Iterator[Entry]:
    """Each referral, with what the agencies can say of it now."""
    for referral in case.all(Referral):
        if not referral.withdrawn:
            due_at = _due(referral)
            yield Entry(
                referral.id,
                referral.state,
                referral.need,
                (referral.agency if referral.state is State.DECLINED else referral.to_agency,),
                due_at=due_at,
                late=bool(due_at and due_at < now),
                settled=referral.state is State.ENDED,
                offers=tuple(_offers(referral)),
            )


def _due(referral: Referral) -> datetime | None:
    """What its next move is due by: to be accepted, the first contact, word of what came of it."""
    if referral.state is State.WAITING:
        return referral.due_at
    if referral.state is State.ACCEPTED:
        return referral.feedback_by if referral.contact_at else referral.contact_by
    return None


def _offers(referral: Referral) -> Iterator[Offer]:
    asked = (referral.to_agency,)
    if referral.state is State.WAITING:
        yield Offer(ACCEPT, "accept", referral.id, asked)
        yield Offer(DECLINE, "decline", referral.id, asked)
        yield Offer(REDIRECT, "redirect", referral.id, asked)
    elif referral.state is State.ACCEPTED:
        if referral.contact_at is None:
            yield Offer(FIRST_CONTACT, "firstcontact", referral.id, asked)
        yield Offer(OUTCOME, "outcome", referral.id, asked)
    elif referral.state is State.DECLINED:
        yield Offer(REDIRECT, "redirect", referral.id, (referral.agency,))
        yield Offer(OUTCOME, "outcome", referral.id, (referral.agency,))
