"""How far the bot has come with listening: sync token, last event of each room, and what still waits for its key."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, update

from storage import tables
from storage.known import CHANGES_NOTHING_KNOWN
from storage.store import Store
from storage.thread import in_store_thread

MOST_WAITING_IN_A_ROOM = 500
MOST_WAITING_OF_A_SENDER = 100
"""In one room: whoever sends what nobody can read takes no other's place."""
SYNC_TOKEN = "sync_token"  # noqa: S105 the name of a setting


@dataclass(frozen=True, repr=False)
class Waiting:
    """An event that could not be decrypted yet; ``source`` is its ciphertext, as the homeserver gave it."""

    event_id: str
    room_id: str
    source: Mapping[str, Any]


class Progress:
    """What the listener must know after a restart."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._account = store.account.user_id

    @in_store_thread
    def token(self) -> str | None:
        """Where the next sync begins; None: the bot has never listened."""
        with self._store.look() as find:
            return find.setting(SYNC_TOKEN)

    @in_store_thread
    def last_events(self) -> dict[str, str]:
        """The last handled event of each room, by room id."""
        r = tables.rooms.c
        with self._store.look() as find:
            rows = find.rows(
                select(r.room_id, r.last_event).where(r.account == self._account, r.last_event.is_not(None))
            )
        return {row.room_id: row.last_event for row in rows}

    @in_store_thread
    def save(self, token: str, last_events: Mapping[str, str]) -> None:
        """All up to here has been handled."""
        r, s = tables.rooms, tables.settings
        with self._store.update() as session:
            for room_id, event_id in last_events.items():
                heard = update(r).where(r.c.room_id == room_id).values(last_event=event_id)
                session.execute(heard, execution_options=CHANGES_NOTHING_KNOWN)
            changed = session.execute(
                update(s).filter_by(account=self._account, key=SYNC_TOKEN).values(value=token).returning(s.c.key)
            )
            if changed.one_or_none() is None:
                session.execute(insert(s).values(account=self._account, key=SYNC_TOKEN, value=token))

    @in_store_thread
    def save_room(self, channel: str, room_id: str) -> None:
        """A channel has its room, or a new one in place of one that is gone."""
        r = tables.rooms
        with self._store.update() as session:
            session.execute(delete(r).filter_by(account=self._account, channel=channel))
            session.execute(insert(r).values(account=self._account, channel=channel, room_id=room_id))

    @in_store_thread
    def forget_room(self, channel: str) -> None:
        """The room of a channel is gone; another is made when there is something to say."""
        r = tables.rooms
        with self._store.update() as session:
            session.execute(delete(r).filter_by(account=self._account, channel=channel))

    @in_store_thread
    def wait_for_key(self, event_id: str, room_id: str, source: Mapping[str, Any], now: datetime) -> bool:
        """Keep an event until its key arrives; False: too many wait in this room, or of this sender there."""
        w = tables.waiting
        here = select(func.count()).where(w.c.account == self._account, w.c.room_id == room_id)
        # As it is written below. Who puts another's name into the envelope can use up that one's places here, no more.
        of_sender = here.where(w.c.source.contains(json.dumps({"sender": source.get("sender")})[1:-1], autoescape=True))
        with self._store.update() as session:
            if session.scalar(select(w.c.event_id).where(w.c.event_id == event_id)) is not None:
                return True
            if (session.scalar(here) or 0) >= MOST_WAITING_IN_A_ROOM:
                return False
            if (session.scalar(of_sender) or 0) >= MOST_WAITING_OF_A_SENDER:
                return False
            values = {"event_id": event_id, "room_id": room_id, "source": json.dumps(dict(source)), "since": now}
            session.execute(insert(w).values(account=self._account, **values))
        return True

    @in_store_thread
    def waiting(self) -> list[str]:
        """The ids of the events whose keys are missing, oldest first."""
        w = tables.waiting.c
        with self._store.look() as find:
            return find.all(select(w.event_id).where(w.account == self._account).order_by(w.since, w.event_id))

    @in_store_thread
    def untold(self, before: datetime) -> list[str]:
        """Those that have waited since before this moment, and whose senders do not know it."""
        w = tables.waiting.c
        late = (w.account == self._account, w.told_at.is_(None), w.since < before)
        with self._store.look() as find:
            return find.all(select(w.event_id).where(*late).order_by(w.since, w.event_id))

    @in_store_thread
    def waits(self, event_id: str) -> Waiting | None:
        """An event whose key is missing, with all of it; None: it waits no more."""
        w = tables.waiting
        with self._store.look() as find:
            row = find.row(select(w).where(w.c.account == self._account, w.c.event_id == event_id))
        return Waiting(row.event_id, row.room_id, json.loads(row.source)) if row else None

    @in_store_thread
    def told(self, event_id: str, now: datetime) -> None:
        """The sender knows that the event could not be read."""
        w = tables.waiting
        with self._store.update() as session:
            session.execute(update(w).where(w.c.event_id == event_id).values(told_at=now))

    @in_store_thread
    def give_up(self, before: datetime) -> None:
        """Wait no more for what has waited since before this moment."""
        w = tables.waiting
        old = (w.c.account == self._account, w.c.since < before)
        with self._store.look() as find:
            # Looked up first, so that nothing is written at each tick.
            if find.one(select(w.c.event_id).where(*old).limit(1)) is None:
                return
        with self._store.update() as session:
            session.execute(delete(w).where(*old))

    @in_store_thread
    def no_longer_waiting(self, event_id: str) -> None:
        """The event was read, or is given up."""
        w = tables.waiting
        with self._store.update() as session:
            session.execute(delete(w).where(w.c.event_id == event_id))
