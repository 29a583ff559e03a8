"""The bot's own key for boards: a page that was handed the public one by the bot itself believes nobody else."""

import base64
import hashlib
import json
import os
import zlib
from collections.abc import Mapping

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from storage import secret
from storage.store import Store

KEY = "board_signing"
PURPOSE = b"roundtable board\n"
"""Stands before what is signed, so that no other signature of the bot's passes for one of these."""
_SEED_BYTES = 32


def signing_key(store: Store) -> Ed25519PrivateKey:
    """The key of this account, made when it is first asked for; raises WrongKeyError."""
    seed = secret.read(store, KEY)
    if seed is None:
        seed = os.urandom(_SEED_BYTES)
        secret.keep(store, KEY, seed)
    return Ed25519PrivateKey.from_private_bytes(seed)


def public_key(store: Store) -> str:
    """What a page knows the bot by (32 bytes in base64)."""
    return _base64(signing_key(store).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))


def sign(board: Mapping[str, object], key: Ed25519PrivateKey) -> dict[str, str]:
    """A board as its message carries it: JSON, deflated (zlib) and signed, both in base64."""
    packed = zlib.compress(json.dumps(board, ensure_ascii=False, separators=(",", ":")).encode(errors="replace"), 9)
    return {"board": _base64(packed), "signature": _base64(key.sign(PURPOSE + packed))}


def digest(signed: Mapping[str, str]) -> str:
    """What the next one names as the one before: of the signature, which tells nobody else what was signed."""
    return hashlib.sha256(base64.b64decode(signed["signature"])).hexdigest()


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
