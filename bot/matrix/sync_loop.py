"""Listening: one sync after the other, each event handled before the token is saved; nothing is lost, nothing twice."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress

import structlog

from bot.health import Health
from bot.matrix.alone import alone
from bot.matrix.backoff import Backoff, unless
from bot.matrix.crypto.client import HardenedClient
from bot.matrix.crypto.errors import MatrixError, Rejected, Unavailable
from bot.matrix.crypto.events import Batch, Event, RoomBatch
from bot.matrix.event_queue import SAVE_AFTER_SECONDS, EventQueue
from bot.matrix.hearing import Hearing
from bot.matrix.membership import Membership
from bot.matrix.verifying import Verifier
from chat.faults import place_of_fault
from commands.trust.watch import Watch
from storage import causes
from storage.database import StoreAwayError
from storage.progress import Progress
from storage.store import Store

log = structlog.get_logger(__name__)
MOST_EVENTS_PAGED_BACK = 20_000
LONGEST_WAIT_SECONDS = 30
"""For news."""
FIRST_ANSWERS_WITHIN_SECONDS = 2.0
"""After a start, when rooms are asked for and keys shared."""


class SyncLoop:
    """Follows the homeserver: what it tells is looked at, and every message handled in its turn."""

    def __init__(
        self,
        client: HardenedClient,
        store: Store,
        watch: Watch,
        *,
        hearing: Hearing,
        membership: Membership,
        verifier: Verifier,
        health: Health,
        spoken: Callable[[float], Coroutine[None, None, None]],
    ) -> None:
        """``spoken`` waits until what was just answered is said, at most for so many seconds."""
        self._client = client
        self._store = store
        self._progress = Progress(store)
        self._watch = watch
        self._hearing = hearing
        self._membership = membership
        self._verifier = verifier
        self._health = health
        self._spoken = spoken
        self._queue = EventQueue(self._progress)
        self._since: str | None = None
        """Where the next sync begins: what came before is handled, or in the queue."""
        # Keys may have come in a sync that was not handled to its end, in the process before this one as well.
        self._keys_came = True

    async def run(self, stop: asyncio.Event) -> None:
        """Listen until told to stop; raises TokenRevoked. A homeserver or a store that is away is waited for.

        Raises what the crypto store can't be used with, too.
        """
        try:
            await self._listen(stop)
        finally:
            await self._membership.end()

    async def _listen(self, stop: asyncio.Event) -> None:
        backoff = Backoff()
        first = True
        while not stop.is_set():
            try:
                await self._listen_once(stop, first=first)
            except (Unavailable, Rejected) as problem:
                delay = backoff.next(problem.retry_after if isinstance(problem, Unavailable) else None)
                if isinstance(problem, Unavailable) and problem.limited:
                    self._health.asked_to_wait(delay)
                log.warning("homeserver unavailable", reason=str(problem), retry_in_seconds=round(delay, 1))
                await unless(stop, asyncio.sleep(delay))
            except MatrixError:
                raise
            except StoreAwayError as problem:
                self._health.store_away()
                delay = backoff.next()
                log.error("store unavailable", reason=str(problem), retry_in_seconds=round(delay, 1))  # noqa: TRY400
                await unless(stop, asyncio.sleep(delay))
            except Exception as fault:  # noqa: BLE001 the same sync is handled again: nothing of it is lost
                delay = backoff.next()
                # Without the traceback: its words might quote what somebody wrote.
                log.error("listening failed", retry_in_seconds=round(delay, 1), **place_of_fault(fault))  # noqa: TRY400
                await unless(stop, asyncio.sleep(delay))
            else:
                first = False
                backoff.reset()
        with suppress(StoreAwayError):
            await self._save(at_once=True)

    async def _listen_once(self, stop: asyncio.Event, *, first: bool) -> None:
        if first:
            self._since = await self._progress.token()
            self._queue.clear()
        if not self._queue.full and not await self._sync(stop, first=first):
            return
        handled = await self._queue.take_turns(self._hearing.hear)
        if self._keys_came:
            await self._hearing.read_waiting()
            # What is still in the queue may wait for a key that is here already.
            self._keys_came = not self._queue.empty
        await self._hearing.look_at_identities()
        if self._store.unreadable:
            await self._watch.unreadable_cases()
        if any(event.sender != self._client.user_id for event in handled):
            await alone(self._verifier.act())
        if first:
            # What the homeserver is asked for next takes it long: it takes the answers before.
            await unless(stop, self._spoken(FIRST_ANSWERS_WITHIN_SECONDS))
        await self._save()
        self._health.synced()

    async def _sync(self, stop: asyncio.Event, *, first: bool) -> bool:
        """Take in what is new; False: told to stop. What is in the queue needs no news to go on."""
        # What was said meanwhile comes first, and who is in which room with the second sync (fault 18).
        # Only waiting for news is cut off by the stop.
        self._client.people = (await self._store.directory()).people.keys()
        try:
            news = SAVE_AFTER_SECONDS if not self._queue.saved else LONGEST_WAIT_SECONDS
            patience = 0 if first or not self._queue.empty else news
            batch = await unless(
                stop, self._client.sync_once(self._since, timeout_ms=patience * 1000, in_a_hurry=first)
            )
        except (Unavailable, Rejected):
            self._keys_came = True
            raise
        if batch is None:
            return False
        self._keys_came = self._keys_came or bool(batch.unlocked)
        # What was said before the bot first listened is history, not a command.
        events = await self._take_in(batch, self._since) if self._since else await self._look_around(batch)
        self._queue.put(batch.next_batch, events)
        self._since = batch.next_batch
        return True

    async def _save(self, *, at_once: bool = False) -> None:
        if await self._queue.save(at_once=at_once) and not self._health.listening.is_set():
            log.info("listening")
            self._health.listening.set()

    async def _look_around(self, batch: Batch) -> list[Event]:
        """The rooms as they are when the bot first listens."""
        for room in batch.joined:
            await self._membership.look_around(room.room_id, room.changes)
        return []

    async def _take_in(self, batch: Batch, since: str) -> list[Event]:
        """Look at all that came with one sync; gives its events, which are handled in their turn."""
        for invitation in batch.invited:
            await self._membership.accept(invitation)
        for room_id in batch.left:
            await self._membership.lose(room_id, batch.next_batch)
        for message in batch.to_device:
            await alone(self._verifier.verification.hear_device(message))
        events: list[Event] = []
        seen = await self._progress.last_events() if any(room.limited for room in batch.joined) else {}
        for room in batch.joined:
            await self._membership.look(room.room_id, room.changes)
            events += [*await self._missed(room, seen, since), *room.events]
        return events

    async def _missed(self, room: RoomBatch, seen: dict[str, str], since: str) -> list[Event]:
        """What a limited timeline left out, back to the last event that was handled, or to the last sync."""
        if not room.limited or room.prev_batch is None:
            return []
        try:
            return await self._client.history(
                room.room_id,
                back_to_event_id=seen.get(room.room_id),
                from_token=room.prev_batch,
                to_token=since,
                limit=MOST_EVENTS_PAGED_BACK,
            )
        except Rejected as problem:
            # Asked again it would be refused again, and hold up every other room.
            log.error("missed messages can't be had", room_id=room.room_id, code=problem.code)  # noqa: TRY400
            await self._watch.messages_missed(room.room_id, causes.of_job("missed", room.room_id, since))
            return []
