"""One sync, from the raw answer to values of ours. nio's handling of syncs is not used (faults 1 to 5, 14, 18)."""

import asyncio
import json
import math
import secrets
import time
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import structlog

from bot.matrix.crypto.devices import Devices
from bot.matrix.crypto.errors import NotOurDevice, Rejected, TooLarge, Unavailable
from bot.matrix.crypto.events import (
    Batch,
    Event,
    Invitation,
    RoomBatch,
    StateChange,
    ToDevice,
    is_echo,
    is_event,
    is_invitation,
    is_redacted,
    is_state,
    read_change,
    read_event,
    read_to_device,
)
from bot.matrix.crypto.machine import ONE_TIME_KEY, Machine
from bot.matrix.crypto.missing import MissingKeys
from bot.matrix.crypto.rooms import Room
from bot.matrix.crypto.sharing import Sharing
from bot.matrix.crypto.trust import Verdict
from bot.matrix.crypto.wire import MEBIBYTE, Json, Wire, is_token
from storage.identifiers import is_room_id, is_user_id, is_visible

TIMELINE_LIMIT, SMALLER_LIMITS = 200, (20, 1)
LARGEST_SYNC = 64 * MEBIBYTE
"""Bytes: the whole state of some 3,000 rooms of twenty people each."""
ANSWER_WITHIN = 60.0
# As many as hold up the event loop for well under 250 ms (fault 21; measured by benchmarks/blocking.py).
MESSAGES_AT_ONCE = 5
EVENTS_AT_ONCE = 20

log = structlog.get_logger(__name__)


@dataclass(frozen=True, repr=False)
class _Timeline:
    """The part of an answer about one room, its form checked."""

    room_id: str
    messages: tuple[Json, ...]
    changes: tuple[StateChange, ...]
    limited: bool
    prev_batch: str | None


class Reader:
    """Reads events: decrypts them, and judges from whose device they came."""

    def __init__(self, machine: Machine, devices: Devices, missing: MissingKeys) -> None:
        self._machine = machine
        self._devices = devices
        self._missing = missing

    async def learn_senders(self, messages: Iterable[tuple[str, Json]]) -> None:
        """Know the devices of everyone who wrote these (room id, event), so that the verdicts are of now."""
        asked = [(room_id, raw) for room_id, raw in messages if raw["type"] == "m.room.encrypted"]
        senders = {raw["sender"] for _, raw in asked}
        await self._devices.refresh(senders)
        strangers = {raw["sender"] for room_id, raw in asked if self._is_from_stranger(room_id, raw)}
        if strangers:
            # A device that nobody told us of: ask once more, before we call it unknown.
            self._devices.mark_outdated(strangers)
            await self._devices.refresh(strangers)

    async def read(self, messages: Sequence[tuple[str, Json]]) -> list[Event]:
        """The events of these (room id, event), in the order given."""
        events: list[Event] = []
        for start in range(0, len(messages), EVENTS_AT_ONCE):
            # A commit for so many, of whichever rooms; others get their turn in between (fault 21).
            await asyncio.sleep(0)
            with self._machine.transaction():
                events += [self._read_one(*message) for message in messages[start : start + EVENTS_AT_ONCE]]
        return events

    def _read_one(self, room_id: str, raw: Json) -> Event:
        if raw["type"] != "m.room.encrypted":
            return read_event(raw, room_id, Verdict.PLAINTEXT)
        session_id = raw["content"].get("session_id")
        session_id = session_id if is_visible(session_id) else None
        opened = self._machine.open(room_id, raw, self._devices.list_keys(raw["sender"]))
        if isinstance(opened, Verdict):
            return self._explain(room_id, raw, opened, session_id)
        verdict = self._devices.judge(raw["sender"], opened)
        return read_event(raw, room_id, verdict, decrypted=(opened.type, opened.content), ciphertext=opened.ciphertext)

    def _explain(self, room_id: str, raw: Json, verdict: Verdict, session_id: str | None) -> Event:
        if verdict is not Verdict.UNDECRYPTABLE or session_id is None:
            return read_event(raw, room_id, verdict, session_id=session_id)
        self._missing.want(room_id, session_id)
        withheld = self._missing.explain(raw["sender"], room_id, session_id)
        return read_event(raw, room_id, verdict, session_id=session_id, withheld=withheld)

    def _is_from_stranger(self, room_id: str, raw: Json) -> bool:
        sender = raw["sender"]
        theirs = self._devices.list_keys(sender)
        key = self._machine.find_sender_key(room_id, raw["content"].get("session_id"), theirs)
        return key is not None and key not in theirs and sender != self._machine.user_id


class Syncing:
    """Asks for what is new, and keeps keys, devices, and rooms up to date with it."""

    def __init__(  # noqa: PLR0917 - the parts of one client
        self,
        wire: Wire,
        machine: Machine,
        devices: Devices,
        sharing: Sharing,
        rooms: dict[str, Room],
        reader: Reader,
        missing: MissingKeys,
    ) -> None:
        self._wire = wire
        self._machine = machine
        self._devices = devices
        self._sharing = sharing
        self._rooms = rooms
        self._reader = reader
        self._missing = missing
        self._complete = False
        self._removed: set[tuple[str, str]] = set()
        self._told_until = -math.inf
        """Monotonic seconds: what happened on the homeserver before this, we were told."""

    def note_removal(self, room_id: str, user_id: str) -> None:
        """We removed someone: a sync already under way may still call them joined."""
        self._removed.add((room_id, user_id))

    async def sync(self, since: str | None, *, timeout_ms: int, in_a_hurry: bool) -> Batch:
        """One sync. Whatever it holds, nothing but TokenRevoked, Unavailable, Rejected, or NotOurDevice is raised."""
        # Who is in which room is not stored: a process asks for all of it (fault 18), though not before it has heard
        # what is new when it is in a hurry: with many rooms the homeserver takes long to tell.
        full_state = not self._complete and not in_a_hurry
        whole = full_state or since is None
        complete = self._complete or whole
        query = {"timeout": str(timeout_ms), "full_state": str(full_state).lower()}
        if since is not None:
            query["since"] = since
        removed = self._removed = set()
        asked_at = time.monotonic()
        answer = await self._ask(query, within=timeout_ms / 1000 + ANSWER_WITHIN)
        next_batch = answer.get("next_batch")
        if not is_token(next_batch):
            raise Unavailable("a sync without a token")

        # Keys before the events that need them, and who is where before the keys, of which only members' are kept.
        # Nothing is skipped when the token did not move (fault 5).
        timelines = [timeline async for timeline in self._take_rooms(answer, complete=complete, whole=whole)]
        self._sharing.forget_said(before=self._told_until)
        self._told_until = asked_at
        unlocked = await self._take_keys(answer)
        for room_id, user_id in removed:
            if room_id in self._rooms:
                self._rooms[room_id].joined.discard(user_id)
        await self._keep_keys(answer, unlocked, complete=complete)
        await self._reader.learn_senders((timeline.room_id, raw) for timeline in timelines for raw in timeline.messages)
        self._complete = complete
        return Batch(
            next_batch=next_batch,
            joined=tuple(await self._read_rooms(timelines)),
            invited=tuple(_read_invitations(answer)),
            left=self._take_left(answer),
            unlocked=unlocked,
            to_device=_read_to_device(answer),
        )

    async def _ask(self, query: Mapping[str, str], within: float) -> Json:
        """The answer; one that is too large is asked for with less of each room, whose rest can be paged back to."""
        for limit in (TIMELINE_LIMIT, *SMALLER_LIMITS):
            asked = {**query, "filter": _filter(limit, anew="since" not in query)}
            try:
                return await self._wire.ask("GET", "v3/sync", query=asked, within=within, largest=LARGEST_SYNC)
            except TooLarge as problem:
                log.warning("sync too large", events_of_a_room=limit)
                too_large = problem
        raise too_large

    async def _read_rooms(self, timelines: Collection[_Timeline]) -> list[RoomBatch]:
        messages = [(timeline.room_id, raw) for timeline in timelines for raw in timeline.messages]
        events = iter(await self._reader.read(messages))
        return [
            RoomBatch(
                room_id=timeline.room_id,
                events=tuple(islice(events, len(timeline.messages))),
                changes=timeline.changes,
                limited=timeline.limited,
                prev_batch=timeline.prev_batch,
            )
            for timeline in timelines
        ]

    async def _take_keys(self, answer: Json) -> frozenset[str]:
        events = _list_in(answer, "to_device", "events")
        unlocked: set[str | None] = set()
        for start in range(0, len(events), MESSAGES_AT_ONCE):
            with self._machine.transaction():
                for raw in events[start : start + MESSAGES_AT_ONCE]:
                    unlocked.add(self._machine.receive(raw))
                    self._missing.take(raw)
            await asyncio.sleep(0)
        self._devices.mark_outdated(_list_users(answer, "changed"))
        self._devices.forget(_list_users(answer, "left"))
        return frozenset(session_id for session_id in unlocked if session_id is not None)

    async def _keep_keys(self, answer: Json, unlocked: Collection[str], *, complete: bool) -> None:
        """Upload keys that run out, mend broken sessions, ask for keys. If that fails it waits for the next sync."""
        counts = answer.get("device_one_time_keys_count")
        held = counts.get(ONE_TIME_KEY, 0) if isinstance(counts, dict) else 0
        unused = answer.get("device_unused_fallback_key_types")
        try:
            # Absent means none (specification: One-time and fallback keys); nio takes none for unknown (fault 4).
            await upload_keys(
                self._wire,
                self._machine,
                held=held if isinstance(held, int) else 0,
                fallback=isinstance(unused, list) and ONE_TIME_KEY not in unused,
            )
            await self._sharing.catch_up()
            if complete:
                await self._sharing.mend({user_id for room in self._rooms.values() for user_id in room.joined})
            await self._missing.settle(unlocked)
            await self._missing.ask()
        except (Unavailable, Rejected) as error:
            log.warning("keys could not be renewed", error=str(error))

    async def _take_rooms(self, answer: Json, *, complete: bool, whole: bool) -> AsyncIterator[_Timeline]:
        """Take over what an answer tells of each room. ``whole``: it tells all; ``complete``: all of a new room."""
        for room_id, info in _dict_in(answer, "rooms", "join").items():
            if not is_room_id(room_id) or not isinstance(info, dict):
                continue
            await asyncio.sleep(0)
            known = self._rooms.get(room_id)
            room = known or self._rooms.setdefault(room_id, Room(room_id, complete=complete))
            timeline = _dict_in({"room": info}, "room", "timeline")
            events = [raw for raw in _list_in(info, "timeline", "events") if is_event(raw)]
            state = [raw for raw in _list_in(info, "state", "events") if is_event(raw)]
            earlier = [read_change(raw) for raw in state if is_state(raw)]
            changes = (*earlier, *(read_change(raw) for raw in events if is_state(raw)))
            # The state before the events can be older than what we know: of two events that came at once the homeserver
            # tells the state before one of them, without the other (MSC4222). So can all of it, when we asked for the
            # state while the sync was under way. We ask before we speak.
            doubted = any(map(room.contradicts, earlier)) or any(map(room.loses, changes))
            room.complete = (room.complete or whole) and not (known and doubted)
            before = frozenset(room.joined)
            for change in changes:
                room.apply(change.type, change.state_key, change.content)
            self._sharing.note_newcomers(room, room.joined - before, since=self._told_until)
            prev_batch = timeline.get("prev_batch")
            yield _Timeline(
                room_id=room_id,
                messages=tuple(raw for raw in events if self._is_news(raw)),
                changes=changes,
                limited=timeline.get("limited") is True,
                prev_batch=prev_batch if is_token(prev_batch) else None,
            )

    def _is_news(self, raw: Json) -> bool:
        """Whether an event is worth reading: no state, nothing withdrawn, and not what this device itself encrypted."""
        ours = raw["sender"] == self._machine.user_id and raw["type"] == "m.room.encrypted"
        return not (is_state(raw) or is_redacted(raw) or (ours and is_echo(raw)))

    def _take_left(self, answer: Json) -> tuple[str, ...]:
        # nio keeps rooms that it was removed from, and would go on writing there.
        left = tuple(room_id for room_id in _dict_in(answer, "rooms", "leave") if is_room_id(room_id))
        for room_id in left:
            self._rooms.pop(room_id, None)
            self._sharing.forget(room_id)
        return left


async def upload_keys(wire: Wire, machine: Machine, *, held: int, fallback: bool) -> None:
    """Upload what the homeserver lacks; saved before, so that a crash in between does no harm (fault 6).

    Raises NotOurDevice when it has other keys under the same numbers: the store is older than what was uploaded.
    """
    upload = machine.prepare_upload(held, fallback=fallback)
    if upload is None:
        return
    try:
        await wire.ask("POST", "v3/keys/upload", upload)
    except Rejected as problem:
        if problem.status != 400:  # noqa: PLR2004 - HTTP's own number
            raise
        raise NotOurDevice(
            "the homeserver has newer keys for our device: an old copy of the crypto store was put back. Make a new "
            "device with roundtable init --recover"
        ) from None
    machine.mark_uploaded()


def _filter(limit: int, *, anew: bool) -> str:
    """Only what we act on: no presence, typing, receipts, or account data.

    ``anew``: unlike every other. Synapse remembers for minutes what it answered to a sync without a token: what has
    happened since would come as new.
    """
    none: Json = {"types": []}
    room = {
        "ephemeral": none,
        "account_data": none,
        "state": {"lazy_load_members": False},
        "timeline": {"limit": limit},
    }
    presence = {**none, "not_types": [secrets.token_hex(8)]} if anew else none
    return json.dumps({"presence": presence, "account_data": none, "room": room})


def _read_invitations(answer: Json) -> Iterator[Invitation]:
    for room_id, info in _dict_in(answer, "rooms", "invite").items():
        events = _list_in(info, "invite_state", "events") if is_room_id(room_id) and isinstance(info, dict) else ()
        invited = next((raw for raw in events if is_invitation(raw)), None)
        if invited is not None:
            yield Invitation(room_id, invited["sender"])


def _read_to_device(answer: Json) -> tuple[ToDevice, ...]:
    read = (read_to_device(raw) for raw in _list_in(answer, "to_device", "events"))
    return tuple(message for message in read if message is not None)


def _dict_in(answer: Mapping[str, Any], outer: str, inner: str) -> Json:
    part = answer.get(outer)
    found = part.get(inner) if isinstance(part, dict) else None
    return found if isinstance(found, dict) else {}


def _list_in(answer: Mapping[str, Any], outer: str, inner: str) -> list[Any]:
    part = answer.get(outer)
    found = part.get(inner) if isinstance(part, dict) else None
    return found if isinstance(found, list) else []


def _list_users(answer: Json, group: str) -> list[str]:
    return [user_id for user_id in _list_in(answer, "device_lists", group) if is_user_id(user_id)]
