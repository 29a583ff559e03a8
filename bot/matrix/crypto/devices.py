"""Which devices people have, asked from the homeserver and judged; the answer lives in memory only."""

import asyncio
import time
from collections.abc import Iterable

import structlog

from bot.matrix.crypto.errors import TooLarge
from bot.matrix.crypto.machine import Machine, Opened
from bot.matrix.crypto.signing import equals
from bot.matrix.crypto.trust import Device, Pins, Signers, Verdict, judge_devices, judge_identity
from bot.matrix.crypto.wire import LARGEST_LIST, Wire

QUERY_TIMEOUT_MS = 10_000
ASK_AGAIN_AFTER = 60.0

log = structlog.get_logger(__name__)


class Devices:
    """The devices of the people we share rooms with."""

    def __init__(self, wire: Wire, machine: Machine, pins: Pins) -> None:
        self._wire = wire
        self._machine = machine
        self._pins = pins
        self._devices: dict[str, dict[str, Device]] = {}
        self._signers: dict[str, Signers] = {}
        self._outdated: set[str] = set()
        self._silent_until: dict[str, float] = {}
        self._lock = asyncio.Lock()

    def mark_outdated(self, users: Iterable[str]) -> None:
        """These people's devices changed: ask again before we next need them."""
        users = set(users)
        self._outdated |= users
        for user_id in users:
            self._silent_until.pop(user_id, None)

    def forget(self, users: Iterable[str]) -> None:
        """We share no room with these people any more, so nobody tells us of changes."""
        for user_id in users:
            self._devices.pop(user_id, None)
            self._signers.pop(user_id, None)
            self._machine.know(user_id, ())

    async def refresh(self, users: Iterable[str]) -> None:
        """Ask for the devices of these people, as far as we don't know them or they changed. Raises Unavailable."""
        async with self._lock:
            now = time.monotonic()
            asked = {
                user_id
                for user_id in users
                if (user_id not in self._devices or user_id in self._outdated)
                and self._silent_until.get(user_id, now) <= now
            }
            if not asked:
                return
            # Before asking, not after: who changes while the question is under way is asked again (fault 19).
            self._outdated -= asked
            try:
                await self._ask(sorted(asked))
            except BaseException:
                self._outdated |= asked
                raise

    async def _ask(self, users: list[str]) -> None:
        """Ask for the devices of these people; whoever has more of them than can be read keeps nobody else from it."""
        question = {"device_keys": {user_id: [] for user_id in users}, "timeout": QUERY_TIMEOUT_MS}
        try:
            answer = await self._wire.ask("POST", "v3/keys/query", question, largest=LARGEST_LIST)
        except TooLarge:
            half = len(users) // 2
            if half:
                await self._ask(users[:half])
                await self._ask(users[half:])
                return
            log.warning("devices without end", user=users[0])
            answer = {}
        answered = answer.get("device_keys")
        for user_id in users:
            # Checking signatures takes its time: others get their turn in between (fault 21).
            await asyncio.sleep(0)
            if isinstance(answered, dict) and user_id in answered:
                await self._take(answer, user_id)
            else:
                # Their homeserver is away. What we knew stays, and we don't wait for it at every message.
                self._outdated.add(user_id)
                self._silent_until[user_id] = time.monotonic() + ASK_AGAIN_AFTER

    async def _take(self, answer: dict[str, object], user_id: str) -> None:
        pinned = await self._pins.pinned(user_id)
        signers = judge_identity(answer, user_id, pinned)
        if pinned is None and signers.verdict is Verdict.TRUSTED and signers.master is not None:
            await self._pins.pin(user_id, signers.master)
        elif signers.verdict is Verdict.IDENTITY_CHANGED:
            log.warning("identity changed", user=user_id)
        if pinned is not None:
            changed = signers.verdict is Verdict.IDENTITY_CHANGED
            await self._pins.offer(user_id, signers.master if changed else None)
        devices = judge_devices(answer, user_id, signers)
        before = self._devices.get(user_id, {})
        for device_id, device in devices.items():
            old = before.get(device_id)
            # A device never changes its keys; only the server gains if we believe that it did.
            if old is not None and not equals(old.ed25519 + old.curve25519, device.ed25519 + device.curve25519):
                devices[device_id] = Device(user_id, device_id, device.ed25519, device.curve25519, Verdict.BAD_DEVICE)
        self._signers[user_id], self._devices[user_id] = signers, devices
        self._machine.know(user_id, (device for device in devices.values() if device.trusted))

    def offered_identity(self, user_id: str) -> str | None:
        """The master key that a person shows now although another is pinned: what an admin may approve, by pinning."""
        signers = self._signers.get(user_id)
        return signers.master if signers is not None and signers.verdict is Verdict.IDENTITY_CHANGED else None

    def list_held(self) -> set[str]:
        """The people who showed another identity than the pinned one when they were last asked for."""
        return {user_id for user_id in self._signers if self.offered_identity(user_id) is not None}

    def find(self, user_id: str, device_id: str) -> Device | None:
        """A device by its id."""
        return self._devices.get(user_id, {}).get(device_id)

    def find_by_key(self, user_id: str, curve25519: str) -> Device | None:
        """A device by its identity key."""
        devices = self._devices.get(user_id, {}).values()
        return next((device for device in devices if equals(device.curve25519, curve25519)), None)

    def list_keys(self, user_id: str) -> set[str]:
        """The identity keys of all devices of a person."""
        return {device.curve25519 for device in self._devices.get(user_id, {}).values()}

    def list_trusted(self, users: Iterable[str]) -> list[Device]:
        """The devices that may have room keys, our own device aside."""
        return [
            device
            for user_id in users
            for device in self._devices.get(user_id, {}).values()
            if device.trusted and not self._is_ours(user_id, device.curve25519)
        ]

    def list_refused(self, users: Iterable[str]) -> list[Device]:
        """The devices that may not have room keys."""
        return [device for user_id in users for device in self._devices.get(user_id, {}).values() if not device.trusted]

    def judge(self, sender: str, opened: Opened) -> Verdict:
        """Whether the session of an event belongs to a trusted device of its sender.

        Asked when the event is handled, from the keys of the session itself: nio decides it at decryption, before the
        devices of a newcomer are known, and believes the event's own claims.
        """
        if self._is_ours(sender, opened.ciphertext.sender_key) and equals(
            opened.signing_key, self._machine.signing_key
        ):
            return Verdict.TRUSTED
        if opened.forwarded:
            return Verdict.FORWARDED_KEY
        for device in self._devices.get(sender, {}).values():
            if equals(device.curve25519, opened.ciphertext.sender_key):
                return device.verdict if equals(device.ed25519, opened.signing_key) else Verdict.BAD_DEVICE
        return Verdict.UNKNOWN_DEVICE

    def explain_unreachable(self, user_id: str) -> Verdict | None:
        """Why no device of a person may have room keys, or None if one may."""
        verdicts = {device.verdict for device in self._devices.get(user_id, {}).values()}
        if Verdict.TRUSTED in verdicts:
            return None
        signers = self._signers.get(user_id)
        if signers is not None and signers.verdict is not Verdict.TRUSTED:
            return signers.verdict
        return Verdict.UNSIGNED_DEVICE if Verdict.UNSIGNED_DEVICE in verdicts else Verdict.UNKNOWN_DEVICE

    def explain_doubt(self, user_id: str) -> Verdict | None:
        """What speaks against an account, for what no device signs; None: its identity and all its devices are known.

        Whoever has the password can sign in, but not sign the new device.
        """
        signers = self._signers.get(user_id)
        if signers is None:
            return Verdict.NO_IDENTITY
        if signers.verdict is not Verdict.TRUSTED:
            return signers.verdict
        return next((device.verdict for device in self.list_refused([user_id])), None)

    def _is_ours(self, user_id: str, curve25519: str) -> bool:
        return user_id == self._machine.user_id and equals(curve25519, self._machine.identity_key)
