"""Sealed content: each case has its own key, wrapped by a master key that lives outside the database.

AES-256-GCM. The additional data binds what is sealed to its case, table, column and row, so that a value copied
elsewhere does not open. Destroying a case's wrapped key makes every copy of its content unreadable, backups too.
"""

import hashlib
import hmac
import json
import os
from contextvars import ContextVar
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Dialect, LargeBinary
from sqlalchemy.types import TypeDecorator

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
        self._keys: dict[str, AESGCM] = {}

    def __repr__(self) -> str:
        return f"<Keyring of {len(self._keys)} keys>"

    def make(self, scope: str) -> bytes:
        """Make a key for a case and return it wrapped, for the database to keep."""
        key = AESGCM.generate_key(KEY_BYTES * 8)
        self._keys[scope] = AESGCM(key)
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._master.encrypt(nonce, key, scope.encode())

    def unwrap(self, scope: str, wrapped: bytes) -> None:
        """Take a case's key up; raises WrongKeyError."""
        try:
            key = self._master.decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], scope.encode())
        except InvalidTag:
            raise WrongKeyError("the master key does not open this database: bring its own master key back") from None
        self._keys[scope] = AESGCM(key)

    def knows(self, scope: str) -> bool:
        """Whether this case's key has been taken up."""
        return scope in self._keys

    def seal(self, text: str, *, scope: str, place: str, row: str) -> bytes:
        """Seal text for one row of one column (``place``: table and column)."""
        nonce = os.urandom(_NONCE_BYTES)
        return _VERSION + nonce + self._keys[scope].encrypt(nonce, text.encode(), _bound(scope, place, row))

    def open(self, sealed: bytes, *, scope: str, place: str, row: str) -> str:
        """Open what was sealed for just this place; raises WrongKeyError."""
        start = len(_VERSION)
        nonce, body = sealed[start : start + _NONCE_BYTES], sealed[start + _NONCE_BYTES :]
        if scope not in self._keys:
            raise WrongKeyError("the key of this case is gone")
        try:
            return self._keys[scope].decrypt(nonce, body, _bound(scope, place, row)).decode()
        except InvalidTag:
            raise WrongKeyError(f"a sealed value of {place} does not open") from None

    def sign(self, digest: bytes) -> bytes:
        """Sign a head of the audit log."""
        return hmac.digest(self._audit, digest, hashlib.sha256)


keyring: ContextVar[Keyring] = ContextVar("keyring")
"""The keyring of the store whose work is being done: column types can't be handed one."""


class BoundText(str):
    """Text that knows the case and the row it belongs to: what the column type needs to seal it."""

    __slots__ = ("row", "scope")

    scope: str
    row: str


class BoundMap(dict[str, object]):
    """The same for a mapping, which is sealed as JSON."""

    scope: str
    row: str


def bind(value: str | dict[str, object], scope: str, row: str) -> BoundText | BoundMap:
    """Tell a value where it belongs, just before it is written."""
    bound = BoundMap(value) if isinstance(value, dict) else BoundText(value)
    bound.scope, bound.row = scope, row
    return bound


def bound_to(value: object) -> tuple[str, str] | None:
    """Scope and row that a value is bound to; None: to none yet."""
    return (value.scope, value.row) if isinstance(value, BoundText | BoundMap) else None


class SealedText(TypeDecorator[str]):
    """A column of sealed text. The row it was sealed for stands before it in clear, and is checked on reading."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        """Seal; what is not bound to its row is a fault, never written in clear."""
        return None if value is None else self._seal(value, str(value))

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        """Open."""
        if value is None:
            return None
        text, scope, row = self._open(value)
        bound = BoundText(text)
        bound.scope, bound.row = scope, row
        return bound

    def _seal(self, value: object, text: str) -> bytes:
        if not isinstance(value, BoundText | BoundMap):
            raise TypeError(f"{self.place}: content must be bound to its row before it is written")
        head = f"{value.scope}\n{value.row}\n".encode()
        return head + keyring.get().seal(text, scope=value.scope, place=self.place, row=value.row)

    def _open(self, value: bytes) -> tuple[str, str, str]:
        scope, row, sealed = value.split(b"\n", 2)
        where = {"scope": scope.decode(), "row": row.decode()}
        return keyring.get().open(sealed, place=self.place, **where), where["scope"], where["row"]


class SealedMap(SealedText):
    """A column of a sealed JSON object."""

    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:  # noqa: ANN401 as in SQLAlchemy
        """Seal."""
        return None if value is None else self._seal(value, json.dumps(value, default=_as_json))

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Any:  # noqa: ANN401 as in SQLAlchemy
        """Open."""
        if value is None:
            return None
        text, scope, row = self._open(value)
        bound = BoundMap(json.loads(text, object_hook=_from_json))
        bound.scope, bound.row = scope, row
        return bound


def _as_json(value: object) -> object:
    if isinstance(value, datetime):
        return {"$at": value.isoformat()}
    raise TypeError(type(value).__name__)


def _from_json(value: dict[str, object]) -> object:
    moment = value.get("$at")
    return datetime.fromisoformat(moment) if isinstance(moment, str) else value


def _bound(scope: str, place: str, row: str) -> bytes:
    return f"{scope}\x1f{place}\x1f{row}".encode()


def _derive(master: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=b"roundtable " + purpose).derive(master)
