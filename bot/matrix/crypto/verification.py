# lines: one protocol as a state machine, to be read beside the specification
"""Verification by emoji, started by a person against the bot, between devices or in a room (specification: SAS).

nio knows only the middle of it, and only between devices; here it is whole, on raw events. Nothing that the messages
say is believed: that both sides saw the same emoji is what proves it, and that an admin says, not the bot.
"""

import asyncio
import contextlib
import re
import uuid
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol, TypeGuard

import structlog

from bot.matrix.crypto.errors import NotTheSame, Rejected, Unavailable, VerificationFailed
from bot.matrix.crypto.events import VERIFICATION, Event, ToDevice
from bot.matrix.crypto.sas import METHOD, Comparison, Content, Exchange, Party
from bot.matrix.crypto.signing import SigningKey
from bot.matrix.crypto.trust import Device, Verdict
from bot.matrix.crypto.wire import encode_path

if TYPE_CHECKING:
    from bot.matrix.crypto.client import HardenedClient

TIMEOUT = timedelta(minutes=10)
FUTURE = timedelta(minutes=5)
TRIES = 4
WAIT = 0.25
LONGEST_ID = 255
_CODE = re.compile(r"[a-z][a-z0-9_.]{0,63}")
# Between devices these go unencrypted, and Element sends them so in rooms, too.
# Nothing of it is believed, so that whoever is held can prove in this way that a new identity is theirs.
_READABLE = frozenset({Verdict.TRUSTED, Verdict.PLAINTEXT, Verdict.IDENTITY_CHANGED})

log = structlog.get_logger(__name__)


class Stage(StrEnum):
    """How far a verification is, for those who are told."""

    COMPARING = "comparing"  # an admin must compare now, and confirm or deny
    PROVEN = "proven"  # they have another identity than the pinned one, and proved it: it is theirs
    DONE = "done"
    CANCELLED = "cancelled"


@dataclass(frozen=True, repr=False)
class Progress:
    """Something to tell. With DONE, signed says whether our identity now vouches for the person's.

    Identity is the public master key of a person who is held, with COMPARING and PROVEN.
    """

    user_id: str
    stage: Stage
    comparison: Comparison | None = None
    code: str | None = None
    signed: bool = False
    identity: str | None = None


class Identities(Protocol):
    """Lends the private key with which the bot vouches for other people.

    Secret storage opens with the recovery key only, which a running bot neither has nor should have. So the caller
    keeps the seed of this one key (Identity.seeds["user_signing"]) sealed with its own master key, from `roundtable
    init` on. With it one can vouch for people as the bot; not sign devices, not read anything. It is asked for once in
    each verification, after everything else succeeded, and not kept.
    """

    async def user_signing(self) -> SigningKey | None:
        """The user-signing key, or None: then people can verify the bot, and the bot vouches for nobody."""


class People(Protocol):
    """Who may verify the bot, and who may read our part of it."""

    async def is_known(self, user_id: str) -> bool:
        """Whether we answer this person at all."""

    async def audience(self, room_id: str) -> Collection[str] | None:
        """Whom a room is for, as HardenedClient.post takes it; None for whoever joined."""


@dataclass(repr=False)
class _Flow:
    """One verification under way."""

    them: Party
    transaction_id: str
    room_id: str | None
    began_at: datetime
    identity: str = ""
    """The public master key that is verified: what the person showed when it began."""
    held: bool = False
    """Whether that is another than the pinned one."""
    heard: dict[str, Content] = field(default_factory=dict)
    exchange: Exchange | None = None
    comparison: Comparison | None = None
    confirmed: bool = False
    proven: bool = False


class Verification:
    """Answers people who verify the bot, one verification at a time for each of them.

    What comes in by hear and hear_device raises nothing but TokenRevoked: a verification that cannot go on is
    cancelled. Nothing of it is stored; after a restart people begin again.
    """

    def __init__(
        self,
        client: "HardenedClient",
        people: People,
        identities: Identities,
        *,
        clock: Callable[[], datetime],
        tell: Callable[[Progress], Awaitable[None]],
    ) -> None:
        """Clock gives aware datetimes; tell is awaited at each stage."""
        self._client = client
        self._people = people
        self._identities = identities
        self._clock = clock
        self._tell = tell
        self._us = Party(client.user_id, client.device_id)
        self._flows: dict[str, _Flow] = {}
        self._lock = asyncio.Lock()

    # What people send

    async def hear_device(self, message: ToDevice) -> None:
        """Take in one message between devices, of Batch.to_device. Raises TokenRevoked."""
        transaction_id = message.content.get("transaction_id")
        if not _is_id(transaction_id) or message.sender == self._us.user_id:
            return
        kind = message.type.removeprefix(VERIFICATION)
        async with self._lock:
            if kind == "request":
                await self._take_request(message.sender, message.content, transaction_id, None)
            else:
                await self._take(message.sender, kind, message.content, transaction_id, None)

    async def hear(self, event: Event) -> bool:
        """Take in one event of a room; whether it was part of a verification. Raises TokenRevoked."""
        is_request = event.type == "m.room.message" and event.content.get("msgtype") == VERIFICATION + "request"
        if not is_request and not event.type.startswith(VERIFICATION):
            return False
        if event.verdict not in _READABLE:
            return True
        async with self._lock:
            if event.sender == self._us.user_id:
                self._step_aside(event)
            elif is_request and event.content.get("to") == self._us.user_id:
                at = {"timestamp": event.sent_at.timestamp() * 1000}
                await self._take_request(event.sender, {**event.content, **at}, event.event_id, event.room_id)
            elif not is_request and (asked := event.refers_to or event.outside.refers_to) is not None:
                # What the sender committed to has the relation, on whichever side of the encryption it came.
                relation = {"rel_type": "m.reference", "event_id": asked}
                content = {"m.relates_to": relation, **event.content}
                kind = event.type.removeprefix(VERIFICATION)
                await self._take(event.sender, kind, content, asked, event.room_id)
        return True

    # What the admin says

    def comparison(self, user_id: str) -> Comparison | None:
        """What an admin must compare with this person now, or None."""
        flow = self._flows.get(user_id)
        return None if flow is None or flow.confirmed else flow.comparison

    def emoji(self, user_id: str) -> tuple[tuple[str, str], ...] | None:
        """The seven emoji, with names, that this person must see too; None when there is nothing to compare."""
        comparison = self.comparison(user_id)
        return None if comparison is None else comparison.emoji

    async def confirm(self, user_id: str, compared: Comparison) -> None:
        """An admin saw the same as this person.

        What was compared is named, so that nobody can put another verification in place of it meanwhile: raises
        NotTheSame when it is not (any more) the one under way. Raises TokenRevoked.
        """
        async with self._lock:
            flow = self._flows.get(user_id)
            if flow is None or flow.exchange is None or flow.confirmed or flow.comparison != compared:
                raise NotTheSame(user_id)
            if self._is_overdue(flow):
                await self._cancel(flow, "m.timeout")
                raise NotTheSame(user_id)
            flow.confirmed = True
            try:
                ours = await self._client.pins.pinned(self._us.user_id)
                keys = _list_keys(self._us, self._client.machine.signing_key, ours)
                await self._answer(flow, "mac", flow.exchange.mac(keys))
            except VerificationFailed as problem:
                await self._cancel(flow, problem.code)
            await self._finish(flow)

    async def deny(self, user_id: str) -> None:
        """An admin saw something else than this person: cancel, and believe nothing. Raises TokenRevoked."""
        async with self._lock:
            flow = self._flows.get(user_id)
            if flow is not None:
                await self._cancel(flow, "m.mismatched_sas")

    async def cancel_overdue(self) -> None:
        """Cancel what has taken longer than TIMEOUT; call it every minute or so. Raises TokenRevoked."""
        async with self._lock:
            for flow in list(self._flows.values()):
                if self._is_overdue(flow):
                    await self._cancel(flow, "m.timeout")

    # One step after the other

    async def _take_request(self, sender: str, content: Content, transaction_id: str, room_id: str | None) -> None:
        device_id, methods = content.get("from_device"), content.get("methods")
        if not _is_id(device_id) or not self._is_fresh(content.get("timestamp")):
            return
        # Strangers learn nothing, not even that we are here.
        if not await self._people.is_known(sender):
            return
        before = self._flows.get(sender)
        if before is not None and before.transaction_id == transaction_id:
            return
        flow = _Flow(Party(sender, device_id), transaction_id, room_id, self._clock())
        if not isinstance(methods, list) or METHOD not in methods:
            await self._send(flow, "cancel", _describe_cancel("m.unknown_method"))
        elif before is not None and before.comparison is not None:
            # People are comparing: what they say must be about what they saw.
            await self._send(flow, "cancel", _describe_cancel("m.user"))
        elif not await self._find_identity(flow):
            log.info("verification refused", user_id=sender)
            await self._send(flow, "cancel", _describe_cancel("m.user"))
        else:
            if before is not None:
                await self._cancel(before, "m.user")
            self._flows[sender] = flow
            await self._answer(flow, "ready", {"from_device": self._us.device_id, "methods": [METHOD]})

    async def _take(self, sender: str, kind: str, content: Content, transaction_id: str, room_id: str | None) -> None:
        flow = self._flows.get(sender)
        if flow is None or (flow.transaction_id, flow.room_id) != (transaction_id, room_id):
            # Of an earlier process, or ended. In a room it may be another device's of ours.
            if room_id is None and kind in {"start", "key", "mac"} and await self._people.is_known(sender):
                stranger = _Flow(Party(sender, "*"), transaction_id, None, self._clock())
                await self._send(stranger, "cancel", _describe_cancel("m.unknown_transaction"))
            return
        try:
            if flow.heard.get(kind) == content:
                # The same sync can come twice.
                return
        except RecursionError:
            await self._cancel(flow, "m.invalid_message")
            return
        steps = {"start": self._take_start, "key": self._take_key, "mac": self._take_mac}
        if kind == "cancel":
            await self._end(flow, _read_code(content.get("code")))
        elif kind in flow.heard:
            await self._cancel(flow, "m.unexpected_message")
        elif kind in steps:
            flow.heard[kind] = content
            try:
                await steps[kind](flow, content)
            except VerificationFailed as problem:
                await self._cancel(flow, problem.code)

    async def _take_start(self, flow: _Flow, content: Content) -> None:
        if content.get("from_device") != flow.them.device_id:
            raise VerificationFailed("m.user_mismatch")
        flow.exchange = Exchange(flow.transaction_id, self._us, flow.them)
        await self._answer(flow, "accept", flow.exchange.accept(content))

    async def _take_key(self, flow: _Flow, content: Content) -> None:
        if flow.exchange is None:
            raise VerificationFailed("m.unexpected_message")
        flow.comparison = flow.exchange.agree(content.get("key"))
        if await self._answer(flow, "key", {"key": flow.exchange.public}):
            held = flow.identity if flow.held else None
            await self._tell(Progress(flow.them.user_id, Stage.COMPARING, flow.comparison, identity=held))

    async def _take_mac(self, flow: _Flow, content: Content) -> None:
        if flow.exchange is None or flow.comparison is None:
            raise VerificationFailed("m.unexpected_message")
        device = self._client.devices.find(flow.them.user_id, flow.them.device_id)
        if device is None or await self._shown_by(device) != flow.identity:
            raise VerificationFailed("m.key_mismatch")
        known = _list_keys(flow.them, device.ed25519, flow.identity)
        # The identity is what we vouch for: without it there is nothing to gain.
        if not flow.exchange.prove(content, known) >= known.keys():
            raise VerificationFailed("m.key_mismatch")
        flow.proven = True
        await self._finish(flow)

    async def _finish(self, flow: _Flow) -> None:
        user_id = flow.them.user_id
        if not (flow.confirmed and flow.proven) or self._flows.get(user_id) is not flow:
            return
        if await self._answer(flow, "done", {}):
            del self._flows[user_id]
            if flow.held:
                await self._tell(Progress(user_id, Stage.PROVEN, identity=flow.identity))
            signed = await self._vouch_for(user_id, flow.identity)
            log.info("verified", user_id=user_id, signed=signed)
            await self._tell(Progress(user_id, Stage.DONE, signed=signed))

    async def _vouch_for(self, user_id: str, master: str) -> bool:
        """Sign a person's identity with ours; whether the homeserver took it."""
        key = await self._identities.user_signing()
        if key is None:
            return False
        identity = {"user_id": user_id, "usage": ["master"], "keys": {f"ed25519:{master}": master}}
        upload = {user_id: {master: key.sign(identity, self._us.user_id)}}
        try:
            answer = await _insist(lambda: self._client.wire.ask("POST", "v3/keys/signatures/upload", upload))
        except (Unavailable, Rejected) as error:
            log.warning("identity not signed", user_id=user_id, error=str(error))
            return False
        return not answer.get("failures")

    def _step_aside(self, event: Event) -> None:
        """Another device of ours, an Element that is signed in as the bot, took it over."""
        if event.type == VERIFICATION + "ready" and event.content.get("from_device") != self._us.device_id:
            for user_id, flow in list(self._flows.items()):
                if (flow.transaction_id, flow.room_id) == (event.refers_to, event.room_id) and not flow.heard:
                    del self._flows[user_id]

    # What we send

    async def _answer(self, flow: _Flow, kind: str, content: Content) -> bool:
        """Send the next message; if it cannot be sent the verification ends. Whether it goes on."""
        if await self._send(flow, kind, content):
            return True
        await self._end(flow, "m.timeout")
        return False

    async def _cancel(self, flow: _Flow, code: str) -> None:
        await self._send(flow, "cancel", _describe_cancel(code))
        await self._end(flow, code)

    async def _end(self, flow: _Flow, code: str) -> None:
        if self._flows.get(flow.them.user_id) is flow:
            del self._flows[flow.them.user_id]
            log.info("verification cancelled", user_id=flow.them.user_id, code=code)
            await self._tell(Progress(flow.them.user_id, Stage.CANCELLED, code=code))

    async def _send(self, flow: _Flow, kind: str, content: Content) -> bool:
        txn_id = uuid.uuid4().hex
        kind = VERIFICATION + kind
        try:
            if flow.room_id is None:
                them = flow.them
                body = {
                    "messages": {them.user_id: {them.device_id: {**content, "transaction_id": flow.transaction_id}}}
                }
                path = "v3/" + encode_path("sendToDevice", kind, txn_id)
                await _insist(lambda: self._client.wire.ask("PUT", path, body))
            elif flow.held:
                # Their devices get no key of ours. Nothing in it is secret: public keys, and proofs of them.
                relation = {"rel_type": "m.reference", "event_id": flow.transaction_id}
                path = "v3/" + encode_path("rooms", flow.room_id, "send", kind, txn_id)
                await _insist(lambda: self._client.wire.ask("PUT", path, {**content, "m.relates_to": relation}))
            else:
                room_id = flow.room_id
                relation = {"rel_type": "m.reference", "event_id": flow.transaction_id}
                readers = await self._people.audience(room_id)
                related = {**content, "m.relates_to": relation}
                await _insist(lambda: self._client.post(room_id, related, txn_id=txn_id, type=kind, only_for=readers))
        except (Unavailable, Rejected) as error:
            log.warning("verification not answered", user_id=flow.them.user_id, error=str(error))
            return False
        return True

    # What we know

    async def _find_identity(self, flow: _Flow) -> bool:
        """Note which identity is verified; False: the device is none that could be believed when that is proven."""
        party = flow.them
        with contextlib.suppress(Unavailable, Rejected):
            await self._client.devices.refresh({party.user_id})
            if self._client.devices.find(party.user_id, party.device_id) is None:
                # Newer than what we know.
                self._client.devices.mark_outdated({party.user_id})
                await self._client.devices.refresh({party.user_id})
        device = self._client.devices.find(party.user_id, party.device_id)
        flow.identity = (await self._shown_by(device) or "") if device else ""
        flow.held = device is not None and not device.trusted
        return bool(flow.identity)

    async def _shown_by(self, device: Device) -> str | None:
        """The identity behind a device: the pinned one of a trusted device, the one that is offered of a held one."""
        if device.trusted:
            return await self._client.pins.pinned(device.user_id)
        held = device.verdict is Verdict.IDENTITY_CHANGED
        return self._client.devices.offered_identity(device.user_id) if held else None

    def _is_overdue(self, flow: _Flow) -> bool:
        return self._clock() - flow.began_at >= TIMEOUT

    def _is_fresh(self, milliseconds: object) -> bool:
        if not isinstance(milliseconds, int | float):
            return False
        # Compared, not calculated with: the sender may have chosen a number that no date has.
        now = self._clock().timestamp() * 1000
        oldest, newest = now - TIMEOUT.total_seconds() * 1000, now + FUTURE.total_seconds() * 1000
        return oldest < milliseconds < newest


def _list_keys(party: Party, signing_key: str, master: str | None) -> dict[str, str]:
    """The public keys that stand for one side, by key id: its device's, and its owner's identity."""
    if master is None:
        raise VerificationFailed("m.key_mismatch")
    return {f"ed25519:{party.device_id}": signing_key, f"ed25519:{master}": master}


async def _insist(send: Callable[[], Awaitable[Any]]) -> Any:  # noqa: ANN401 - whatever it gives
    """Try again while the homeserver is away, but not for long: the person is waiting, and so is our sync."""
    for attempt in range(TRIES):
        try:
            return await send()
        except Unavailable:
            if attempt == TRIES - 1:
                raise
            await asyncio.sleep(WAIT * 2**attempt)
    raise AssertionError("unreachable")


def _describe_cancel(code: str) -> Mapping[str, object]:
    return {"code": code, "reason": code}


def _is_id(text: object) -> TypeGuard[str]:
    # Printable: JSON can hold halves of characters, which no other library takes.
    return isinstance(text, str) and 0 < len(text) <= LONGEST_ID and text.isprintable()


def _read_code(code: object) -> str:
    return code if isinstance(code, str) and _CODE.fullmatch(code) else "m.user"
