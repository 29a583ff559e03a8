"""A store into another, empty database: in small steps that can be broken off, and compared at the end.

Rows are copied as they are, what is sealed stays sealed. How far the copy has come is kept in the target, in the same
transaction as the rows themselves; while that table is there, no bot takes the target for a whole store.
"""

import hashlib
import json
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Integer, MetaData, String, Table, delete, func, insert, inspect, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession

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


async def copy(source_url: str, target_url: str, master: bytes, *, now: datetime, tell: Tell) -> dict[str, Sum]:
    """Copy a store; gives the sum of each table, the same on both sides. Run again, it goes on where it broke off.

    The source is only read. Raises StoreInUseError while a bot runs on either, StoreProblemError when the target holds
    something else or the copy is not the same, WrongKeyError.
    """
    path = database.file_of(source_url)
    if path is not None and not path.exists():
        raise StoreProblemError(f"there is no store {path}")
    if source_url == target_url:
        raise StoreProblemError("source and target are the same store")
    async with AsyncExitStack() as opened:
        for url in (source_url, target_url):
            await opened.enter_async_context(lease.hold(url))
        source, target = database.connect(source_url), database.connect(target_url)
        opened.push_async_callback(source.dispose)
        opened.push_async_callback(target.dispose)
        await database.need_newest(source)
        async with source.execution_options(reads_only=True).connect() as reader:
            with database.explained(source_url):
                ring = await check.take_keys(reader, master)
                whole = await _look(reader, ring)
            with database.explained(target_url):
                database.make_file(target_url)
                come = await _prepare(target, whole)
            for table in rows.TABLES:
                await _copy_table(
                    reader,
                    target,
                    table,
                    come.get(table.name),
                    lambda name, done: tell(name, done, whole.sums[name].rows),
                )
        with database.explained(target_url):
            await _compare(target, whole, ring)
            await _finish(target, ring, now)
        return whole.sums


async def _look(source: AsyncConnection, ring: Keyring) -> _Whole:
    fault = await check.first_fault(source, ring)
    if fault is not None:
        raise StoreProblemError(f"nothing was copied: the audit log of the source is not whole from line {fault} on")
    keys = tables.case_keys.c
    wrapped = (await source.execute(select(keys.wrapped).where(keys.scope == HOUSE))).scalar_one()
    return _Whole(_hash(wrapped), await rows.sum_up(source))


async def _prepare(target: AsyncEngine, whole: _Whole) -> dict[str, Any]:
    """Make the target ready, with all tables; gives how far each has come."""
    come: dict[str, Any] = {}
    async with target.connect() as connection:
        there = set(await connection.run_sync(lambda c: inspect(c).get_table_names()))
        if COPYING in there:
            come = {row.name: row.value for row in await connection.execute(select(_copying))}
        else:
            await _need_empty(connection, there)
    if not come:
        await database.upgrade(target)
        async with target.begin() as connection:
            await connection.run_sync(_copying.create)
            await _start(connection, whole)
        return {}
    if come[_HOUSE] != whole.house:
        raise StoreProblemError("the target holds an unfinished copy of another store: give an empty database")
    await database.need_newest_tables(target)
    if come[_SOURCE] != whole.marks[_SOURCE]:
        # A bot has written to the source since, or the copy was found not to be the same.
        async with target.begin() as connection:
            for table in reversed(rows.TABLES):
                await connection.execute(delete(table))
            await _start(connection, whole)
        return {}
    return come


async def _need_empty(connection: AsyncConnection, there: set[str]) -> None:
    if not there <= {"alembic_version", *(table.name for table in rows.TABLES)}:
        raise StoreProblemError("the target holds tables of another program: give an empty database")
    for table in rows.TABLES:
        if table.name in there and await connection.scalar(select(func.count()).select_from(table)):
            raise StoreProblemError("the target holds another store: give an empty database")


async def _start(connection: AsyncConnection, whole: _Whole) -> None:
    await connection.execute(delete(_copying))
    await connection.execute(insert(_copying), [{"name": name, "value": mark} for name, mark in whole.marks.items()])


async def _copy_table(
    source: AsyncConnection,
    target: AsyncEngine,
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
                (await source.execute(query if after is None else query.where(tuple_(*key) > tuple(after))))
                .mappings()
                .all()
            )
        if not batch:
            return
        after, done = [batch[-1][part.name] for part in key], done + len(batch)
        with database.explained(database.url_of(target)):
            async with target.begin() as connection:
                await connection.execute(insert(table), [dict(row) for row in batch])
                await _note(connection, table.name, {"after": after, "rows": done})
        tell(table.name, done)


async def _compare(target: AsyncEngine, whole: _Whole, ring: Keyring) -> None:
    async with target.execution_options(reads_only=True).connect() as connection:
        copied = await rows.sum_up(connection)
        wrong = [name for name, total in whole.sums.items() if copied[name] != total]
        if await check.first_fault(connection, ring) is not None:
            wrong.append("the chain of the audit log")
    if wrong:
        async with target.begin() as connection:
            await _note(connection, _SOURCE, "not the same")
        raise StoreProblemError(f"the copy differs from its source ({', '.join(wrong)}): run it again, it starts over")


async def _finish(target: AsyncEngine, ring: Keyring, now: datetime) -> None:
    """From here on the target is a store."""
    async with target.begin() as connection:
        if target.dialect.name == "postgresql":
            for table in rows.TABLES:
                (first, *_) = rows.key_of(table)
                if isinstance(first.type, Integer):
                    await _go_on_counting(connection, first)
        async with AsyncSession(connection) as session:
            entry = Entry("operator", "shell", None, "db copy", None, "done", f"copy {now.isoformat()}")
            await audit.write(session, ring, entry, now)
        await connection.run_sync(_copying.drop)


async def _go_on_counting(connection: AsyncConnection, key: Column[Any]) -> None:
    """Let the next row's number follow the last copied one's."""
    last = await connection.scalar(select(func.max(key)))
    if last is not None:
        await connection.execute(select(func.setval(func.pg_get_serial_sequence(key.table.name, key.name), last)))


async def _note(connection: AsyncConnection, name: str, value: object) -> None:
    await connection.execute(delete(_copying).where(_copying.c.name == name))
    await connection.execute(insert(_copying).values(name=name, value=value))


def _hash(of: bytes) -> str:
    return hashlib.sha256(of).hexdigest()
