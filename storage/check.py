"""Is a store whole: its tables, its keys, everything sealed, and the audit log."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession

from storage import audit, database, rows, tables
from storage.crypto import HOUSE, Keyring, SealedText, WrongKeyError
from storage.head import HeadMissingError, KeptHead
from storage.work import OUTBOX_BODY, open_body

_CHANGED = "does not open: it was changed, or moved there"
_KEYS_OF_RECORDS = ("case_ref", "id")
_KEYS = {
    "cases": ("ref", "ref"),
    "members": ("case_ref", "user_id", "invited_at"),
    "steps": ("case_ref", "number"),
}
"""The columns that say which case and which row a sealed value must have been sealed for, as in storage/mapping.py."""


@dataclass(repr=False)
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
            async for (scope, row), place, value in _list_sealed(connection):
                sealed_in, sealed_row, sealed = value.split(b"\n", 2)
                if (sealed_in.decode(), sealed_row.decode()) != (scope, row):
                    found.problems.append(f"{place} of {row} in {scope} {_CHANGED}")
                    continue
                if not ring.knows(scope):
                    found.erased += 1
                    continue
                try:
                    ring.open(sealed, scope=scope, place=place, row=row)
                    found.opened += 1
                except WrongKeyError:
                    found.problems.append(f"{place} of {row} in {scope} {_CHANGED}")
            await _check_outbox(connection, ring, found)
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


async def _list_sealed(connection: AsyncConnection) -> AsyncIterator[tuple[tuple[str, str], str, bytes]]:
    """Every sealed value of a case: where it stands (case and row), its place, and itself."""
    for bare, table in zip(rows.TABLES, tables.metadata.sorted_tables, strict=True):
        keys = [bare.c[name] for name in _KEYS.get(table.name, _KEYS_OF_RECORDS) if name in bare.c]
        for column in table.columns:
            if isinstance(column.type, SealedText):
                async for *where, value in rows.read(connection, select(*keys, bare.c[column.name])):
                    if value is not None:
                        yield (where[0], " ".join(map(_as_text, where[1:]))), column.type.place, value


def _as_text(value: object) -> str:
    return value.replace(tzinfo=UTC).isoformat() if isinstance(value, datetime) else str(value)


async def _check_outbox(connection: AsyncConnection, ring: Keyring, found: Findings) -> None:
    o = tables.outbox.c
    asked = select(o.txn_id, o.channel, o.kind, o.person, o.subject, o.scope, o.body, o.sent_at)
    async for row in rows.read(connection, asked):
        if not ring.knows(row.scope):
            found.erased += 1
            continue
        try:
            _open_body(ring, row)
            found.opened += 1
        except WrongKeyError:
            found.problems.append(f"{OUTBOX_BODY} of {row.txn_id} in {row.scope} {_CHANGED}")


def _open_body(ring: Keyring, row: Any) -> None:  # noqa: ANN401 a row of the outbox
    try:
        open_body(ring, row)
    except WrongKeyError:
        if row.sent_at is None:
            raise
        # What was sent goes nowhere any more: it was emptied, or an earlier version wrote it, which bound it to less.
        ring.open(row.body, scope=row.scope, place=OUTBOX_BODY, row=row.txn_id)
