"""From the first revision on: a store that its version wrote is opened by this one, and every step goes back."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy.ext.asyncio import AsyncEngine

from cases import request, roundtable
from storage import check, database
from storage.outbox import Outbox
from storage.progress import Progress
from storage.revisions import revision, settings
from storage.work import Store
from tests.storage.examples import MASTER, sqlite_url

FIRST = "0001"
FIRST_ROWS: dict[str, list[dict[str, Any]]] = json.loads((Path(__file__).parent / "first_rows.json").read_text())
"""What a store of the first revision holds after a whole case (``$at``: a moment, ``$bytes``: in hexadecimal)."""


@pytest.fixture(params=["sqlite", "postgresql"])
async def engine(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    """An empty database."""
    if request.param == "sqlite":
        database.make_file(sqlite_url(tmp_path))
    url = sqlite_url(tmp_path) if request.param == "sqlite" else request.getfixturevalue("empty_postgresql_url")
    connected = database.connect(url)
    yield connected
    await connected.dispose()


async def go_up(engine: AsyncEngine, to: str) -> None:
    async with engine.begin() as connection:
        await connection.run_sync(lambda c: command.upgrade(settings(c), to))


async def go_down(engine: AsyncEngine, to: str) -> None:
    async with engine.begin() as connection:
        await connection.run_sync(lambda c: command.downgrade(settings(c), to))


def revisions() -> list[str]:
    """All revisions, the first one first."""
    walk = ScriptDirectory(str(Path(database.__file__).parent / "migrations")).walk_revisions()
    return [step.revision for step in walk][::-1]


async def write_first_rows(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        for name, rows in FIRST_ROWS.items():
            for row in rows:
                values = {column: value_of(kept) for column, kept in row.items()}
                table = sa.table(name, *(sa.column(column, type_of(value)) for column, value in values.items()))
                await connection.execute(sa.insert(table).values(values))


async def read_first_rows(engine: AsyncEngine) -> dict[str, list[dict[str, Any]]]:
    found = {}
    async with engine.connect() as connection:
        for name in FIRST_ROWS:
            table = await connection.run_sync(reflect, name)
            query = sa.select(table).order_by(*(table.primary_key.columns))
            found[name] = [
                {column: kept_of(value) for column, value in row.items()}
                for row in (await connection.execute(query)).mappings()
            ]
    return found


def reflect(connection: sa.Connection, name: str) -> sa.Table:
    return sa.Table(name, sa.MetaData(), autoload_with=connection)


def value_of(kept: object) -> object:
    match kept:
        case {"$at": str(moment)}:
            return datetime.fromisoformat(moment)
        case {"$bytes": str(text)}:
            return bytes.fromhex(text)
    return kept


def kept_of(value: object) -> object:
    match value:
        case datetime():
            return {"$at": value.isoformat()}
        case bytes():
            return {"$bytes": value.hex()}
    return value


def type_of(value: object) -> sa.types.TypeEngine[Any]:
    match value:
        case datetime():
            return sa.DateTime()
        case list():
            return sa.JSON()
        case bool():
            return sa.Boolean()
    return sa.types.NullType()


async def test_a_store_of_the_first_revision_is_whole_today(engine: AsyncEngine) -> None:
    await go_up(engine, FIRST)
    await write_first_rows(engine)
    store = await Store.open(database.url_of(engine), MASTER)
    async with store.look() as find:
        (case,) = await find.cases(await find.open_cases())
        people = (await find.directory()).people
    waiting = await Progress(store).waiting()
    first = await Outbox(store).channels()
    await store.close()
    assert (case.why, case.seats) == (
        "not seen at school for weeks",
        ("police", "social", "health", "school", "youth"),
    )
    assert [c.about for c in case.concerns] == ["he was at the gym at night"]
    assert [(r.question, r.state) for r in case.requests] == [("is he under treatment?", request.State.PARTLY)]
    assert [(a.text, a.withheld) for a in case.answers] == [("yes", "details")]
    assert [(a.outcome, a.owner, a.due_at) for a in case.actions] == [
        ("ask his mother", "social", datetime(2026, 11, 4, 11, tzinfo=UTC))
    ]
    assert [(p.agency, p.why) for p in case.positions] == [("police", None), ("health", "too early")]
    assert [(t.id, t.state, t.approved_by) for t in case.roundtables] == [
        ("M-1", roundtable.State.ENDED, "@hugo:example.org")
    ]
    assert [n.text for n in case.notes] == ["he came along"]
    assert len(case.minutes) == 2
    assert people["@cleo:example.org"].name == "Cleo Bakker"
    assert waiting == ["$unread"]
    assert first == []
    assert (await check.check(engine, MASTER)).problems == []


async def test_every_step_goes_back_and_forth_and_loses_nothing(engine: AsyncEngine) -> None:
    await go_up(engine, FIRST)
    await write_first_rows(engine)
    before = await read_first_rows(engine)
    for step in revisions()[1:]:
        await go_up(engine, step)
        await go_down(engine, "-1")
        await go_up(engine, step)
    await go_down(engine, FIRST)
    assert await read_first_rows(engine) == before
    await go_up(engine, "head")
    assert (await check.check(engine, MASTER)).problems == []


async def test_all_the_way_down_nothing_is_left(engine: AsyncEngine) -> None:
    await go_up(engine, FIRST)
    await write_first_rows(engine)
    await go_up(engine, "head")
    await go_down(engine, "base")
    async with engine.connect() as connection:
        assert await connection.run_sync(lambda c: sa.inspect(c).get_table_names()) == ["alembic_version"]
    await go_up(engine, "head")
    assert await revision(engine) == database.NEWEST


def test_there_is_one_line_of_revisions() -> None:
    assert revisions()[0] == FIRST
    assert revisions()[-1] == database.NEWEST
