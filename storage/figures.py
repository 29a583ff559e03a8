"""Figures of the process, for the health check: how much waits, and since when; never what."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from storage import tables
from storage.claims import unclaimed
from storage.find import Find
from storage.messages import INVITE
from storage.outbox import GivenUp, given_up
from storage.store import Store


@dataclass(frozen=True, repr=False)
class Waiting:
    """What waits: to be sent, and for its key."""

    outbox: int
    oldest: datetime | None
    undecryptable: int
    given_up: GivenUp
    """What could not be sent for good."""
    invitations: int = 0
    invitations_oldest: datetime | None = None
    unclaimed: tuple[str, ...] = ()
    """The schemes whose cases no account runs."""


def count_waiting(store: Store) -> Waiting:
    """What waits now."""
    with store.look() as find:
        return waiting_in(find)


def waiting_in(find: Find) -> Waiting:
    """What waits now."""
    o, w, us = tables.outbox.c, tables.waiting.c, find.account.user_id
    unsent = select(func.count(), func.min(o.created_at)).where(o.account == us, o.sent_at.is_(None))
    count, oldest = find.row(unsent.where(o.kind != INVITE)) or (0, None)
    invitations, since = find.row(unsent.where(o.kind == INVITE)) or (0, None)
    undecryptable = find.one(select(func.count()).where(w.account == us))
    return Waiting(
        count,
        oldest,
        undecryptable or 0,
        given_up(find),
        invitations,
        since,
        tuple(unclaimed(find)),
    )
