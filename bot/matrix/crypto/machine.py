# lines: the one module that touches nio's Olm machine, so that nothing it raises gets past
"""The only place that touches nio's Olm machine. What it raises on malformed input never leaves this module."""

import contextlib
import logging
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
import vodozemac

from bot.matrix.crypto.errors import StoreUnreadable
from bot.matrix.crypto.events import Ciphertext
from bot.matrix.crypto.figures import Figures
from bot.matrix.crypto.olm import DeviceStore, DummyEvent, Olm, OlmDevice, OutgoingKeyRequest, TrustState
from bot.matrix.crypto.parsing import parse
from bot.matrix.crypto.signing import decode_base64, is_signed
from bot.matrix.crypto.store import LockedStore
from bot.matrix.crypto.trust import Device, Verdict, is_key
from bot.matrix.crypto.wire import Json
from storage.identifiers import is_user_id, is_visible

OLM = "m.olm.v1.curve25519-aes-sha2"
MEGOLM = "m.megolm.v1.aes-sha2"
ONE_TIME_KEY = "signed_curve25519"
MEND_AGAIN_AFTER = timedelta(hours=1)
MOST_BROKEN = 1000
MOST_BEGUN, BEGUN_WITHIN_SECONDS = 100, 3600.0
"""So many sessions one person may begin with us in an hour: a few devices, each of which loses its own now and then."""

MOST_KEYS, MOST_KEYS_ELSEWHERE = 200, 20
"""Room keys kept of one person, in one room of ours, and in all others: the oldest go. A key is for a hundred messages
or a week; another room may be one that we are just asked into. Who reads old messages are others, not we."""

# nio's warnings quote events, and with them names and content.
logging.getLogger("nio").setLevel(logging.CRITICAL + 1)
log = structlog.get_logger(__name__)


@dataclass(frozen=True, repr=False)
class Opened:
    """What was inside a Megolm event, and the keys of the device that made the session."""

    type: str
    content: Mapping[str, Any]
    ciphertext: Ciphertext
    signing_key: str
    forwarded: bool


class TooManySessionsError(Exception):
    """One person began more sessions with us than their devices can need."""


class _Olm(Olm):
    """nio's Olm machine, where it forgets too much."""

    def __init__(self, store: LockedStore) -> None:
        super().__init__(store.user_id, store.device_id, store)
        self.broken: set[tuple[str, str]] = set()
        self.admits: Callable[[str, str], bool] = lambda _sender, _room_id: True
        self.is_ours: Callable[[str], bool] = lambda _room_id: False
        self._begun: Counter[str] = Counter()
        self._begun_since = time.monotonic()

    def _create_inbound_session(
        self, sender: str, sender_key: str, message: vodozemac.PreKeyMessage | vodozemac.AnyOlmMessage
    ) -> Any:  # noqa: ANN401 - nio's
        # Each is kept for good, and anybody on the homeserver can begin as many as they like, under invented keys.
        if time.monotonic() - self._begun_since >= BEGUN_WITHIN_SECONDS:
            self._begun.clear()
            self._begun_since = time.monotonic()
        self._begun[sender] += 1
        if self._begun[sender] > MOST_BEGUN:
            raise TooManySessionsError
        return super()._create_inbound_session(sender, sender_key, message)

    def _mark_device_for_unwedging(self, sender: str, sender_key: str) -> None:
        # nio drops it when it does not know the device, as at every start, and keeps it without end (fault 17).
        session = self.session_store.get(sender_key)
        # As nio: once an hour for each device, or whoever sends rubbish could have all our one-time keys claimed.
        recent = session is not None and datetime.now() - session.creation_time < MEND_AGAIN_AFTER  # noqa: DTZ005 - nio's
        if not recent and len(self.broken) < MOST_BROKEN:
            self.broken.add((sender, sender_key))

    def _handle_room_key_event(self, sender: str, sender_key: str, payload: Json) -> Any:  # noqa: ANN401 - nio's
        # Whoever is on the homeserver can send us keys, of any room, as many as they like; each would be kept for good.
        room_id = payload["content"].get("room_id")
        if not isinstance(room_id, str) or not self.admits(sender, room_id):
            log.warning("room key of a stranger", sender=sender)
            return None
        event = super()._handle_room_key_event(sender, sender_key, payload)
        session_id = getattr(event, "session_id", None)
        if isinstance(session_id, str) and self.inbound_group_store.get(room_id, sender_key, session_id):
            self._keep_some(sender, room_id, sender_key, session_id)
        return event

    def _keep_some(self, sender: str, room_id: str, sender_key: str, session_id: str) -> None:
        """Note whose key this is, and let their oldest ones go."""
        ours = self.is_ours(room_id) or self.account.identity_keys["curve25519"] in self.inbound_group_store[room_id]
        whose = (sender, room_id if ours else "")
        execute = self.store.database.execute_sql
        execute(
            "INSERT OR IGNORE INTO room_keys (user_id, place, room_id, sender_key, session_id) VALUES (?, ?, ?, ?, ?)",
            (*whose, room_id, sender_key, session_id),
        )
        surplus = execute(
            "SELECT number, room_id, sender_key, session_id FROM room_keys WHERE user_id = ? AND place = ?"
            " ORDER BY number DESC LIMIT -1 OFFSET ?",
            (*whose, MOST_KEYS if ours else MOST_KEYS_ELSEWHERE),
        ).fetchall()
        for number, of_room, of_key, old in surplus:
            by_key = self.inbound_group_store[of_room]
            by_key[of_key].pop(old, None)
            if not by_key[of_key]:
                del by_key[of_key]
            execute("DELETE FROM megolminboundsessions WHERE session_id = ?", (old,))
            execute("DELETE FROM room_keys WHERE number = ?", (number,))

    def create_group_session(
        self, sender_key: str, sender_fp_key: str, room_id: str, session_id: str, session_key: str
    ) -> None:
        # A key that is sent again starts at a later message: it must not replace the one that reads more.
        before = self.inbound_group_store.get(room_id, sender_key, session_id)
        super().create_group_session(sender_key, sender_fp_key, room_id, session_id, session_key)
        after = self.inbound_group_store.get(room_id, sender_key, session_id)
        if before is None or after is None or before is after or before.forwarding_chain:
            return
        if before.first_known_index <= after.first_known_index:
            self.inbound_group_store.add(before)
            self.save_inbound_group_session(before)


class Machine:
    """Our device's Olm account and all sessions, kept in the crypto store."""

    def __init__(self, store: LockedStore) -> None:
        """Load everything. Raises StoreUnreadable when the store's key is wrong or the store is corrupt."""
        self._store = store
        try:
            self._olm: Any = _Olm(store)
            self._store.database.execute_sql(
                "CREATE TABLE IF NOT EXISTS opened (sender_key TEXT, session_id TEXT, message_index INTEGER,"
                " event_id TEXT, PRIMARY KEY (sender_key, session_id, message_index)) WITHOUT ROWID"
            )
            self._store.database.execute_sql(
                "CREATE TABLE IF NOT EXISTS room_keys (number INTEGER PRIMARY KEY, user_id TEXT, place TEXT,"
                " room_id TEXT, sender_key TEXT, session_id TEXT, UNIQUE (user_id, place, session_id))"
            )
        except Exception as error:  # noqa: BLE001 - peewee, sqlite3, vodozemac, and nio each raise their own
            raise StoreUnreadable(
                f"the crypto store cannot be read: its key is wrong or it is corrupt ({type(error).__name__})"
            ) from None
        # Which devices there are is asked anew in each process; verdicts of an earlier one are not believed (fault 18).
        self._olm.device_store = DeviceStore()  # type: ignore[no-untyped-call]
        self.user_id: str = store.user_id
        self.device_id: str = store.device_id
        self.figures = Figures()
        self._renewed: set[tuple[str, str]] = set()
        self.identity_key: str = self._olm.account.identity_keys["curve25519"]
        self.signing_key: str = self._olm.account.identity_keys["ed25519"]

    def __repr__(self) -> str:
        return f"Machine({self.user_id}, {self.device_id})"

    def close(self) -> None:
        """Close the store."""
        self._store.database.close()

    def transaction(self) -> AbstractContextManager[object]:
        """Save what happens inside at once; nothing inside may await."""
        atomic: AbstractContextManager[object] = self._store.database.atomic()
        return atomic

    # Our own keys

    @property
    def announced(self) -> bool:
        """Whether the homeserver has our device's keys."""
        return bool(self._olm.account.shared)

    def sign(self, unsigned: Json) -> Json:
        """A copy of the object, signed by our device alone."""
        covered = {key: value for key, value in unsigned.items() if key != "signatures"}
        signature = self._olm.sign_json(covered)
        return {**covered, "signatures": {self.user_id: {f"ed25519:{self.device_id}": signature}}}

    def describe_device(self) -> Json:
        """Our device's public keys as they are uploaded, signed by the device."""
        return self.sign(
            {
                "user_id": self.user_id,
                "device_id": self.device_id,
                "algorithms": [OLM, MEGOLM],
                "keys": {
                    f"curve25519:{self.device_id}": self.identity_key,
                    f"ed25519:{self.device_id}": self.signing_key,
                },
            }
        )

    def prepare_upload(self, held: int, *, fallback: bool) -> Json | None:
        """The keys to upload when the homeserver holds this many one-time keys, or None when it has enough.

        Keys are saved before they are uploaded (fault 6), nought is a count like others (fault 4), and a fallback key
        keeps people able to reach us when one-time keys run out.
        """
        account = self._olm.account
        full = int(account.max_one_time_keys)
        if self.announced and held >= full // 2 and not fallback:
            return None
        waiting = len(account.one_time_keys["curve25519"])
        account.generate_one_time_keys(max(0, full - max(held, 0) - waiting))
        inner = account._account  # noqa: SLF001 - nio does not show the fallback key
        if fallback and not inner.fallback_key:
            inner.generate_fallback_key()
        self._olm.save_account()
        keys = account.one_time_keys["curve25519"].items()
        upload: Json = {
            "one_time_keys": {f"{ONE_TIME_KEY}:{key_id}": self.sign({"key": key}) for key_id, key in keys},
            "fallback_keys": {
                f"{ONE_TIME_KEY}:{key_id}": self.sign({"key": key.to_base64(), "fallback": True})
                for key_id, key in inner.fallback_key.items()
            },
        }
        return upload if self.announced else {**upload, "device_keys": self.describe_device()}

    def mark_uploaded(self) -> None:
        """The homeserver took what prepare_upload gave."""
        self._olm.account.mark_keys_as_published()
        self._olm.account.shared = True
        self._olm.save_account()

    # One device to another

    def know(self, user_id: str, devices: Iterable[Device]) -> None:
        """Take over a person's trusted devices: those of our own may hand us keys that we asked for."""
        known = self._olm.device_store[user_id]
        known.clear()
        for device in devices:
            keys = {"ed25519": device.ed25519, "curve25519": device.curve25519}
            known[device.device_id] = OlmDevice(user_id, device.device_id, keys, trust_state=TrustState.verified)

    def accept_keys(self, admits: Callable[[str, str], bool], is_ours: Callable[[str], bool]) -> None:
        """Keep only the room keys that are admitted (user id, room id); those of rooms of ours longer than others."""
        self._olm.admits, self._olm.is_ours = admits, is_ours

    def receive(self, raw: object) -> str | None:
        """Take in one to-device event; gives the id of the room session whose key it brought, if any.

        Whatever it holds, it raises nothing (fault 1).
        """
        sender, sender_key = None, None
        try:
            sender, sender_key, message = _read_olm(raw, self.identity_key)
            if message is None:
                return None
            event = self._olm.decrypt(sender, sender_key, message)
            session_id = getattr(event, "session_id", None)
        except TooManySessionsError:
            log.warning("sessions begun without end", sender=sender)
            self.figures.unreadable_to_device += 1
            return None
        except Exception as error:  # noqa: BLE001 - anyone who can send us a message chooses what is raised here
            log.warning("to-device event cannot be read", error=type(error).__name__)
            self.figures.unreadable_to_device += 1
            if sender is not None and sender_key is not None:
                self.mark_broken(sender, sender_key)
            return None
        if event is None:
            self.figures.unreadable_to_device += 1
        elif isinstance(event, DummyEvent) and len(self._renewed) < MOST_BROKEN:
            self._renewed.add((sender, sender_key))
        return session_id if isinstance(session_id, str) else None

    def mark_broken(self, user_id: str, identity_key: str) -> None:
        """The session with this device does not work; nothing happens if it was made within the last hour."""
        self._olm._mark_device_for_unwedging(user_id, identity_key)  # noqa: SLF001 - nio calls it too

    def take_broken(self) -> set[tuple[str, str]]:
        """User id and identity key of the devices whose sessions with us broke, each given once."""
        broken, self._olm.broken = self._olm.broken, set()
        return set(broken)

    def take_renewed(self) -> set[tuple[str, str]]:
        """User id and identity key of the devices that began a new session with us, each given once."""
        renewed, self._renewed = self._renewed, set()
        return renewed

    def expect_key(self, room_id: str, session_id: str, request_id: str) -> None:
        """Accept this room key from our own other devices, until it comes."""
        self._olm.outgoing_key_requests[session_id] = OutgoingKeyRequest(request_id, session_id, room_id, MEGOLM)

    def stop_expecting(self, session_id: str) -> None:
        """The key came, by whichever way."""
        self._olm.outgoing_key_requests.pop(session_id, None)
        # The cancellation that nio keeps for sending; ours goes to the devices that were asked.
        self._olm.outgoing_to_device_messages.clear()

    def has_session(self, device: Device) -> bool:
        """Whether we can write to this device."""
        return self._olm.session_store.get(device.curve25519) is not None

    def start_session(self, device: Device, claimed: object) -> bool:
        """Start a session with a claimed one-time key; whether the key was the device's own and could be used."""
        if not isinstance(claimed, dict) or not claimed:
            return False
        key = next(iter(claimed.values()))
        if not is_signed(key, device.user_id, f"ed25519:{device.device_id}", device.ed25519) or not is_key(key["key"]):
            return False
        try:
            self._olm.create_session(key["key"], device.curve25519)
        except ValueError:
            return False
        return True

    def write(self, device: Device, kind: str, content: Json) -> Json:
        """A message that only this device can read. It needs a session (has_session)."""
        session = self._olm.session_store.get(device.curve25519)
        written: Json = self._olm._olm_encrypt(session, device, kind, content)  # noqa: SLF001 - there is no other way
        return written

    # Rooms

    def add_own_session(self, room_id: str, session: vodozemac.GroupSession) -> None:
        """Keep a copy of a session that we send with, so that we can read our own messages."""
        self._olm.create_group_session(
            self.identity_key, self.signing_key, room_id, session.session_id, session.session_key.to_base64()
        )

    def open(self, room_id: str, raw: Mapping[str, Any], theirs: Collection[str]) -> Opened | Verdict:
        """Decrypt a room event, or say why not. {theirs} are the identity keys of the sender's devices.

        Sessions are found by their id alone: the event's own sender_key and device_id are deprecated (fault 22) and
        are the server's word. It raises nothing (fault 1).
        """
        content = raw["content"]
        session_id, ciphertext = content.get("session_id"), content.get("ciphertext")
        session = self._find_session(room_id, session_id, theirs)
        if session is None or content.get("algorithm") != MEGOLM:
            return Verdict.UNDECRYPTABLE
        try:
            plaintext, index = session.decrypt(ciphertext)
        except UnicodeDecodeError:
            return Verdict.BAD_EVENT
        except Exception as error:  # noqa: BLE001 - whoever holds the session chooses what is raised here
            log.warning("event cannot be decrypted", event_id=raw["event_id"], error=type(error).__name__)
            return Verdict.UNDECRYPTABLE
        # What we say ourselves is never acted on, however often it is shown: that is not worth a write.
        ciphertext = Ciphertext(session.sender_key, session.id, index)
        if raw["sender"] != self.user_id and not self._is_first(ciphertext, raw["event_id"]):
            return Verdict.REPLAYED
        try:
            inner = parse(plaintext.encode())
            fits = is_visible(inner["type"]) and isinstance(inner["content"], dict) and inner["room_id"] == room_id
        except (ValueError, KeyError, TypeError):
            fits = False
        if not fits:
            return Verdict.BAD_EVENT
        return Opened(inner["type"], inner["content"], ciphertext, session.ed25519, bool(session.forwarding_chain))

    def find_sender_key(self, room_id: str, session_id: object, theirs: Collection[str]) -> str | None:
        """The identity key of the device that made a session, as far as we have the session."""
        session = self._find_session(room_id, session_id, theirs)
        return None if session is None else str(session.sender_key)

    def _find_session(self, room_id: str, session_id: object, theirs: Collection[str]) -> Any:  # noqa: ANN401 - nio's
        if not isinstance(session_id, str):
            return None
        # Another member can send us a copy of a session under their own key: the sender's own goes first.
        by_sender = self._olm.inbound_group_store[room_id]
        makers = sorted(by_sender, key=lambda sender_key: sender_key not in theirs)
        return next((by_sender[maker][session_id] for maker in makers if session_id in by_sender[maker]), None)

    def _is_first(self, ciphertext: Ciphertext, event_id: str) -> bool:
        """Whether this message of the session was never seen as another event. Kept over restarts, unlike nio's."""
        database = self._store.database
        database.execute_sql("INSERT OR IGNORE INTO opened VALUES (?, ?, ?, ?)", (*ciphertext, event_id))
        row = database.execute_sql(
            "SELECT event_id FROM opened WHERE sender_key = ? AND session_id = ? AND message_index = ?", ciphertext
        ).fetchone()
        return bool(row[0] == event_id)


def _read_olm(raw: object, our_key: str) -> tuple[str, str, object | None]:
    """Sender, sender's key, and the message for us. Raises KeyError, TypeError, or ValueError when malformed."""
    if not isinstance(raw, dict) or raw.get("type") != "m.room.encrypted":
        return "", "", None
    content, sender = raw["content"], raw["sender"]
    sender_key = content["sender_key"]
    if content["algorithm"] != OLM or not is_user_id(sender) or not is_key(sender_key):
        raise ValueError("not an Olm message")
    part = content["ciphertext"][our_key]
    with contextlib.suppress(KeyError):
        body, kinds = part["body"], {0: vodozemac.PreKeyMessage.from_base64, 1: _read_normal}
        return sender, sender_key, kinds[part["type"]](body)
    raise ValueError("not a kind of Olm message")


def _read_normal(body: str) -> vodozemac.AnyOlmMessage:
    return vodozemac.AnyOlmMessage.normal(decode_base64(body))
