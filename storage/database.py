"""The database: SQLite with write locks taken at once, or PostgreSQL; opened, checked, and closed."""

import ipaddress
import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from storage.statement import run_text

NEWEST = "0009"
"""The revision of the tables that this version of Roundtable works with."""
_BUSY_SECONDS = 10
_WORKING = ("journal_mode = WAL", "foreign_keys = ON", "synchronous = FULL", "secure_delete = ON")
_LOOKING = ("query_only = ON",)
COPYING = "copying"
"""The table that a store holds while another is copied into it: who finds it does not take the store for whole."""

# The advisory locks of PostgreSQL: a number of our own, so that no other program's locks meet them.
LOCKS = 7264
WRITING, USING = 1, 2
POSTGRESQL: dict[str, Any] = {
    "application_name": "roundtable",
    "connect_timeout": _BUSY_SECONDS,
    # A unit of work that hangs, and a machine that is cut off, must not keep the others waiting for ever.
    "options": f"-c lock_timeout={_BUSY_SECONDS}s -c idle_in_transaction_session_timeout=60s "
    "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=3 -c tcp_keepalives_count=3 -c tcp_user_timeout=15s",
}
_HEALS = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_INTERRUPT,
}
# A standby that takes no writes, and a transaction that was idle for too long. psycopg calls neither operational.
_HEALS_AT_POSTGRESQL = {"25006", "25P03"}
_MISSING = (
    "there is no store of Roundtable in this database ({store}): is its disk or volume there, and store.url right? "
    "Bring the database back, or its newest backup; nothing was made. A new bot begins with roundtable init"
)
UNRELEASED = "the store was written before the first release, and its tables are not carried over: begin with a new one"
NEWER = "the store was written by a newer version of Roundtable: run that version"
_LOCKED = "{store} is locked by another program: end that program"
# What a fault's text holds, and the sentence for it; by whether the store is a file.
_SIGNS = {
    True: (
        ("locked", _LOCKED),
        ("", "{store} can't be read: it is damaged or not ours; restore it from a backup"),
    ),
    False: (
        (
            'authentication failed|no password|role ".*" does not exist',
            "PostgreSQL does not let {user} into {store}: check the user, and its password in the passfile (mode 0600)",
        ),
        ("database .* does not exist", "{store} does not exist: let PostgreSQL's administrator make it (createdb)"),
        ("permission denied", "{user} has too few rights in {store}: let {user} own it"),
        ("lock timeout", _LOCKED),
        ("too many|connection slots", "PostgreSQL has no connection left for {store}: raise its max_connections"),
        ("^away", "{store} does not answer: is PostgreSQL running, is it reachable, and is its address right?"),
        ("", "{store} refused what was asked of it: it is damaged or not ours; restore it from a backup"),
    ),
}


class StoreProblemError(Exception):
    """The store can't be used; the message says which and what to do."""


class StoreInUseError(StoreProblemError):
    """Another process is at work there."""


class StoreAwayError(StoreProblemError):
    """The store can't be used for now (locked, full, restarted, read-only): the same can work later, unchanged."""


def connect(url: str, *, to_look: bool = False) -> Engine:
    """An engine for this database URL (``sqlite:///…`` or ``postgresql+psycopg://…``).

    ``to_look``: an SQLite file is not changed in any way; on PostgreSQL the option below does that.

    On both, one transaction writes at a time, from its first statement on: what it reads stays true until it commits,
    and the audit log has one end. A transaction with the option ``reads_only`` waits for nobody and sees one moment.
    """
    is_file = make_url(url).get_backend_name() == "sqlite"
    return _connect_sqlite(url, to_look=to_look) if is_file else _connect_postgresql(url)


class _Connection(sqlite3.Connection):
    """Lets its locks go when it is closed, also while a cursor that somebody holds is still half read."""

    def close(self) -> None:
        # SQLite itself would keep the transaction open until the last cursor is gone.
        self.rollback()
        super().close()


def _connect_sqlite(url: str, *, to_look: bool) -> Engine:
    # Handed from the thread that starts to the store's own, never used by two at a time.
    arguments = {"timeout": _BUSY_SECONDS, "factory": _Connection, "check_same_thread": False}
    engine = create_engine(url, connect_args=arguments, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:  # noqa: ANN401 the driver's
        # The driver would begin a transaction late, as a reader: two read-then-write units would lose updates.
        connection.isolation_level = None
        for pragma in _LOOKING if to_look else _WORKING:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        reads = connection.get_execution_options().get("reads_only")
        run_text(connection, "BEGIN" if reads else "BEGIN IMMEDIATE")

    return engine


def need_verified(url: str) -> None:
    """Refuse a PostgreSQL on another machine whose identity is not verified; raises StoreProblemError.

    Cases are sealed, but who did what and where is not; and whoever stands in between could change both.
    """
    parsed = make_url(url)
    given = [parsed.host, *(parsed.query.get(key) for key in ("host", "hostaddr"))]
    if not any(given):
        named = {"service", "PGSERVICE"} & {*parsed.query, *os.environ}
        given = [os.environ.get("PGHOST"), os.environ.get("PGHOSTADDR"), "a service" if named else None]
    hosts = [
        host for one in given if one for part in ([one] if isinstance(one, str) else one) for host in part.split(",")
    ]
    if all(_is_here(host) for host in hosts) or parsed.query.get("sslmode") == "verify-full":
        return
    raise StoreProblemError(
        f"{name_of(url)} is on another machine, and nothing makes sure that it is the right one: add to store.url "
        "sslmode=verify-full, with sslrootcert=/path/of/its/ca.pem (or sslrootcert=system)"
    )


def _is_here(host: str) -> bool:
    """Whether a host is a socket (a path, or abstract), or this machine."""
    if not host or host.startswith(("/", "@")) or host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _connect_postgresql(url: str) -> Engine:
    need_verified(url)
    engine = create_engine(url, connect_args=POSTGRESQL, pool_pre_ping=True, hide_parameters=True)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        reads = connection.get_execution_options().get("reads_only")
        alone = f"SELECT pg_advisory_xact_lock({LOCKS}, {WRITING})"
        run_text(connection, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY" if reads else alone)

    return engine


def revision(engine: Engine) -> str | None:
    """The revision of the tables on file; None: there are none. Raises StoreProblemError."""
    with explained(url_of(engine)), engine.execution_options(reads_only=True).connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
        return found


def is_made(url: str) -> bool:
    """Whether an SQLite store has its file; PostgreSQL's administrator makes the database."""
    path = file_of(url)
    return path is None or path.is_file()


def need_file(url: str) -> None:
    """Refuse where there is no file of an SQLite store, before anything makes one; raises StoreProblemError."""
    if not is_made(url):
        raise StoreProblemError(_MISSING.format(store=name_of(url)))


def need_tables(engine: Engine) -> str:
    """The revision of a store that must be there; raises StoreProblemError, and makes nothing."""
    url = url_of(engine)
    need_file(url)
    found = revision(engine)
    if found is None:
        raise StoreProblemError(_MISSING.format(store=name_of(url)))
    return found


def need_newest(engine: Engine) -> str:
    """The same for a store as this version works with it: only who is asked to may bring an older one up to date."""
    _need_no_copy(engine)
    return need_newest_tables(engine)


def need_newest_tables(engine: Engine) -> str:
    """The same, also while another store is copied into it."""
    found = need_tables(engine)
    if found > NEWEST:
        raise StoreProblemError(NEWER)
    if found != NEWEST:
        raise StoreProblemError(f"the tables are of revision {found}, not {NEWEST}: run roundtable db upgrade")
    return found


def make(engine: Engine) -> None:
    """Make the tables of a new store; what is there already must be as this version works with it."""
    if is_made(url_of(engine)) and revision(engine) is not None:
        need_newest(engine)
    else:
        upgrade(engine)


def upgrade(engine: Engine) -> None:
    """Bring the tables up to date; raises StoreProblemError on a store that is damaged or from a newer version."""
    url = url_of(engine)
    path = file_of(url)
    make_file(url)
    with explained(url):
        if path is not None:
            with engine.connect() as connection:
                verdict = connection.execute(text("PRAGMA quick_check(1)")).scalar_one()
                if verdict != "ok":
                    raise StoreProblemError(f"the store {path} is damaged: restore it from a backup")
        _need_no_copy(engine)
        before = revision(engine)
        if before == NEWEST:
            return
        # Alembic takes long to load, and is seldom needed: at the first start of another version.
        from storage import revisions  # noqa: PLC0415

        with engine.connect() as connection:
            if path is None and before is None:
                encoding = connection.scalar(text("SHOW server_encoding"))
                if encoding != "UTF8":
                    raise StoreProblemError(
                        f"{name_of(url)} keeps text as {encoding}, which has no place for every name: make another "
                        "one, with createdb --encoding UTF8 --template template0"
                    )
            revisions.upgrade(connection)
            connection.commit()


def _need_no_copy(engine: Engine) -> None:
    need_file(url_of(engine))
    with explained(url_of(engine)), engine.execution_options(reads_only=True).connect() as connection:
        if inspect(connection).has_table(COPYING):
            raise StoreProblemError("a copy into this store was broken off: finish it with roundtable db copy")


def make_file(url: str) -> None:
    """Make the empty file of an SQLite store, for its owner only; nothing when it is there, or for PostgreSQL."""
    path = file_of(url)
    if path is not None and not path.exists():
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


@contextmanager
def explained(url: str) -> Iterator[None]:
    """Raise what goes wrong with this store as a StoreProblemError."""
    try:
        yield
    except (DBAPIError, sqlite3.DatabaseError) as problem:
        raise explain(problem, url) from None


@contextmanager
def patient() -> Iterator[None]:
    """Raise what can heal by itself as a StoreAwayError; every other fault stays what it is."""
    try:
        yield
    except (DBAPIError, PoolTimeout) as problem:
        code = _away(problem)
        if code is None:
            raise
        raise StoreAwayError(f"the store can't be used now: {code}") from None


def _away(problem: DBAPIError | PoolTimeout) -> str | None:
    """The code of a fault that can heal by itself; None: the same will fail again."""
    cause = problem.orig if isinstance(problem, DBAPIError) else problem
    if isinstance(cause, sqlite3.Error):
        # Without a number the driver lost the connection.
        number = getattr(cause, "sqlite_errorcode", sqlite3.SQLITE_BUSY)
        # The lowest byte is the kind; what is above says more of it.
        return getattr(cause, "sqlite_errorname", "lost") if number & 0xFF in _HEALS else None
    state = getattr(cause, "sqlstate", None)
    if isinstance(problem, PoolTimeout | OperationalError | InterfaceError) or state in _HEALS_AT_POSTGRESQL:
        return state or type(cause).__name__
    return "lost" if problem.connection_invalidated else None


def url_of(engine: Engine) -> str:
    """The address of a store; it may hold a password."""
    return engine.url.render_as_string(hide_password=False)


def explain(problem: Exception, url: str) -> StoreProblemError:
    """What a fault of the database means, and what to do; never with the password, nor with what a row holds."""
    # Looked at, never shown: PostgreSQL gives a connection that failed no code, only this text.
    said = str(getattr(problem, "orig", None) or problem)
    if isinstance(problem, InterfaceError | OperationalError):
        said = f"away: {said}"
    signs = _SIGNS[file_of(url) is not None]
    sentence = next(sentence for sign, sentence in signs if re.search(sign, said, re.IGNORECASE))
    return StoreProblemError(sentence.format(store=name_of(url), user=make_url(url).username or "this user"))


def file_of(url: str) -> Path | None:
    """The file of an SQLite store; None: it is PostgreSQL."""
    parsed = make_url(url)
    return Path(parsed.database) if parsed.get_backend_name() == "sqlite" and parsed.database else None


def name_of(url: str) -> str:
    """What to call a store in a message."""
    parsed: URL = make_url(url)
    if path := file_of(url):
        return f"the store {path}"
    host = parsed.host or parsed.query.get("host") or "this machine"
    return f"the database {parsed.database} on {host}"
