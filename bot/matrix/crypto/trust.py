"""Whose device is this? Trusted means: signed by its owner's identity, and that identity pinned on first use.

Only the raw answer of /keys/query is read here: nio's parsed one drops the identities.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bot.matrix.crypto.signing import decode_base64, equals, is_signed
from bot.matrix.crypto.wire import Json
from storage.identifiers import is_device_id

KEY_LENGTH = 32


class Verdict(StrEnum):
    """What we think of the origin of an event, or of a device."""

    TRUSTED = "trusted"  # by a device that its owner's pinned identity signed
    PLAINTEXT = "plaintext"  # anyone, the server included, can have written it
    UNDECRYPTABLE = "undecryptable"  # its key is not here (yet)
    NO_IDENTITY = "no_identity"  # the sender has no cross-signing
    IDENTITY_CHANGED = "identity_changed"  # another identity than the pinned one: an admin must approve it
    BAD_IDENTITY = "bad_identity"  # an identity whose own signatures are wrong
    UNSIGNED_DEVICE = "unsigned_device"  # a real device, not (yet) signed by its owner
    UNKNOWN_DEVICE = "unknown_device"  # no device of the sender has these keys: relabelled, or signed out since
    BAD_DEVICE = "bad_device"  # a device whose own signature or form is wrong
    FORWARDED_KEY = "forwarded_key"  # its key came by a path that says nothing of who made it
    REPLAYED = "replayed"  # the same ciphertext was already seen as another event
    BAD_EVENT = "bad_event"  # decrypted, but not an event for this room
    NO_SESSION = "no_session"  # a trusted device that has no one-time key left, so that we cannot reach it


class Pins(Protocol):
    """Which identity each person had when we first met them. The bot keeps it in its database."""

    async def pinned(self, user_id: str) -> str | None:
        """The public master key pinned for this user, or None."""

    async def pin(self, user_id: str, master_key: str) -> None:
        """Pin this public master key, in place of any other."""

    async def offer(self, user_id: str, master_key: str | None) -> None:
        """This user shows this other master key now, which an admin may approve; None: the pinned one."""


class MemoryPins:
    """Pins for as long as the process lives: for tests and for the members of the demo."""

    def __init__(self) -> None:
        self._pins: dict[str, str] = {}

    async def pinned(self, user_id: str) -> str | None:
        """The public master key pinned for this user, or None."""
        return self._pins.get(user_id)

    async def pin(self, user_id: str, master_key: str) -> None:
        """Pin this public master key, in place of any other."""
        self._pins[user_id] = master_key

    async def offer(self, user_id: str, master_key: str | None) -> None:
        """Nobody approves anything here."""


@dataclass(frozen=True, repr=False)
class Device:
    """One device of a person, and what we think of it. Attributes are named as nio expects them for Olm."""

    user_id: str
    device_id: str
    ed25519: str
    curve25519: str
    verdict: Verdict

    @property
    def trusted(self) -> bool:
        """Whether it may command and receive room keys."""
        return self.verdict is Verdict.TRUSTED


@dataclass(frozen=True, repr=False)
class Signers:
    """The public keys of a person's identity, checked; or the verdict why there are none."""

    verdict: Verdict
    master: str | None = None
    self_signing: str | None = None


def judge_identity(answer: Json, user_id: str, pinned: str | None) -> Signers:
    """Check a person's identity in a raw answer of /keys/query against the pinned master key."""
    master, self_signing = _pick(answer, "master_keys", user_id), _pick(answer, "self_signing_keys", user_id)
    if master is None or self_signing is None:
        # Whoever once had an identity does not become a person without one.
        return Signers(Verdict.NO_IDENTITY if pinned is None else Verdict.IDENTITY_CHANGED)
    master_key = _read_signer(master, user_id, "master")
    self_signing_key = _read_signer(self_signing, user_id, "self_signing")
    if master_key is None or self_signing_key is None:
        return Signers(Verdict.BAD_IDENTITY)
    if not is_signed(self_signing, user_id, f"ed25519:{master_key}", master_key):
        return Signers(Verdict.BAD_IDENTITY)
    if pinned is not None and not equals(pinned, master_key):
        return Signers(Verdict.IDENTITY_CHANGED, master_key)
    return Signers(Verdict.TRUSTED, master_key, self_signing_key)


def judge_devices(answer: Json, user_id: str, signers: Signers) -> dict[str, Device]:
    """Each device of a person in a raw answer of /keys/query, by device id. What cannot be a device is left out."""
    described = _pick(answer, "device_keys", user_id) or {}
    devices = (_judge_device(keys, user_id, device_id, signers) for device_id, keys in described.items())
    return {device.device_id: device for device in devices if device is not None}


def is_key(text: object) -> bool:
    """Whether this is a public key: 32 bytes in base64."""
    try:
        return isinstance(text, str) and len(decode_base64(text)) == KEY_LENGTH
    except ValueError:
        return False


def _judge_device(described: object, user_id: str, device_id: str, signers: Signers) -> Device | None:
    if not isinstance(described, dict) or not isinstance(described.get("keys"), dict) or not is_device_id(device_id):
        return None
    signing, identity = described["keys"].get(f"ed25519:{device_id}"), described["keys"].get(f"curve25519:{device_id}")
    if not isinstance(signing, str) or not isinstance(identity, str) or not is_key(signing) or not is_key(identity):
        return None
    named = described.get("user_id") == user_id and described.get("device_id") == device_id
    if not named or not is_signed(described, user_id, f"ed25519:{device_id}", signing):
        verdict = Verdict.BAD_DEVICE
    elif signers.self_signing is None:
        verdict = signers.verdict
    elif is_signed(described, user_id, f"ed25519:{signers.self_signing}", signers.self_signing):
        verdict = Verdict.TRUSTED
    else:
        verdict = Verdict.UNSIGNED_DEVICE
    return Device(user_id, device_id, signing, identity, verdict)


def _pick(answer: Json, group: str, user_id: str) -> Json | None:
    users = answer.get(group)
    found = users.get(user_id) if isinstance(users, dict) else None
    return found if isinstance(found, dict) else None


def _read_signer(described: Json, user_id: str, usage: str) -> str | None:
    keys, usages = described.get("keys"), described.get("usage")
    if described.get("user_id") != user_id or not isinstance(usages, list) or usage not in usages:
        return None
    if not isinstance(keys, dict) or len(keys) != 1:
        return None
    ((key_id, key),) = keys.items()
    return key if is_key(key) and key_id == f"ed25519:{key}" else None
