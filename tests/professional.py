"""A fictional professional with a real encrypted client, as Element would be: own device, own identity."""

import asyncio
import contextlib
import os
import uuid
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Self, TypeVar

from bot.matrix.content import ANSWERS_TO
from bot.matrix.crypto.client import HardenedClient, sign_in
from bot.matrix.crypto.errors import NotAllowed, Unavailable
from bot.matrix.crypto.events import Batch, Event
from bot.matrix.crypto.identity import Identity
from bot.matrix.crypto.trust import MemoryPins
from tests.waiting import PATIENCE_SECONDS

T = TypeVar("T")

LISTEN_FOR_MS = 20_000
TRY_AGAIN_AFTER = 0.2


def answered(event: Event) -> str | None:
    """The message that one of the bot's answers, or that it marked as done."""
    if event.type == "m.reaction":
        relation = event.content.get("m.relates_to")
        return str(relation.get("event_id")) if isinstance(relation, dict) else None
    said = event.content.get(ANSWERS_TO)
    return said if isinstance(said, str) else None


class Professional:
    """Listens in the background from sign_in until close; joins what it is invited to."""

    def __init__(self, client: HardenedClient, identity: Identity) -> None:
        self.client = client
        self.identity = identity
        self.user_id = client.user_id
        self.heard: list[Event] = []
        self.rooms: set[str] = set()
        self.take_batch: Callable[[Batch], Awaitable[None]] | None = None
        self._seen: set[str] = set()
        self._waiting: list[Mapping[str, object]] = []
        self.since: str | None = None
        self._changed = asyncio.Condition()
        self._listening = asyncio.create_task(self._listen(), name=f"listening for {self.user_id}")

    @classmethod
    async def sign_in(cls, homeserver: str, user_id: str, password: str, store_dir: Path) -> Self:
        """Sign in on a new device that is signed by a new identity, and listen."""
        device_id, token = await sign_in(homeserver, user_id, password, "Phone")
        client = await HardenedClient.open_client(
            homeserver, user_id, device_id, token, store_dir, os.urandom(32), MemoryPins()
        )
        identity = Identity.create()
        try:
            await identity.publish(client, password)
        except BaseException:
            await client.close()
            raise
        return cls(client, identity)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def show_as(self, name: str) -> None:
        """Take a name, which everybody sees."""
        path = f"v3/profile/{self.user_id}/displayname"
        await self.client.wire.ask("PUT", path, {"displayname": name})

    async def stop_listening(self) -> None:
        """Hear nothing more; the client still works."""
        self._listening.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._listening

    async def close(self) -> None:
        """Sign nobody out, but be gone."""
        try:
            await self.stop_listening()
        finally:
            await self.client.close()

    async def say(self, room_id: str, text: str, **extra: object) -> str:
        """Say something in a room; gives the event id."""
        content = {"msgtype": "m.text", "body": text, "m.mentions": {}, **extra}
        return await self.client.post(room_id, content, txn_id=uuid.uuid4().hex)

    async def reply(self, room_id: str, to_event_id: str, text: str) -> str:
        """Answer a message; gives the event id."""
        return await self.say(room_id, text, **{"m.relates_to": {"m.in_reply_to": {"event_id": to_event_id}}})

    async def hears(
        self, wanted: Callable[[Event], bool] | str, room_id: str | None = None, *, within: float = PATIENCE_SECONDS
    ) -> Event:
        """The first event that is wanted, or whose text is; waits for it this many seconds.

        Raises AssertionError, with what was heard instead, when it does not come.
        """

        def find() -> Event | None:
            for event in self.heard:
                fits = event.content.get("body") == wanted if isinstance(wanted, str) else wanted(event)
                if fits and room_id in (None, event.room_id):
                    return event
            return None

        return await self._wait(find, within)

    def forget(self) -> None:
        """Keep nothing of what was heard; what is heard again is new."""
        self.heard.clear()
        self._seen.clear()

    async def is_in(self, room_id: str, *, within: float = PATIENCE_SECONDS) -> None:
        """Wait until this client joined a room and knows it."""
        await self._wait(lambda: room_id in self.rooms or None, within)

    async def is_out_of(self, room_id: str, *, within: float = PATIENCE_SECONDS) -> None:
        """Wait until this client was removed from a room, or left it."""
        await self._wait(lambda: room_id not in self.rooms or None, within)

    async def knows(self, room_id: str, user_id: str, *, within: float = PATIENCE_SECONDS) -> None:
        """Wait until this client knows that someone joined a room."""
        await self._wait(lambda: user_id in self.client.members(room_id) or None, within)

    async def _wait(self, find: Callable[[], T | None], within: float) -> T:
        found: list[T] = []

        def check() -> bool:
            result = find()
            if result is not None:
                found.append(result)
            return result is not None or self._listening.done()

        async with self._changed:
            try:
                await asyncio.wait_for(self._changed.wait_for(check), within)
            except TimeoutError:
                heard = [(event.type, event.verdict.value, event.content.get("body")) for event in self.heard]
                raise AssertionError(f"{self.user_id} did not hear it in {within} s, but: {heard}") from None
        if not found:
            self._listening.result()
        return found[0]

    async def _listen(self) -> None:
        try:
            while True:
                try:
                    batch = await self.client.sync_once(self.since, timeout_ms=LISTEN_FOR_MS)
                    await self._take(batch)
                except Unavailable as error:
                    await asyncio.sleep(error.retry_after or TRY_AGAIN_AFTER)
        finally:
            async with self._changed:
                self._changed.notify_all()

    async def _take(self, batch: Batch) -> None:
        if self.take_batch is not None:
            await self.take_batch(batch)
        for invitation in batch.invited:
            with contextlib.suppress(NotAllowed):
                await self.client.join(invitation.room_id)
        events = [event for room in batch.joined for event in room.events]
        for source in tuple(self._waiting):
            event = await self.client.retry(source)
            if event is not None:
                self._waiting.remove(source)
                events.insert(0, event)
        async with self._changed:
            for event in events:
                if event.source is not None:
                    self._waiting.append(event.source)
                elif event.event_id not in self._seen:
                    self._seen.add(event.event_id)
                    self.heard.append(event)
            self.rooms |= {room.room_id for room in batch.joined}
            self.rooms -= set(batch.left)
            self.since = batch.next_batch
            self._changed.notify_all()
