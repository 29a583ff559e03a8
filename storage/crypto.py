"""Sealed content: each case has its own key, wrapped by a master key that lives outside the database.

AES-256-GCM. The additional data binds what is sealed to its case, table, column and row, so that a value copied
elsewhere does not open. Destroying a case's wrapped key makes every copy of its content unreadable, backups too.
"""

import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

HOUSE = "house"
"""The scope of what belongs to no case, such as an answer in the coordination room."""
KEY_BYTES = 32
_NONCE_BYTES = 12
_VERSION = b"\x01"


class WrongKeyError(Exception):
    """The master key does not open this database, or a sealed value was tampered with."""


class Keyring:
    """The master key, and the case keys that it has unwrapped. Never shows a key."""

    def __init__(self, master: bytes) -> None:
        if len(master) != KEY_BYTES:
            raise WrongKeyError("the master key must be 32 bytes long")
        self._master = AESGCM(_derive(master, b"wrap case keys"))
        self._audit = _derive(master, b"sign the audit log")
        self._keys: dict[str, bytes] = {}
        """As bytes: a cipher is made in a microsecond, and holds 2 KiB."""

    def __repr__(self) -> str:
        return f"<Keyring of {len(self._keys)} keys>"

    def make(self, scope: str) -> bytes:
        """Make a key for a case and return it wrapped, for the database to keep."""
        key = AESGCM.generate_key(KEY_BYTES * 8)
        self._keys[scope] = key
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._master.encrypt(nonce, key, scope.encode())

    def drop(self, scope: str) -> None:
        """Forget a key that no database keeps after all."""
        self._keys.pop(scope, None)

    def unwrap(self, scope: str, wrapped: bytes) -> None:
        """Take a case's key up; raises WrongKeyError."""
        try:
            self._keys[scope] = self._master.decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], scope.encode())
        except InvalidTag:
            raise WrongKeyError("the master key does not open this database: bring its own master key back") from None

    def knows(self, scope: str) -> bool:
        """Whether this case's key has been taken up."""
        return scope in self._keys

    def seal(self, text: str, *, scope: str, place: str, row: str) -> bytes:
        """Seal text for one row of one column (``place``: table and column)."""
        nonce = os.urandom(_NONCE_BYTES)
        return _VERSION + nonce + AESGCM(self._keys[scope]).encrypt(nonce, text.encode(), _bound(scope, place, row))

    def open(self, sealed: bytes, *, scope: str, place: str, row: str) -> str:
        """Open what was sealed for just this place; raises WrongKeyError."""
        start = len(_VERSION)
        nonce, body = sealed[start : start + _NONCE_BYTES], sealed[start + _NONCE_BYTES :]
        if scope not in self._keys:
            raise WrongKeyError("the key of this case is gone")
        try:
            return AESGCM(self._keys[scope]).decrypt(nonce, body, _bound(scope, place, row)).decode()
        except InvalidTag:
            raise WrongKeyError(f"a sealed value of {place} does not open") from None

    def sign(self, digest: bytes) -> bytes:
        """Sign a head of the audit log."""
        return hmac.digest(self._audit, digest, hashlib.sha256)


def _bound(scope: str, place: str, row: str) -> bytes:
    return f"{scope}\x1f{place}\x1f{row}".encode()


def _derive(master: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=b"roundtable " + purpose).derive(master)
