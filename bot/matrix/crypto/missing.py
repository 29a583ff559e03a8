"""Room keys that did not come: why not, as their owners say, and asking for them where that is allowed.

Specification: End-to-end encryption, Key requests, and Reporting that decryption keys are withheld.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterable
from typing import TypeVar

import structlog

from bot.matrix.crypto.devices import Devices
from bot.matrix.crypto.machine import MEGOLM, Machine
from bot.matrix.crypto.trust import is_key
from bot.matrix.crypto.wire import Json, Wire, encode_path
from storage.identifiers import is_room_id, is_user_id, is_visible

WITHHELD = "m.room_key.withheld"
NO_OLM = "m.no_olm"
CODES = frozenset({"m.blacklisted", "m.unverified", "m.unauthorised", "m.unavailable", NO_OLM})
MOST_KEPT = 1000
MOST_ASKED_AT_ONCE = 50

K = TypeVar("K")

log = structlog.get_logger(__name__)


class MissingKeys:
    """Keys that we lack. In memory only: what is still missing after a restart is noticed again when it is read.

    We ask our own other devices, and only those: no other person's client answers (it would hand keys to whoever can
    ask), and a key from another path says nothing of who wrote with it. So an event that is read with a key that we
    were handed keeps the verdict FORWARDED_KEY. We answer nobody's requests.
    """

    def __init__(self, wire: Wire, machine: Machine, devices: Devices) -> None:
        self._wire = wire
        self._machine = machine
        self._devices = devices
        self._withheld: dict[tuple[str, str, str], str] = {}
        self._wanted: dict[str, str] = {}
        self._asked: dict[str, str] = {}

    def take(self, raw: object) -> None:
        """Take in one to-device event, if it says why a key is withheld. Anyone can say so: it only explains."""
        if not isinstance(raw, dict) or raw.get("type") != WITHHELD:
            return
        content, sender = raw.get("content"), raw.get("sender")
        if not isinstance(content, dict) or not is_user_id(sender):
            return
        code, sender_key = content.get("code"), content.get("sender_key")
        if code == NO_OLM and isinstance(sender_key, str) and is_key(sender_key):
            # They could not begin a session with us: we begin one with them.
            self._machine.mark_broken(sender, sender_key)
        room_id, session_id = content.get("room_id"), content.get("session_id")
        if isinstance(code, str) and code in CODES and is_room_id(room_id) and is_visible(session_id):
            _keep(self._withheld, (sender, room_id, session_id), code)

    def explain(self, sender: str, room_id: str, session_id: str) -> str | None:
        """The code with which the sender of an event withheld its key from us, or None."""
        return self._withheld.get((sender, room_id, session_id))

    def want(self, room_id: str, session_id: str) -> None:
        """An event cannot be read without this key: ask for it, once."""
        if session_id not in self._asked:
            _keep(self._wanted, session_id, room_id)

    async def ask(self) -> None:
        """Ask our other devices for what is wanted. Raises Unavailable or Rejected; then it is asked the next time."""
        if not self._wanted:
            return
        await self._devices.refresh([self._machine.user_id])
        ours = [device.device_id for device in self._devices.list_trusted([self._machine.user_id])]
        if not ours:
            # Wanted on: another device of ours may come.
            return
        for session_id, room_id in list(self._wanted.items())[:MOST_ASKED_AT_ONCE]:
            request_id = uuid.uuid4().hex
            self._machine.expect_key(room_id, session_id, request_id)
            body = {"algorithm": MEGOLM, "room_id": room_id, "session_id": session_id}
            await self._send(ours, {**self._sign(request_id), "action": "request", "body": body})
            del self._wanted[session_id]
            for given_up in _keep(self._asked, session_id, request_id):
                self._machine.stop_expecting(given_up)
            self._machine.figures.keys_asked_for += 1

    async def settle(self, unlocked: Iterable[str]) -> None:
        """These keys came: take back what we asked for. Raises Unavailable or Rejected."""
        for session_id in unlocked:
            self._wanted.pop(session_id, None)
            self._machine.stop_expecting(session_id)
            request_id = self._asked.pop(session_id, None)
            if request_id is not None:
                ours = [device.device_id for device in self._devices.list_trusted([self._machine.user_id])]
                await self._send(ours, {**self._sign(request_id), "action": "request_cancellation"})

    def _sign(self, request_id: str) -> Json:
        return {"request_id": request_id, "requesting_device_id": self._machine.device_id}

    async def _send(self, device_ids: Iterable[str], content: Json) -> None:
        path = "v3/" + encode_path("sendToDevice", "m.room_key_request", uuid.uuid4().hex)
        messages = {self._machine.user_id: dict.fromkeys(device_ids, content)}
        await self._wire.ask("PUT", path, {"messages": messages})


async def tell_withheld(wire: Wire, machine: Machine, withheld: Iterable[tuple[str, str, Json]]) -> None:
    """Tell devices (user id, device id, what is withheld) why they get no key. Raises Unavailable or Rejected."""
    messages: dict[str, dict[str, Json]] = defaultdict(dict)
    for user_id, device_id, content in withheld:
        messages[user_id][device_id] = {"algorithm": MEGOLM, "sender_key": machine.identity_key, **content}
    if messages:
        path = "v3/" + encode_path("sendToDevice", WITHHELD, uuid.uuid4().hex)
        await wire.ask("PUT", path, {"messages": messages})


def _keep(known: dict[K, str], key: K, value: str) -> list[K]:
    """Keep something; gives the oldest ones, which go: whoever can write to us must not fill our memory."""
    known[key] = value
    oldest = list(known)[:-MOST_KEPT]
    for each in oldest:
        del known[each]
    return oldest
