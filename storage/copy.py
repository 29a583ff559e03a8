"""A store into another, empty database: in small steps that can be broken off, and compared at the end.

Rows are copied as they are, what is sealed stays sealed. How far the copy has come is kept in the target, in the same
transaction as the rows themselves; while that table is there, no bot takes the target for a whole store.
"""

import hashlib
import json
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    delete,
    func,
    insert,
    inspect,
    select,
    tuple_,
)

from storage import audit, check, database, lease, rows, tables
from storage.audit import Entry
from storage.crypto import HOUSE, Keyring
from storage.database import COPYING, StoreProblemError
from storage.rows import Sum

BATCH = 500
Tell = Callable[[str, int, int], None]
"""Is told after each batch: table, rows copied, rows in all."""

_copying = Table(COPYING, MetaData(), Column("name", String, primary_key=True), Column("value", JSON))
# Beside these names, the names of tables: how far each has come.
_HOUSE, _SOURCE = "the house", "the source"


@dataclass(frozen=True, repr=False)
class _Whole:
    """What is to be copied: which deployment's, and the sums that the copy must have."""

    house: str
    sums: dict[str, Sum]

    @property
    def marks(self) -> dict[str, str]:
        """What tells in the target which copy this is."""
        sums = json.dumps({name: asdict(total) for name, total in self.sums.items()}, sort_keys=True)
        return {_HOUSE: self.house, _SOURCE: _hash(sums.encode())}


def copy(source_url: str, target_url: str, master: bytes, *, now: datetime, tell: Tell) -> dict[str, Sum]:
    """Copy a store; gives the sum of each table, the same on both sides. Run again, it goes on where it broke off.

    The source is only read. Raises StoreInUseError while a bot runs on either, StoreProblemError when the target holds
    something else or the copy is not the same, WrongKeyError.
    """
    path = database.file_of(source_url)
    if path is not None and not path.exists():
        raise StoreProblemError(f"there is no store {path}")
    if source_url == target_url:
        raise StoreProblemError("source and target are the same store")
    with ExitStack() as opened:
        for url in (source_url, target_url):
            opened.enter_context(lease.hold(url))
        source, target = database.connect(source_url), database.connect(target_url)
        opened.callback(source.dispose)
        opened.callback(target.dispose)
        database.need_newest(source)
        with source.execution_options(reads_only=True).connect() as reader:
            with database.explained(source_url):
                ring = check.take_keys(reader, master)
                whole = _look(reader, ring)
            with database.explained(target_url):
                database.make_file(target_url)
                come = _prepare(target, whole)
            for table in rows.TABLES:
                _copy_table(
                    reader,
                    target,
                    table,
                    come.get(table.name),
                    lambda name, done: tell(name, done, whole.sums[name].rows),
                )
        with database.explained(target_url):
            _compare(target, whole, ring)
            _finish(target, ring, now)
        return whole.sums


def _look(source: Connection, ring: Keyring) -> _Whole:
    fault = check.first_fault(source, ring)
    if fault is not None:
        raise StoreProblemError(f"nothing was copied: the audit log of the source is not whole from line {fault} on")
    keys = tables.case_keys.c
    wrapped = (source.execute(select(keys.wrapped).where(keys.scope == HOUSE))).scalar_one()
    return _Whole(_hash(wrapped), rows.sum_up(source))


def _prepare(target: Engine, whole: _Whole) -> dict[str, Any]:
    """Make the target ready, with all tables; gives how far each has come."""
    come: dict[str, Any] = {}
    with target.connect() as connection:
        there = set(inspect(connection).get_table_names())
        if COPYING in there:
            come = {row.name: row.value for row in connection.execute(select(_copying))}
        else:
            _need_empty(connection, there)
    if not come:
        database.upgrade(target)
        with target.begin() as connection:
            _copying.create(connection)
            _start(connection, whole)
        return {}
    if come[_HOUSE] != whole.house:
        raise StoreProblemError("the target holds an unfinished copy of another store: give an empty database")
    database.need_newest_tables(target)
    if come[_SOURCE] != whole.marks[_SOURCE]:
        # A bot has written to the source since, or the copy was found not to be the same.
        with target.begin() as connection:
            for table in reversed(rows.TABLES):
                connection.execute(delete(table))
            _start(connection, whole)
        return {}
    return come


def _need_empty(connection: Connection, there: set[str]) -> None:
    if not there <= {"alembic_version", *(table.name for table in rows.TABLES)}:
        raise StoreProblemError("the target holds tables of another program: give an empty database")
    for table in rows.TABLES:
        if table.name in there and connection.scalar(select(func.count()).select_from(table)):
            raise StoreProblemError("the target holds another store: give an empty database")


def _start(connection: Connection, whole: _Whole) -> None:
    connection.execute(delete(_copying))
    connection.execute(insert(_copying), [{"name": name, "value": mark} for name, mark in whole.marks.items()])


def _copy_table(
    source: Connection,
    target: Engine,
    table: Table,
    come: dict[str, Any] | None,
    tell: Callable[[str, int], None],
) -> None:
    key = rows.key_of(table)
    after, done = (come["after"], come["rows"]) if come else (None, 0)
    while True:
        query = select(table).order_by(*key).limit(BATCH)
        with database.explained(database.url_of(source.engine)):
            batch = (
                (source.execute(query if after is None else query.where(tuple_(*key) > tuple(after)))).mappings().all()
            )
        if not batch:
            return
        after, done = [batch[-1][part.name] for part in key], done + len(batch)
        with database.explained(database.url_of(target)), target.begin() as connection:
            connection.execute(insert(table), [dict(row) for row in batch])
            _note(connection, table.name, {"after": after, "rows": done})
        tell(table.name, done)


def _compare(target: Engine, whole: _Whole, ring: Keyring) -> None:
    with target.execution_options(reads_only=True).connect() as connection:
        copied = rows.sum_up(connection)
        wrong = [name for name, total in whole.sums.items() if copied[name] != total]
        if check.first_fault(connection, ring) is not None:
            wrong.append("the chain of the audit log")
    if wrong:
        with target.begin() as connection:
            _note(connection, _SOURCE, "not the same")
        raise StoreProblemError(f"the copy differs from its source ({', '.join(wrong)}): run it again, it starts over")


def _finish(target: Engine, ring: Keyring, now: datetime) -> None:
    """From here on the target is a store."""
    with target.begin() as connection:
        if target.dialect.name == "postgresql":
            for table in rows.TABLES:
                (first, *_) = rows.key_of(table)
                if isinstance(first.type, Integer):
                    _go_on_counting(connection, first)
        entry = Entry("operator", "shell", None, "db copy", None, "done", f"copy {now.isoformat()}")
        audit.write(connection, ring, entry, now, connection.scalar(audit.NEWEST))
        _copying.drop(connection)


def _go_on_counting(connection: Connection, key: Column[Any]) -> None:
    """Let the next row's number follow the last copied one's."""
    last = connection.scalar(select(func.max(key)))
    if last is not None:
        connection.execute(select(func.setval(func.pg_get_serial_sequence(key.table.name, key.name), last)))


def _note(connection: Connection, name: str, value: object) -> None:
    connection.execute(delete(_copying).where(_copying.c.name == name))
    connection.execute(insert(_copying).values(name=name, value=value))


def _hash(of: bytes) -> str:
    return hashlib.sha256(of).hexdigest()
