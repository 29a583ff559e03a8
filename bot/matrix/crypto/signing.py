"""Ed25519 signatures on JSON, as Matrix makes them (specification: appendices, Signing JSON)."""

import base64
import binascii
import hmac
import json
import os
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey


def encode_base64(data: bytes) -> str:
    """Unpadded base64, as Matrix writes keys and signatures."""
    return base64.b64encode(data).decode().rstrip("=")


def decode_base64(text: str) -> bytes:
    """Bytes of padded or unpadded base64. Raises ValueError when it is neither."""
    bare = text.rstrip("=")
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error


def encode_canonical(signed: dict[str, Any]) -> bytes:
    """The bytes that a signature of this object covers."""
    covered = {key: value for key, value in signed.items() if key not in {"signatures", "unsigned"}}
    return json.dumps(covered, ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False).encode()


def equals(left: str, right: str) -> bool:
    """Whether two keys are the same, in constant time."""
    return hmac.compare_digest(left.encode(), right.encode())


class SigningKey:
    """An Ed25519 key pair made from a seed of 32 bytes; never shows the seed."""

    def __init__(self, seed: bytes | None = None) -> None:
        self.seed = os.urandom(32) if seed is None else seed
        self._private = Ed25519PrivateKey.from_private_bytes(self.seed)
        self.public = encode_base64(self._private.public_key().public_bytes_raw())
        self.id = f"ed25519:{self.public}"

    def __repr__(self) -> str:
        return f"SigningKey({self.public})"

    def sign(self, unsigned: dict[str, Any], user_id: str) -> dict[str, Any]:
        """A copy of the object with our signature in the user's name added to those it has."""
        signatures = {user: dict(named) for user, named in unsigned.get("signatures", {}).items()}
        signatures.setdefault(user_id, {})[self.id] = encode_base64(self._private.sign(encode_canonical(unsigned)))
        return {**unsigned, "signatures": signatures}


def is_signed(signed: object, user_id: str, key_id: str, public: str) -> bool:
    """Whether the object carries a valid signature by this key; anything malformed is not signed."""
    if not isinstance(signed, dict):
        return False
    try:
        signature = decode_base64(signed["signatures"][user_id][key_id])
        Ed25519PublicKey.from_public_bytes(decode_base64(public)).verify(signature, encode_canonical(signed))
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError, InvalidSignature):
        return False
    return True
