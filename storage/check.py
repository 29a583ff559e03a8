"""Is a store whole: its tables, its keys, everything sealed, and the audit log."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession

from storage import audit, database, rows, tables
from storage.crypto import HOUSE, Keyring, SealedText, WrongKeyError
from storage.head import HeadMissingError, KeptHead
from storage.work import OUTBOX_BODY


@dataclass
class Findings:
    """What was looked at, and what is wrong; never content."""

    revision: str
    rows: dict[str, int] = field(default_factory=dict)
    opened: int = 0
    """Sealed values that opened."""
    erased: int = 0
    """Sealed values whose case has no key any more: nobody can read them."""
    problems: list[str] = field(default_factory=list)


async def check(engine: AsyncEngine, master: bytes, *, head_in: Path | None = None) -> Findings:
    """Look at everything and change nothing; raises StoreProblemError or WrongKeyError when there is nothing to see.

    ``head_in``: the folder in which the head of the audit log is kept.
    """
    revision = await database.need_newest(engine)
    found = Findings(revision)
    with database.explained(database.url_of(engine)):
        async with engine.execution_options(reads_only=True).connect() as connection:
            ring = await take_keys(connection, master)
            found.rows = {name: sum_.rows for name, sum_ in (await rows.sum_up(connection)).items()}
            async for scope, place, row, sealed in _list_sealed(connection):
                if not ring.knows(scope):
                    found.erased += 1
                    continue
                try:
                    ring.open(sealed, scope=scope, place=place, row=row)
                    found.opened += 1
                except WrongKeyError:
                    found.problems.append(f"{place} of {row} in {scope} does not open: it was changed, or moved there")
            line = await first_fault(connection, ring)
            if line is not None:
                found.problems.append(f"line {line} of the audit log was changed, moved, or follows a missing one")
            if head_in is not None:
                try:
                    async with AsyncSession(connection) as session:
                        await KeptHead(head_in, ring).require(session)
                except HeadMissingError as problem:
                    found.problems.append(str(problem))
    return found


async def take_keys(connection: AsyncConnection, master: bytes) -> Keyring:
    """The keys of a store; raises WrongKeyError."""
    ring = Keyring(master)
    keys = tables.case_keys.c
    for scope, wrapped in await connection.execute(select(keys.scope, keys.wrapped)):
        ring.unwrap(scope, wrapped)
    if not ring.knows(HOUSE):
        raise WrongKeyError("the store has lost its house key: restore it from a backup")
    return ring


async def first_fault(connection: AsyncConnection, ring: Keyring) -> int | None:
    """The first line of the audit log that is not as it was written."""
    async with AsyncSession(connection) as session:
        return await audit.first_fault(session, ring)


async def _list_sealed(connection: AsyncConnection) -> AsyncIterator[tuple[str, str, str, bytes]]:
    """Every sealed value: whose key opens it, its place, its row, and itself."""
    for bare, table in zip(rows.TABLES, tables.metadata.sorted_tables, strict=True):
        for column in table.columns:
            if isinstance(column.type, SealedText):
                async for (value,) in rows.read(connection, select(bare.c[column.name])):
                    if value is not None:
                        scope, row, sealed = value.split(b"\n", 2)
                        yield scope.decode(), column.type.place, row.decode(), sealed
    o = tables.outbox.c
    async for scope, txn_id, body in rows.read(connection, select(o.scope, o.txn_id, o.body)):
        yield scope, OUTBOX_BODY, txn_id, body
