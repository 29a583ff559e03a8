# lines: one listener: whatever arrives in a sync is handled before its token is saved, in this order
"""Hearing: one sync after the other, each event handled before the token is saved; nothing is lost, nothing twice.

Each room has its turn: where somebody writes without end, only that room waits for itself.
"""

import asyncio
import html
import math
import re
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import unquote

import structlog

from bot.health import Health
from bot.matrix.backoff import Backoff, unless
from bot.matrix.crypto.client import HardenedClient
from bot.matrix.crypto.errors import MatrixError, NotAllowed, Rejected, Unavailable
from bot.matrix.crypto.events import Batch, Event, Invitation, RoomBatch, StateChange
from bot.matrix.crypto.trust import Verdict
from bot.matrix.room_guard import REMOVED, TOMBSTONE, find_tampering, is_replacement
from bot.matrix.sender import DECLINED
from bot.matrix.verifying import Verifier
from cases.roles import Place
from chat.context import direct_channel
from chat.dispatch import Dispatcher, Incoming
from chat.faults import place_of_fault
from commands.case.comings import Comings
from commands.erasure.deleting import Deleting
from commands.erasure.deletions import Doubt
from commands.trust.watch import Watch
from storage import causes, pins
from storage.database import StoreAwayError
from storage.find import Find, place_of
from storage.progress import Progress
from storage.work import Store

log = structlog.get_logger(__name__)
MOST_EVENTS_PAGED_BACK = 20_000
MOST_QUEUED = 20_000
"""Events; the homeserver keeps what comes while so many wait."""
TURN = 10
"""Events of one room that are handled before the other rooms have their turn, and before the next sync."""
MOST_TRIES_TO_JOIN = 3
LONGEST_WAIT_SECONDS = 30
"""For news."""
SAVE_AFTER_SECONDS = 1
FIRST_ANSWERS_WITHIN_SECONDS = 2.0
"""After a start, when rooms are asked for and keys shared."""
WELCOME_AFTER_SECONDS = 2.0
TELL_UNREADABLE_AFTER = timedelta(minutes=1)
GIVE_UP_UNREADABLE_AFTER = timedelta(days=14)
OF_A_DEVICE = frozenset({Verdict.UNSIGNED_DEVICE, Verdict.BAD_DEVICE})
"""What speaks against one of an account's devices, and not against its identity."""
_PILL = re.compile(r'<a href="https://matrix\.to/#/((?:@|%40)[^"?/]{1,255})[^"]{0,255}">([^<]{1,255})</a>')


def _pills(formatted: object) -> tuple[tuple[str, str], ...]:
    """What a client shows for each person who is mentioned in a formatted text, and their user ids."""
    if not isinstance(formatted, str):
        return ()
    found = _PILL.findall(formatted)
    return tuple((" ".join(html.unescape(name).split()), unquote(user_id)) for user_id, name in found)


@dataclass(repr=False)
class _Taken:
    """A sync whose events are handled by and by; its token is saved when nothing is left of it and of those before."""

    token: str
    left: int
    last: dict[str, str] = field(default_factory=dict[str, str])
    """The last event of each room."""


class Listener:
    """Follows the homeserver and hands every message to the dispatcher."""

    def __init__(
        self,
        client: HardenedClient,
        store: Store,
        dispatcher: Dispatcher,
        watch: Watch,
        clock: Callable[[], datetime],
        *,
        comings: Comings,
        deleting: Deleting,
        verifier: Verifier,
        health: Health,
        spoken: Callable[[float], Coroutine[None, None, None]],
    ) -> None:
        """``spoken`` waits until what was just answered is said, at most for so many seconds."""
        self._client = client
        self._store = store
        self._progress = Progress(store)
        self._dispatcher = dispatcher
        self._comings = comings
        self._deleting = deleting
        self._watch = watch
        self._clock = clock
        self._verifier = verifier
        self._health = health
        self._spoken = spoken
        self._since: str | None = None
        """Where the next sync begins: what came before is handled, or in the queues."""
        self._taken: deque[_Taken] = deque()
        self._saved_at = -math.inf
        self._queues: dict[str, deque[tuple[Event, _Taken]]] = {}
        self._arriving: dict[str, dict[str, str]] = {}
        self._welcomes: set[asyncio.Task[None]] = set()
        self._ended = False
        self._join_failures: Counter[str] = Counter()
        # Keys may have come in a sync that was not handled to its end, in the process before this one as well.
        self._keys_came = True

    async def run(self, stop: asyncio.Event) -> None:
        """Listen until told to stop; raises TokenRevoked. A homeserver or a store that is away is waited for.

        Raises what the crypto store can't be used with, too.
        """
        try:
            await self._listen(stop)
        finally:
            self._ended = True
            # Who has just come is still welcomed.
            await asyncio.gather(*self._welcomes)

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
            self._taken.clear()
            self._queues.clear()
        if sum(map(len, self._queues.values())) < MOST_QUEUED and not await self._sync(stop, first=first):
            return
        heard = await self._take_turns()
        if self._keys_came:
            await self._read_waiting()
            # What is still in the queues may wait for a key that is here already.
            self._keys_came = bool(self._queues)
        await self.look_at_identities()
        if self._store.unreadable:
            await self._watch.unreadable_cases()
        if heard:
            await _alone(self._verifier.act())
        if first:
            # What the homeserver is asked for next takes it long: it takes the answers before.
            await unless(stop, self._spoken(FIRST_ANSWERS_WITHIN_SECONDS))
        await self._save()
        self._health.synced()

    async def _sync(self, stop: asyncio.Event, *, first: bool) -> bool:
        """Take in what is new; False: told to stop. What is in the queues needs no news to go on."""
        # What was said meanwhile comes first, and who is in which room with the second sync (fault 18).
        # Only waiting for news is cut off by the stop.
        self._client.people = await self._store.ask(lambda find: find.directory().people.keys())
        try:
            patience = 0 if first or self._queues else SAVE_AFTER_SECONDS if self._taken else LONGEST_WAIT_SECONDS
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
        taken = _Taken(batch.next_batch, len(events))
        self._taken.append(taken)
        for event in events:
            self._queues.setdefault(event.room_id, deque()).append((event, taken))
        self._since = batch.next_batch
        return True

    async def _take_turns(self) -> bool:
        """Handle the next events of each room, in the order they were said in; whether one was another's."""
        heard = False
        for room_id, queue in list(self._queues.items()):
            for _ in range(min(TURN, len(queue))):
                event, taken = queue[0]
                await _alone(self._hear(event), event_id=event.event_id)
                queue.popleft()
                taken.left -= 1
                taken.last[room_id] = event.event_id
                heard = heard or event.sender != self._client.user_id
            if not queue:
                del self._queues[room_id]
        return heard

    async def _save(self, *, at_once: bool = False) -> None:
        """Save how far everything was handled: after a crash the homeserver is asked for what came since.

        It is then handled a second time without any effect, so that this need not be done after each message.
        """
        done = 0
        last: dict[str, str] = {}
        for taken in self._taken:
            if taken.left:
                break
            done += 1
            last |= taken.last
        if not done or not (at_once or time.monotonic() - self._saved_at >= SAVE_AFTER_SECONDS):
            return
        await self._progress.save(self._taken[done - 1].token, last)
        self._saved_at = time.monotonic()
        for _ in range(done):
            self._taken.popleft()
        if not self._health.listening.is_set():
            log.info("listening")
            self._health.listening.set()

    async def _look_around(self, batch: Batch) -> list[Event]:
        """The rooms as they are when the bot first listens."""
        for room in batch.joined:
            await _alone(self._guard(room.room_id, room.changes), room_id=room.room_id)
            await _alone(self._meet_others(room.room_id, room.changes), room_id=room.room_id)
        return []

    async def _take_in(self, batch: Batch, since: str) -> list[Event]:
        """Look at all that came with one sync; gives its events, which are handled in their turn."""
        for invitation in batch.invited:
            await self._accept(invitation)
        for room_id in batch.left:
            await self._lose(room_id, batch.next_batch)
        for message in batch.to_device:
            await _alone(self._verifier.verification.hear_device(message))
        events: list[Event] = []
        seen = await self._progress.last_events() if any(room.limited for room in batch.joined) else {}
        for room in batch.joined:
            # First of all: in a room that is not safe any more, nothing is said.
            await _alone(self._guard(room.room_id, room.changes), room_id=room.room_id)
            await _alone(self._meet(room.room_id, room.changes), room_id=room.room_id)
            await _alone(self._meet_others(room.room_id, room.changes), room_id=room.room_id)
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

    async def _hear(self, event: Event) -> None:
        if await self._verifier.verification.hear(event) or event.sender == self._client.user_id:
            return
        if event.redacts is not None:
            await self._forget(event, event.redacts)
            return
        if event.verdict is Verdict.UNDECRYPTABLE:
            source = event.source
            if source is None or not await self._progress.wait_for_key(
                event.event_id, event.room_id, source, self._clock()
            ):
                # Its sender must know it now: there is no place for it to wait in.
                await self._turn_away(event)
            return
        if event.verdict is Verdict.REPLAYED:
            # Its content was not looked at again, so whether it was a command is not asked either.
            await self._turn_away(event)
            return
        body = event.content.get("body")
        if event.type != "m.room.message" or event.content.get("msgtype") != "m.text" or not isinstance(body, str):
            return
        edited = event.content.get("m.new_content")
        formatted = event.content.get("formatted_body")
        is_edit = isinstance(edited, dict) and isinstance(edited.get("body"), str)
        if isinstance(edited, dict) and is_edit:
            body, formatted = edited["body"], edited.get("formatted_body")
        message = Incoming(
            event.event_id,
            event.room_id,
            event.sender,
            body,
            tuple(sorted(event.mentions)),
            event.replies_to,
            event.replaces,
            # Who is not trusted is not read.
            _pills(formatted) if event.trusted else (),
            ciphertext=event.ciphertext,
            seems_to_answer=event.outside.replies_to,
            edits_unknown=is_edit and event.replaces is None,
        )
        if event.trusted:
            await self._dispatcher.handle(message)
        elif await self._dispatcher.is_meant(message):
            await self._dispatcher.put_aside(message)
            await self._turn_away(event)

    async def _turn_away(self, event: Event) -> None:
        log.warning("turned away", event_id=event.event_id, verdict=event.verdict.value)
        # Said once a day for each device: a person who goes on typing there is not told each time.
        of_whom = (event.sender, event.device or "unknown")
        once = causes.of_job("turned away", event.room_id, *of_whom, event.verdict.value, self._clock().date())
        await self._dispatcher.turned_away(event.room_id, event.sender, event.verdict.value, once)

    async def _forget(self, event: Event, deleted: str) -> None:
        """Somebody deleted a message: it is not waited for any more, and what it said is taken off the file."""
        waiting = await self._progress.waits(deleted)
        if waiting is not None and waiting.source.get("sender") == event.sender:
            await self._progress.no_longer_waiting(deleted)
        verdict = await self._client.explain_doubt(event.sender)
        doubt = None if verdict is None else Doubt.DEVICE if verdict in OF_A_DEVICE else Doubt.IDENTITY
        cause = causes.of_event(event.event_id)
        await self._deleting.deleted(event.room_id, event.sender, deleted, cause, doubt)

    async def _meet(self, room_id: str, changes: Iterable[StateChange]) -> None:
        """Members who came or went."""
        changes = [c for c in changes if c.type == "m.room.member" and c.state_key != self._client.user_id]
        if not changes:
            return
        channel, seated = await self._store.ask(lambda find: _seated_in(find, room_id))
        if channel is None or seated is None:
            return
        arrived, gone, declined = _sort_changes(changes, seated)
        for change in arrived:
            if change.state_key in seated:
                self._welcome_soon(room_id, change)
            else:
                await self._comings.joined(
                    room_id, (change.state_key,), _came(room_id, change.state_key, change.event_id)
                )
        for change in declined:
            cause = causes.of_job("declined", room_id, change.state_key, change.event_id)
            await self._watch.not_coming(channel, change.state_key, DECLINED, cause)
        for change in gone:
            await self._comings.left(
                room_id, change.state_key, causes.of_job("left", room_id, change.state_key, change.event_id)
            )

    async def _meet_others(self, room_id: str, changes: Iterable[StateChange]) -> None:
        """Those who came into a room that is no case's and no direct chat; whoever does not belong there must go."""
        joins = [c for c in changes if c.type == "m.room.member" and c.content.get("membership") == "join"]
        arrived = {change.state_key: change.event_id for change in joins if change.state_key != self._client.user_id}
        if not arrived:
            return

        def look(find: Find) -> tuple[str | None, frozenset[str]]:
            channel = find.channel(room_id)
            return channel, find.audience(channel) if channel else frozenset()

        channel, audience = await self._store.ask(look)
        if channel is None or place_of(channel) in {Place.CASE, Place.DIRECT}:
            return
        for user_id in arrived.keys() - audience:
            await self._watch.stranger_came(
                channel, user_id, causes.of_job("stranger", room_id, user_id, arrived[user_id])
            )
        if channel == Place.ADMIN:
            await self._watch.admin_came(sorted(arrived.keys() & audience))

    async def _lose(self, room_id: str, token: str) -> None:
        """We are no longer in a room. Another direct chat is made when there is something to say."""
        channel = await self._store.ask(lambda find: find.channel(room_id))
        if channel is not None and place_of(channel) is Place.DIRECT:
            await self._progress.forget_room(channel)
        elif channel is not None:
            await self._watch.room_lost(room_id, REMOVED, causes.of_job("lost", room_id, token))

    async def _guard(self, room_id: str, changes: Iterable[StateChange]) -> None:
        """A room of ours that was replaced or tampered with. What people make of their direct chats is their affair."""
        us = self._client.user_id
        tombs = [change for change in changes if change.type == "m.room.tombstone" and change.state_key == ""]
        found = [(code, change.event_id) for change in changes if (code := find_tampering(change, us))]
        if not tombs and not found:
            return
        channel = await self._store.ask(lambda find: find.channel(room_id))
        if channel is None or place_of(channel) is Place.DIRECT:
            return
        for tomb in tombs[-1:]:
            replacement = tomb.content.get("replacement_room")
            if not found and isinstance(replacement, str) and await self._replaced(room_id, replacement, tomb.sender):
                await self._watch.room_moved(room_id, replacement, causes.of_job("moved", room_id, tomb.event_id))
            else:
                found.append((TOMBSTONE, tomb.event_id))
        for code, event_id in found:
            log.warning("room tampered with", room=room_id, code=code)
            await self._watch.room_lost(room_id, code, causes.of_job("lost", room_id, event_id))

    async def _replaced(self, room_id: str, by_room_id: str, sender: str) -> bool:
        """Whether we replaced a room ourselves, by one that is as safe."""
        if sender != self._client.user_id:
            return False
        try:
            state = await self._client.room_state(by_room_id)
        except NotAllowed:
            return False
        return is_replacement(state, room_id, self._client.user_id)

    async def look_at_identities(self) -> None:
        """Ask the admins about identities that changed; believe those that they approved."""
        held = self._client.devices.list_held()
        if not held:
            return
        offers = await self._store.ask(pins.offers)
        for user_id in sorted(held):
            offer = offers.get(user_id)
            if offer is None:
                self._client.devices.mark_outdated({user_id})
            elif offer.now is not None:
                await self._watch.identity_changed(user_id, offer.now)

    def _welcome_soon(self, room_id: str, change: StateChange) -> None:
        """Welcome those together who come within a moment. After a crash they are seen again at the next start."""
        waiting = self._arriving.setdefault(room_id, {})
        # Whoever is met twice, as a sync tells it and as the room is looked at, is welcomed once.
        is_first = not waiting
        waiting[change.state_key] = change.event_id
        if is_first:
            welcome = asyncio.create_task(self._welcome(room_id))
            self._welcomes.add(welcome)
            welcome.add_done_callback(self._welcomes.discard)

    def meet_soon(self, room_id: str) -> None:
        """Look who is in a room that has just been made: who came before it was on file was taken for nobody's."""
        meeting = asyncio.create_task(self._meet_again(room_id))
        self._welcomes.add(meeting)
        meeting.add_done_callback(self._welcomes.discard)

    async def _meet_again(self, room_id: str) -> None:
        backoff = Backoff()
        while not self._ended:
            try:
                state = await self._client.room_state(room_id)
                await _alone(self._meet(room_id, state), room_id=room_id)
                await _alone(self._meet_others(room_id, state), room_id=room_id)
            except (Unavailable, StoreAwayError):
                await asyncio.sleep(backoff.next())
            except MatrixError:
                # Not our room any more: the next sync says so.
                return
            else:
                return

    async def _welcome(self, room_id: str) -> None:
        await asyncio.sleep(WELCOME_AFTER_SECONDS)
        arrived = self._arriving.pop(room_id)
        backoff = Backoff()
        while True:
            cause = _came(room_id, *next(reversed(arrived.items())))
            try:
                await _alone(self._comings.joined(room_id, tuple(arrived), cause), room_id=room_id)
            except StoreAwayError:
                await asyncio.sleep(backoff.next())
            else:
                break

    async def _accept(self, invitation: Invitation) -> None:
        """Accept a direct chat from somebody we know, if it is encrypted and nobody else is in it; decline the rest."""
        known = await self._store.ask(lambda find: invitation.sender in find.directory().people)
        try:
            if known:
                await self._client.join(invitation.room_id)
                state = await self._client.room_state(invitation.room_id)
                people = {
                    c.state_key
                    for c in state
                    if c.type == "m.room.member" and c.content.get("membership") in {"join", "invite"}
                }
                encrypted = any(c.type == "m.room.encryption" for c in state)
                if encrypted and people == {self._client.user_id, invitation.sender}:
                    await self._progress.save_room(direct_channel(invitation.sender), invitation.room_id)
                    return
            await self._client.leave(invitation.room_id)
        except NotAllowed:
            log.info("invitation is gone", room_id=invitation.room_id)
        except (Rejected, Unavailable) as problem:
            # Perhaps it is only this room that can't be joined, such as one of a server that is away.
            self._join_failures[invitation.room_id] += 1
            if self._join_failures[invitation.room_id] < MOST_TRIES_TO_JOIN:
                raise
            log.warning("invitation given up", room_id=invitation.room_id, reason=str(problem))
        self._join_failures.pop(invitation.room_id, None)

    async def _read_waiting(self) -> None:
        """Keys have come: read what waited for them, in the order it was said."""
        for event_id in await self._progress.waiting():
            waiting = await self._progress.waits(event_id)
            event = await self._client.retry(waiting.source) if waiting else None
            if event is not None:
                await _alone(self._hear(event), event_id=event.event_id)
                await self._progress.no_longer_waiting(event_id)

    async def tell_unreadable(self) -> None:
        """Tell senders, after a minute, that a message could not be read; give up on it after two weeks."""
        now = self._clock()
        for event_id in await self._progress.untold(now - TELL_UNREADABLE_AFTER):
            waiting = await self._progress.waits(event_id)
            sender = waiting.source.get("sender") if waiting else None
            if waiting and isinstance(sender, str):
                code, cause = Verdict.UNDECRYPTABLE.value, causes.of_job("unreadable", waiting.room_id, event_id)
                await self._dispatcher.turned_away(waiting.room_id, sender, code, cause)
            await self._progress.told(event_id, now)
        await self._progress.give_up(now - GIVE_UP_UNREADABLE_AFTER)


def _came(room_id: str, user_id: str, event_id: str) -> str:
    return causes.of_job("joined", room_id, user_id, event_id)


def _seated_in(find: Find, room_id: str) -> tuple[str | None, dict[str, bool] | None]:
    """The channel of a case's room, and who sits at its table and has joined it; None: it is no case's."""
    channel = find.channel(room_id)
    if channel is None or place_of(channel) is not Place.CASE:
        return None, None
    # At a start this is asked for every room: reading the whole cases would take most of it.
    return channel, find.seated(channel.partition(":")[2])


def _sort_changes(
    changes: Iterable[StateChange], seated: Mapping[str, bool]
) -> tuple[list[StateChange], list[StateChange], list[StateChange]]:
    """Who came into a case's room, who left it, and who declined; ``seated``: who has joined, of those at the table."""
    arrived, gone, declined = [], [], []
    for change in changes:
        membership, joined = change.content.get("membership"), seated.get(change.state_key)
        if membership == "join" and not joined:
            arrived.append(change)
        elif membership in {"leave", "ban"} and joined:
            gone.append(change)
        elif membership == "leave" and joined is False and change.sender == change.state_key:
            declined.append(change)
    return arrived, gone, declined


async def _alone(work: Awaitable[None], **what: str) -> None:
    """Do one thing; a fault of ours in it is told, and holds up nothing else. What heals by itself is raised."""
    try:
        await work
    except (MatrixError, StoreAwayError):
        raise
    except Exception as fault:  # noqa: BLE001 whatever it is, the next message must be heard
        log.error("not handled", **what, **place_of_fault(fault))  # noqa: TRY400
