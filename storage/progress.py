"""How far the bot has come with listening: sync token, last event of each room, and what still waits for its key."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update

from storage import tables
from storage.work import Store

SYNC_TOKEN = "sync_token"  # noqa: S105 the name of a setting


@dataclass(frozen=True)
class Waiting:
    """An event that could not be decrypted yet; ``source`` is its ciphertext, as the homeserver gave it."""

    event_id: str
    room_id: str
    source: Mapping[str, Any]
    since: datetime
    told: bool


class Progress:
    """What the listener must know after a restart."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._account = store.account.user_id

    async def token(self) -> str | None:
        """Where the next sync begins; None: the bot has never listened."""
        async with self._store.look() as find:
            return await find.setting(SYNC_TOKEN)

    async def last_events(self) -> dict[str, str]:
        """The last handled event of each room, by room id."""
        r = tables.rooms.c
        async with self._store.look() as find:
            rows = await find.rows(
                select(r.room_id, r.last_event).where(r.account == self._account, r.last_event.is_not(None))
            )
        return {row.room_id: row.last_event for row in rows}

    async def save(self, token: str, last_events: Mapping[str, str]) -> None:
        """All up to here has been handled."""
        r, s = tables.rooms, tables.settings
        async with self._store.update() as session:
            for room_id, event_id in last_events.items():
                await session.execute(update(r).where(r.c.room_id == room_id).values(last_event=event_id))
            changed = await session.execute(
                update(s).filter_by(account=self._account, key=SYNC_TOKEN).values(value=token).returning(s.c.key)
            )
            if changed.one_or_none() is None:
                await session.execute(insert(s).values(account=self._account, key=SYNC_TOKEN, value=token))

    async def save_room(self, channel: str, room_id: str) -> None:
        """A channel has its room, or a new one in place of one that is gone."""
        r = tables.rooms
        async with self._store.update() as session:
            await session.execute(delete(r).filter_by(account=self._account, channel=channel))
            await session.execute(insert(r).values(account=self._account, channel=channel, room_id=room_id))

    async def forget_room(self, channel: str) -> None:
        """The room of a channel is gone; another is made when there is something to say."""
        r = tables.rooms
        async with self._store.update() as session:
            await session.execute(delete(r).filter_by(account=self._account, channel=channel))

    async def wait_for_key(self, event_id: str, room_id: str, source: Mapping[str, Any], now: datetime) -> None:
        """Keep an event until its key arrives."""
        w = tables.waiting
        async with self._store.update() as session:
            if await session.scalar(select(w.c.event_id).where(w.c.event_id == event_id)) is None:
                await session.execute(
                    insert(w).values(
                        account=self._account,
                        event_id=event_id,
                        room_id=room_id,
                        source=json.dumps(dict(source)),
                        since=now,
                    )
                )

    async def waiting(self) -> list[Waiting]:
        """The events whose keys are missing, oldest first."""
        w = tables.waiting
        async with self._store.look() as find:
            rows = await find.rows(select(w).where(w.c.account == self._account).order_by(w.c.since))
        return [Waiting(r.event_id, r.room_id, json.loads(r.source), r.since, r.told_at is not None) for r in rows]

    async def told(self, event_id: str, now: datetime) -> None:
        """The sender knows that the event could not be read."""
        w = tables.waiting
        async with self._store.update() as session:
            await session.execute(update(w).where(w.c.event_id == event_id).values(told_at=now))

    async def no_longer_waiting(self, event_id: str) -> None:
        """The event was read, or is given up."""
        w = tables.waiting
        async with self._store.update() as session:
            await session.execute(delete(w).where(w.c.event_id == event_id))
