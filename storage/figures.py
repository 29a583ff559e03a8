"""Figures of the process, for the health check: how much waits, and since when; never what."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from storage import tables
from storage.claims import unclaimed
from storage.find import Find
from storage.outbox import GivenUp, given_up
from storage.work import Store


@dataclass(frozen=True)
class Waiting:
    """What waits: to be sent, and for its key."""

    outbox: int
    oldest: datetime | None
    undecryptable: int
    given_up: GivenUp
    """What could not be sent for good."""
    unclaimed: tuple[str, ...] = ()
    """The schemes whose cases no account runs."""


async def count_waiting(store: Store) -> Waiting:
    """What waits now."""
    async with store.look() as find:
        return await waiting_in(find)


async def waiting_in(find: Find) -> Waiting:
    """What waits now."""
    o, w, us = tables.outbox.c, tables.waiting.c, find.account.user_id
    outbox = await find.row(select(func.count(), func.min(o.created_at)).where(o.account == us, o.sent_at.is_(None)))
    undecryptable = await find.one(select(func.count()).where(w.account == us))
    count, oldest = outbox or (0, None)
    return Waiting(count, oldest, undecryptable or 0, await given_up(find), tuple(await unclaimed(find)))
