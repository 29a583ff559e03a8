"""Rows as they are on file, what is sealed still sealed: to copy, count and compare them without any key."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Connection, MetaData, Row, Select, Table, select
from sqlalchemy.types import TypeDecorator, TypeEngine

from storage import tables

_CHUNK = 500
_SUM_BYTES = 32


@dataclass(frozen=True, repr=False)
class Sum:
    """How many rows a table has, and a checksum over all of them that does not depend on their order."""

    rows: int
    checksum: str


def _bare(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    kind = kind.impl_instance if isinstance(kind, TypeDecorator) else kind
    return JSON(none_as_null=True) if isinstance(kind, JSON) else kind


_metadata = MetaData()
TABLES = [
    Table(table.name, _metadata, *(Column(c.name, _bare(c.type), primary_key=c.primary_key) for c in table.columns))
    for table in tables.metadata.sorted_tables
]
"""The tables with the plain types of their columns, each behind those that it refers to."""


def key_of(table: Table) -> list[Column[Any]]:
    """The columns of the primary key."""
    return list(table.primary_key.columns)


def read(connection: Connection, query: Select[*tuple[Any, ...]]) -> Iterator[Row[*tuple[Any, ...]]]:
    """The rows of a query, a few at a time."""
    found = connection.execute(query, execution_options={"yield_per": _CHUNK})
    try:
        yield from found
    finally:
        found.close()


def sum_up(connection: Connection) -> dict[str, Sum]:
    """The sum of each table, by its name."""
    return {table.name: _sum_table(connection, table) for table in TABLES}


def _sum_table(connection: Connection, table: Table) -> Sum:
    # The hashes of the rows are added up: two databases sort text differently.
    rows = total = 0
    for row in read(connection, select(table)):
        line = json.dumps(list(row), default=_as_text, separators=(",", ":"))
        total += int.from_bytes(hashlib.sha256(line.encode()).digest())
        rows += 1
    return Sum(rows, (total % 2 ** (_SUM_BYTES * 8)).to_bytes(_SUM_BYTES).hex())


def _as_text(value: object) -> str:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)
