"""The identities of people, pinned when they were first met; changed only by an admin."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from storage import tables
from storage.find import Find
from storage.store import Store
from storage.thread import in_store_thread
from storage.work import Work

OFFERED = "offered identity "
"""What the name of a setting begins with that tells which other identity a person shows."""
TOLD = "told identities "
"""The same, that tells which of them the admins were told of."""
MOST_SEEN = 8


@dataclass(frozen=True, repr=False)
class Offer:
    """Another identity than the pinned one: what a person shows now (public master key), and showed since the last."""

    now: str | None
    seen: tuple[str, ...] = ()


class StoredPins:
    """Pinned public master keys by Matrix user id."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock

    @in_store_thread
    def pinned(self, user_id: str) -> str | None:
        """The public master key pinned for this user, or None."""
        with self._store.look() as find:
            return pinned(find, user_id)

    @in_store_thread
    def pin(self, user_id: str, master_key: str) -> None:
        """Pin this public master key, in place of any other."""
        with self._store.update() as session:
            _pin(session, user_id, master_key, self._clock())

    @in_store_thread
    def offer(self, user_id: str, master_key: str | None) -> None:
        """This user shows this other master key now, which an admin may approve; None: the pinned one."""
        with self._store.look() as find:
            before = (offers(find)).get(user_id, Offer(None))
        if before.now == master_key:
            return
        seen = tuple(key for key in before.seen if key != master_key)
        fresh = Offer(master_key, (*seen, master_key)[-MOST_SEEN:] if master_key else seen)
        s = tables.settings
        with self._store.update() as session:
            ours = {"account": self._store.account.user_id, "key": OFFERED + user_id}
            session.execute(delete(s).filter_by(**ours))
            session.execute(insert(s).values(**ours, value=json.dumps(asdict(fresh))))


def pinned(find: Find, user_id: str) -> str | None:
    """The public master key pinned for this user, or None."""
    p = tables.pins.c
    return find.one(select(p.master_key).where(p.user_id == user_id))


def offers(find: Find) -> dict[str, Offer]:
    """Who showed another identity than the pinned one since an admin last approved one, by Matrix id."""
    s = tables.settings.c
    ours = (s.account == find.account.user_id, s.key.startswith(OFFERED))
    rows = find.rows(select(s.key, s.value).where(*ours).order_by(s.key))
    found = {row.key.removeprefix(OFFERED): json.loads(row.value) for row in rows}
    return {user_id: Offer(offer["now"], tuple(offer["seen"])) for user_id, offer in found.items()}


def approve(work: Work, user_id: str, master_key: str) -> None:
    """Pin the new identity, as an admin said, for every account."""
    s = tables.settings
    _pin(work.session, user_id, master_key, work.now)
    work.session.execute(delete(s).where(s.c.key.in_((OFFERED + user_id, TOLD + user_id))))


def _pin(session: Connection, user_id: str, master_key: str, at: datetime) -> None:
    p = tables.pins
    fresh = {"master_key": master_key, "pinned_at": at}
    known = session.scalar(select(p.c.user_id).where(p.c.user_id == user_id))
    if known is None:
        session.execute(insert(p).values(user_id=user_id, **fresh))
    else:
        session.execute(update(p).where(p.c.user_id == user_id).values(**fresh))
