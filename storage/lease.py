"""Who may work with a store, or run an account on it: one process at a time, until it ends or its connection is cut."""

import asyncio
import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from storage.database import LOCKS, POSTGRESQL, USING, StoreInUseError, explained, file_of, name_of, need_verified

ANSWERS_WITHIN_SECONDS = 5.0


class LeaseLostError(Exception):
    """Another process may have the account now: this one must not say another word."""


class Lease:
    """What is held; on a file it lasts as long as the process does, on PostgreSQL as long as its connection."""

    def __init__(self, connection: Connection | None = None) -> None:
        self._connection = connection

    async def check(self) -> None:
        """Raise LeaseLostError when it is lost. Who wants to write is checked besides, by ``Store``."""
        if self._connection is None:
            return
        try:
            async with asyncio.timeout(ANSWERS_WITHIN_SECONDS):
                await asyncio.to_thread(self._connection.execute, text("SELECT 1"))
        except (DBAPIError, TimeoutError):
            raise LeaseLostError("the connection that holds the account was cut") from None

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep the other accounts' bots off while the block lasts; raises StoreInUseError while one runs."""
        if self._connection is None:
            yield
            return
        if not self._connection.scalar(text(f"SELECT pg_try_advisory_lock({LOCKS}, {USING})")):
            raise StoreInUseError("bots of other accounts run on this database: stop them first")
        try:
            yield
        finally:
            self._connection.execute(text(f"SELECT pg_advisory_unlock({LOCKS}, {USING})"))


@contextmanager
def hold(url: str, account: str | None = None) -> Iterator[Lease]:
    """Keep other processes off while the block lasts; raises StoreInUseError, or StoreProblemError.

    Several accounts share one PostgreSQL: with an account (a Matrix id) only a second bot of that account is kept off,
    without one everybody. SQLite is always for one process.
    """
    path = file_of(url)
    if path is not None:
        with _hold_file(path):
            yield Lease()
        return
    need_verified(url)
    engine = create_engine(
        url, connect_args=POSTGRESQL, poolclass=NullPool, isolation_level="AUTOCOMMIT", hide_parameters=True
    )
    with explained(url):
        # The lock ends with its connection, however the process ends.
        connection = engine.connect()
    try:
        mode, key = ("", 0) if account is None else ("_shared", _lock_of(account))
        with explained(url):
            using = connection.scalar(text(f"SELECT pg_try_advisory_lock{mode}({LOCKS}, {USING})"))
            free = using and connection.scalar(text(f"SELECT pg_try_advisory_lock({key})"))
        if not free:
            who = "a bot" if account is None else f"another bot of {account}, or a copy,"
            raise StoreInUseError(f"{who} is running on {name_of(url)}: stop it first, two would answer twice")
        yield Lease(connection)
        # A connection that ends lets its locks go a moment later: whoever comes next would find them still held.
        with suppress(SQLAlchemyError):
            connection.execute(text("SELECT pg_advisory_unlock_all()"))
    finally:
        # Nothing is to be rolled back, and the server may be gone.
        connection.invalidate()
        connection.close()
        engine.dispose()


def holds(session: Connection, account: str, term: int) -> bool:
    """Whether this process still has the account: asked within each transaction that writes for it.

    The lock is another connection's of ours as long as it can't be had here; the term tells that it is ours.
    """
    if session.dialect.name != "postgresql":
        return True
    query = text("SELECT term, pg_try_advisory_xact_lock_shared(:lock) AS free FROM accounts WHERE user_id = :account")
    row = (session.execute(query, {"lock": _lock_of(account), "account": account})).one()
    return bool(row.term == term and not row.free)


def _lock_of(account: str) -> int:
    """The number of the lock that the process holds which runs an account."""
    return int.from_bytes(hashlib.sha256(account.encode()).digest()[:8], signed=True)


@contextmanager
def _hold_file(path: Path) -> Iterator[None]:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT, 0o600), "w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise StoreInUseError(
                f"another bot is running on the store {path}: stop it first, two would answer twice"
            ) from None
        yield
