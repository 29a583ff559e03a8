"""Room keys: who gets them, when they change, and that they arrive (faults 7 to 13). nio's own sharing is not used."""

import asyncio
import math
import time
import uuid
from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import structlog
import vodozemac

from bot.matrix.crypto.devices import Devices
from bot.matrix.crypto.errors import Rejected, Unavailable
from bot.matrix.crypto.machine import MEGOLM, ONE_TIME_KEY, Machine
from bot.matrix.crypto.missing import NO_OLM, tell_withheld
from bot.matrix.crypto.rooms import Room
from bot.matrix.crypto.trust import Device, Verdict
from bot.matrix.crypto.wire import LARGEST_LIST, Json, Wire, encode_path, write_json

# As many as hold up the event loop for well under 250 ms (fault 21; measured by benchmarks/blocking.py).
DEVICES_AT_ONCE = 10
REFUSED_AT_ONCE = 100
TRIES = 5
LONGEST_WAIT = 5.0
CLAIM_TIMEOUT_MS = 10_000
CLAIM_AGAIN_AFTER = 60.0
MOST_SAID = 100
# Shown by the other client, perhaps: in English, as other clients do.
UNVERIFIED = "This device is not verified by its owner."
UNREACHED = "No secure channel to this device could be made."

log = structlog.get_logger(__name__)


@dataclass(repr=False)
class Said:
    """A message that went out, or is about to: the key from it on, and who can read it.

    until: after this moment (monotonic seconds) it was on its way no more.
    """

    key: str
    readers: frozenset[str]
    only_for: Collection[str] | None
    until: float = math.inf

    def misses(self, user_id: str, since: float) -> bool:
        """Whether somebody can't read it who may, and who may have joined before it, but not before ``since``."""
        return (
            self.until >= since and user_id not in self.readers and (self.only_for is None or user_id in self.only_for)
        )


@dataclass(repr=False)
class Outbound:
    """The session that we write a room with now, and the devices that hold its key.

    again: holders that lost what they had; told: devices that know why they do not get it; said: the newest messages.
    """

    session: vodozemac.GroupSession = field(default_factory=vodozemac.GroupSession)
    made_at: float = field(default_factory=time.monotonic)
    messages: int = 0
    holders: set[Device] = field(default_factory=set)
    again: set[Device] = field(default_factory=set)
    told: set[Device] = field(default_factory=set)
    said: deque[Said] = field(default_factory=lambda: deque[Said](maxlen=MOST_SAID))


class Sharing:
    """Encrypts for rooms, and sees to it that trusted devices of joined members, and only they, can read."""

    def __init__(self, wire: Wire, machine: Machine, devices: Devices) -> None:
        self._wire = wire
        self._machine = machine
        self._devices = devices
        self._outbound: dict[str, Outbound] = {}
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._claim_lock = asyncio.Lock()
        self._no_keys_until: dict[str, float] = {}
        self._written_for: dict[str, frozenset[str]] = {}
        """For whom the last message of each room was encrypted."""
        self._owed: set[Device] = set()
        self._late: list[tuple[Room, Outbound, str, str]] = []
        """Who had joined before we knew, and the key from the first message on that they could not read."""

    def forget(self, room_id: str) -> None:
        """Write this room with a new session from now on."""
        self._outbound.pop(room_id, None)

    async def encrypt(
        self, room: Room, kind: str, content: Mapping[str, object], only_for: Collection[str] | None = None
    ) -> tuple[Json, Said]:
        """The encrypted form of an event, once its key has reached every device that should have it.

        Whoever sends it notes in the second until when it was on its way.

        With only_for nobody else gets the key, whoever the homeserver says is in the room.
        Raises Unavailable when it has not; the devices that were reached are remembered. One at a time in each room,
        and a failure leaves nothing locked (fault 8).
        """
        async with self._locks[room.room_id]:
            # Members first: whoever joined or changed a device since the last message can read this one (fault 9).
            members = room.joined if only_for is None else room.joined & {*only_for}
            # Ourselves, too: another device of ours may be somebody else's.
            await self._devices.refresh({*members, self._machine.user_id})
            outbound = await self._share(room, members)
            readers = self._written_for[room.room_id] = frozenset(members)
            plain = {"type": kind, "content": content, "room_id": room.room_id}
            outbound.messages += 1
            said = Said(outbound.session.session_key.to_base64(), readers, only_for)
            outbound.said.append(said)
            encrypted: Json = {
                "algorithm": MEGOLM,
                "sender_key": self._machine.identity_key,
                "device_id": self._machine.device_id,
                "session_id": outbound.session.session_id,
                "ciphertext": outbound.session.encrypt(write_json(plain)).to_base64(),
            }
            if "m.relates_to" in content:
                # Servers need to see relations; inside, they stay authentic.
                encrypted["m.relates_to"] = content["m.relates_to"]
            return encrypted, said

    def note_newcomers(self, room: Room, people: Iterable[str], since: float) -> None:
        """These turn out to have joined after ``since`` (monotonic seconds): perhaps before what we said meanwhile."""
        outbound = self._outbound.get(room.room_id)
        if outbound is None:
            return
        for user_id in people:
            missed = next((said for said in outbound.said if said.misses(user_id, since)), None)
            if missed is not None:
                self._late.append((room, outbound, missed.key, user_id))

    def forget_said(self, before: float) -> None:
        """Nobody can turn out to have missed what was on its way before this moment (monotonic seconds)."""
        for outbound in self._outbound.values():
            while outbound.said and outbound.said[0].until < before:
                outbound.said.popleft()

    async def catch_up(self) -> None:
        """Give those who had joined before we knew the keys of what was said meanwhile.

        Raises Unavailable or Rejected; what could not be done is done the next time. What came before they joined the
        homeserver does not show them.
        """
        await self._devices.refresh({user_id for room, _, _, user_id in self._late if user_id in room.joined})
        while self._late:
            room, outbound, key, user_id = self._late[0]
            devices = self._devices.list_trusted([user_id]) if user_id in room.joined else []
            await self._claim(device for device in devices if not self._machine.has_session(device))
            reached = [device for device in devices if self._machine.has_session(device)]
            for some in _split(reached):
                await self._send(some, "m.room_key", _describe_key(room, outbound, key))
                outbound.holders.update(some)
            del self._late[0]

    def list_unreachable(self, room: Room) -> dict[str, Verdict]:
        """Those for whom the last message was encrypted and of whom no device can read it, and why.

        Whoever joined since is none of them: for them the next message is.
        """
        unreachable = {}
        for user_id in self._written_for.get(room.room_id, frozenset()) & room.joined - {self._machine.user_id}:
            reason = self._devices.explain_unreachable(user_id)
            trusted = self._devices.list_trusted([user_id])
            if reason is None and not any(self._machine.has_session(device) for device in trusted):
                reason = Verdict.NO_SESSION
            if reason is not None:
                unreachable[user_id] = reason
        return unreachable

    def list_unsigned(self, room: Room) -> dict[str, frozenset[str]]:
        """Who is joined, ourselves included, with devices that they have not signed, and the ids of those."""
        devices = self._devices.list_refused(room.joined)
        unsigned: dict[str, set[str]] = defaultdict(set)
        for device in devices:
            if device.verdict is Verdict.UNSIGNED_DEVICE:
                unsigned[device.user_id].add(device.device_id)
        return {user_id: frozenset(device_ids) for user_id, device_ids in unsigned.items()}

    async def mend(self, neighbours: Collection[str]) -> None:
        """Start new sessions with devices whose messages we could not read, so that their next ones can be (17).

        Only with neighbours, the people whom we share rooms with. A device that began a new session itself has lost the
        old one, and the room keys sent in it: it gets those in use again. Raises Unavailable or Rejected; what could
        not be done is done the next time.
        """
        self._give_again(self._machine.take_renewed())
        broken = {(user_id, key) for user_id, key in self._machine.take_broken() if user_id in neighbours}
        try:
            await self._devices.refresh({user_id for user_id, _ in broken})
            found = [self._devices.find_by_key(*each) for each in broken]
            # Whoever has no one-time key now is reported again with their next message that we cannot read.
            self._owed.update(await self._claim(device for device in found if device is not None and device.trusted))
        except BaseException:
            for user_id, key in broken:
                self._machine.mark_broken(user_id, key)
            raise
        for some in _split(list(self._owed)):
            await self._send(some, "m.dummy", {})
            self._owed.difference_update(some)
            self._machine.figures.sessions_mended += len(some)
            log.info("broken sessions mended", devices=len(some))

    def _give_again(self, renewed: Collection[tuple[str, str]]) -> None:
        for outbound in self._outbound.values():
            outbound.again |= {device for device in outbound.holders if (device.user_id, device.curve25519) in renewed}
        self._machine.figures.sessions_renewed += len(renewed)

    async def _share(self, room: Room, members: Collection[str]) -> Outbound:
        # Invited people are not readers: they get the key when they join (fault 13).
        readers = set(self._devices.list_trusted(members))
        outbound = self._outbound.get(room.room_id)
        if outbound is None or self._is_worn(outbound, room) or outbound.holders - readers:
            # Someone who holds the key is no longer a reader: left, removed by us a moment ago, signed out, or no
            # longer trusted. Compared here, nothing can be missed between a change and the next sync (fault 10).
            outbound = self._outbound[room.room_id] = Outbound()
            self._machine.add_own_session(room.room_id, outbound.session)
        missing = (readers - outbound.holders) | (readers & outbound.again)
        await self._claim(device for device in missing if not self._machine.has_session(device))
        reached = [device for device in missing if self._machine.has_session(device)]
        if len(reached) < len(missing):
            # Said, and tried again with a later message (fault 12).
            log.warning("devices without a session", room=room.room_id, devices=len(missing) - len(reached))
            self._machine.figures.devices_without_session += len(missing) - len(reached)
        key = _describe_key(room, outbound, outbound.session.session_key.to_base64())
        for some in _split(reached):
            await self._send(some, "m.room_key", key)
            outbound.holders.update(some)
            outbound.again.difference_update(some)
        await self._explain(room, members, outbound, missing - set(reached))
        return outbound

    async def _explain(
        self, room: Room, members: Collection[str], outbound: Outbound, unreached: Collection[Device]
    ) -> None:
        """Tell the devices that get no key why, once for each key. That this fails holds up nothing."""
        refused = [device for device in self._devices.list_refused(members) if device not in outbound.told]
        about = {"room_id": room.room_id, "session_id": outbound.session.session_id}
        telling: list[tuple[Device, Json]] = [
            *((device, {**about, "code": "m.unverified", "reason": UNVERIFIED}) for device in refused),
            # Not about one key: it asks them to begin a session.
            *((device, {"code": NO_OLM, "reason": UNREACHED}) for device in unreached if device not in outbound.told),
        ]
        # Whoever invents devices for people must not make us write without end.
        del telling[REFUSED_AT_ONCE:]
        messages = [(device.user_id, device.device_id, content) for device, content in telling]
        try:
            await tell_withheld(self._wire, self._machine, messages)
        except (Unavailable, Rejected) as error:
            log.warning("could not say that keys are withheld", error=str(error))
        else:
            outbound.told.update(device for device, _ in telling)
            self._machine.figures.keys_withheld += len(refused)

    def _is_worn(self, outbound: Outbound, room: Room) -> bool:
        """Whether the room's own rules ask for a new key (fault 11)."""
        age = time.monotonic() - outbound.made_at
        return outbound.messages >= room.key_messages or age >= room.key_period.total_seconds()

    async def _claim(self, devices: Iterable[Device]) -> list[Device]:
        """Start sessions with one-time keys; gives the devices with which it worked. Raises Unavailable."""
        async with self._claim_lock:
            now = time.monotonic()
            wanted = [device for device in devices if self._no_keys_until.get(device.curve25519, now) <= now]
            if not wanted:
                return []
            question: dict[str, dict[str, str]] = defaultdict(dict)
            for device in wanted:
                question[device.user_id][device.device_id] = ONE_TIME_KEY
            body = {"one_time_keys": question, "timeout": CLAIM_TIMEOUT_MS}
            answer = (await self._wire.ask("POST", "v3/keys/claim", body, largest=LARGEST_LIST)).get("one_time_keys")
            started: list[Device] = []
            for some in _split(wanted):
                started += self._start(some, answer if isinstance(answer, dict) else {}, now + CLAIM_AGAIN_AFTER)
                # Each commit waits for the disk: others get their turn in between (fault 21).
                await asyncio.sleep(0)
            return started

    def _start(self, wanted: Iterable[Device], answer: Json, again_at: float) -> list[Device]:
        started = []
        with self._machine.transaction():
            for device in wanted:
                user = answer.get(device.user_id)
                claimed = user.get(device.device_id) if isinstance(user, dict) else None
                if self._machine.start_session(device, claimed):
                    self._no_keys_until.pop(device.curve25519, None)
                    started.append(device)
                else:
                    self._no_keys_until[device.curve25519] = again_at
        return started

    async def _send(self, devices: Iterable[Device], kind: str, content: Json) -> None:
        """Send to devices, trying again under the same transaction id; a failure is never taken for success (7)."""
        messages: dict[str, dict[str, Json]] = defaultdict(dict)
        with self._machine.transaction():
            for device in devices:
                messages[device.user_id][device.device_id] = self._machine.write(device, kind, content)
        path = "v3/" + encode_path("sendToDevice", "m.room.encrypted", uuid.uuid4().hex)
        for attempt in range(TRIES):
            try:
                await self._wire.ask("PUT", path, {"messages": messages})
            except Unavailable as error:
                if attempt == TRIES - 1:
                    raise
                wait = 0.25 * 2**attempt if error.retry_after is None else error.retry_after
                await asyncio.sleep(min(wait, LONGEST_WAIT))
            else:
                return


def _describe_key(room: Room, outbound: Outbound, session_key: str) -> Json:
    session_id = outbound.session.session_id
    return {"algorithm": MEGOLM, "room_id": room.room_id, "session_id": session_id, "session_key": session_key}


def _split(devices: list[Device]) -> Iterator[list[Device]]:
    for start in range(0, len(devices), DEVICES_AT_ONCE):
        yield devices[start : start + DEVICES_AT_ONCE]
