"""The crypto store on disk (fault 20): private to us, for one process, checked before it is used."""

import contextlib
import fcntl
import os
import sqlite3
from pathlib import Path

from bot.matrix.crypto.errors import StoreLocked, StoreUnreadable
from bot.matrix.crypto.olm import SqliteDatabase, SqliteStore

DATABASE = "crypto.db"
LOCK = "lock"
COPY = "roundtable_copy"
"""The table that marks a backup. It is older than what others saw of us, and must not become the store again: its
ratchets would use keys a second time, it would take as new what was sent since, and offer one-time keys anew."""
KEY_LENGTH = 32


class LockedStore(SqliteStore):
    """nio's SQLite store with a write-ahead log, which also lets a backup read while we run."""

    def __repr__(self) -> str:
        # nio's is a dataclass, and would show the key.
        return f"<LockedStore of {self.user_id}>"

    def _create_database(self) -> SqliteDatabase:
        pragmas = {"journal_mode": "wal", "synchronous": "full", "foreign_keys": 1, "secure_delete": 1}
        return SqliteDatabase(self.database_path, pragmas=pragmas)


class StoreFolder:
    """The folder of the crypto store, ours alone for as long as it is held."""

    def __init__(self, directory: Path) -> None:
        """Take the folder. Raises StoreLocked when another process holds it, StoreUnreadable when it cannot be used."""
        self.directory = directory
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            directory.chmod(0o700)
            self._lock = os.open(directory / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreUnreadable(f"the crypto store cannot be opened: {type(error).__name__}") from None
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._lock)
            raise StoreLocked(f"another process uses the crypto store in {directory}") from None

    def release(self) -> None:
        """Let another process have it."""
        os.close(self._lock)

    def open(self, user_id: str, device_id: str, key: bytes) -> LockedStore:
        """The store of nio in this folder, its secrets encrypted with a random key of 32 bytes.

        Raises StoreUnreadable when the file is corrupt or of another account or device.
        """
        if len(key) != KEY_LENGTH:
            raise ValueError(f"the key of the crypto store has {KEY_LENGTH} bytes")
        path = self.directory / DATABASE
        # Made before SQLite would make it, so that it is never readable for others; its log takes over the mode.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        path.chmod(0o600)
        try:
            _check(path, user_id, device_id)
            # nio hashes what it is given with SHA-256: right for 32 random bytes, though not for a passphrase.
            return LockedStore(user_id, device_id, str(self.directory), key.hex(), DATABASE)
        except StoreUnreadable:
            raise
        except Exception as error:  # noqa: BLE001 - peewee, sqlite3, and nio each raise their own
            raise StoreUnreadable(f"the crypto store is corrupt: {type(error).__name__}") from None


def _check(path: Path, user_id: str, device_id: str) -> None:
    with contextlib.closing(sqlite3.connect(path)) as database:
        if database.execute("PRAGMA quick_check").fetchone()[0] != "ok":
            raise StoreUnreadable("the crypto store is corrupt")
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
        if COPY in tables:
            raise StoreUnreadable(
                "the crypto store is a copy from a backup, on which no bot can run: make a new device with "
                "roundtable init --recover"
            )
        if "accounts" not in tables:
            return
        owners = database.execute("SELECT user_id, device_id FROM accounts").fetchall()
        if owners and (user_id, device_id) not in owners:
            raise StoreUnreadable("the crypto store belongs to another account or device")
