"""How far the audit log has come, noted outside of the database: a log that was cut, or set back, does not have it.

A chain of hashes shows what was changed in its middle; that its end is missing it cannot show by itself.
"""

import hashlib
import hmac
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, func, select

from storage import tables
from storage.crypto import Keyring
from storage.database import StoreProblemError

FILE = "audit.head"
"""In the folder of the crypto store, which is never restored from a backup."""
_LARGEST = 4096
_log = tables.audit.c


@dataclass(frozen=True, repr=False)
class Head:
    """How many lines the log has, and the digest of the newest, which stands for all before it."""

    lines: int
    digest: bytes

    def seal(self, ring: Keyring) -> bytes:
        """A signature that only who has the master key can make."""
        return ring.sign(hashlib.sha256(b"the head of the audit log\n%d\n%s" % (self.lines, self.digest)).digest())


class HeadMissingError(StoreProblemError):
    """The database is not the newest one, or its audit log was changed."""


def newest(session: Connection) -> Head | None:
    """The head of the log as it is in the database; None: it has no line."""
    digest = session.scalar(select(_log.digest).order_by(_log.id.desc()).limit(1))
    if digest is None:
        return None
    return Head(session.scalar(select(func.count(_log.id))) or 0, digest)


class KeptHead:
    """The head in its file: it may be behind the database, for it is written after a commit, and never before it."""

    def __init__(self, folder: Path, ring: Keyring) -> None:
        self.path = folder / FILE
        self._ring = ring
        self._known: Head | None = None

    def read(self) -> Head | None:
        """The head that was kept last; None: there is none. Raises HeadMissingError for what is not ours."""
        try:
            with self.path.open("rb") as file:
                raw = file.read(_LARGEST)
            kept = json.loads(raw)
            head = Head(int(kept["lines"]), bytes.fromhex(kept["digest"]))
            seal = bytes.fromhex(kept["signature"])
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError):
            raise HeadMissingError(f"{self.path} can't be read, or was changed: {_ADVICE}") from None
        if not hmac.compare_digest(seal, head.seal(self._ring)):
            raise HeadMissingError(f"{self.path} was changed, or is of another master key: {_ADVICE}")
        return head

    def require(self, session: Connection) -> None:
        """Raise HeadMissingError unless the database has the log up to the head that was kept, and all of it."""
        kept, there = self.read(), newest(session)
        if kept is None:
            if there is None and self.path.parent.is_dir() and any(self.path.parent.iterdir()):
                raise HeadMissingError(f"this bot had a store, and the database is empty. {_ADVICE}")
            return
        if self._has(session, kept):
            return
        raise HeadMissingError(
            f"the audit log had {kept.lines} lines, and the database has {there.lines if there else 0} or other ones: "
            f"it is an older one, an empty one, or was changed. {_ADVICE}"
        )

    def keep(self, session: Connection, *, anew: bool = False) -> None:
        """Note how far the log has come; what the database does not have stays noted. Raises OSError.

        ``anew``: also when nothing is noted, or something else, since this is known to be the right database.
        """
        there = newest(session)
        if there is None or (there == self._known and not anew) or not self.path.parent.is_dir():
            return
        if anew or self._is_older(session, there):
            self._write(there)
        self._known = there

    def _is_older(self, session: Connection, there: Head) -> bool:
        """Whether what was kept is of this log, and not of its end."""
        try:
            kept = self.read()
        except HeadMissingError:
            return False
        return kept is not None and (kept.lines < there.lines and self._has(session, kept))

    def _has(self, session: Connection, head: Head) -> bool:
        # The newest line first: it is that one, or one a little before it.
        line = session.scalar(select(_log.id).where(_log.digest == head.digest).order_by(_log.id.desc()).limit(1))
        if line is None:
            return False
        return session.scalar(select(func.count(_log.id)).where(_log.id <= line)) == head.lines

    def _write(self, head: Head) -> None:
        text = json.dumps({"lines": head.lines, "digest": head.digest.hex(), "signature": head.seal(self._ring).hex()})
        # Made for its owner only, under a name of its own: two processes may note it at the same time.
        descriptor, name = tempfile.mkstemp(prefix=f"{FILE}.", dir=self.path.parent)
        fresh = Path(name)
        try:
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(text + "\n")
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self.path)
        except BaseException:
            fresh.unlink()
            raise
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


_ADVICE = (
    "If you put a backup in its place, say so with roundtable db restored. If nobody did, keep everything as it is and "
    "find out who changed the database"
)
