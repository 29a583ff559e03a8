"""A store that can't be used for a while: nothing is half done, and the same works later."""

import asyncio
import contextlib
import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa

from storage import database, tables
from storage.database import StoreAwayError
from storage.messages import Message
from storage.outbox import Outbox
from storage.store import Store
from tests.storage.examples import MASTER, NOW, an_entry, sqlite_url

HELLO = Message("hello", "<b>hello</b>")
SMALL = 40
"""Pages of the database file, beyond those that the tables take."""


def say(store: Store, cause: str, message: Message = HELLO) -> None:
    with store.work(cause, NOW) as work:
        work.say("coordination", message)
        work.record(an_entry(cause))


async def test_a_locked_store_is_away_and_the_same_cause_works_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_BUSY_SECONDS", 0.1)
    store = Store.open(sqlite_url(tmp_path), MASTER)
    with contextlib.closing(sqlite3.connect(tmp_path / "roundtable.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreAwayError, match="SQLITE_BUSY"):
            say(store, "$1")
        assert await Outbox(store).channels() == []
        other.execute("ROLLBACK")
        say(store, "$1")
    assert await Outbox(store).channels() == ["coordination"]
    store.close()


async def test_whoever_waits_for_a_lock_holds_up_nobody_else(tmp_path: Path) -> None:
    store = Store.open(sqlite_url(tmp_path), MASTER)
    with contextlib.closing(sqlite3.connect(tmp_path / "roundtable.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        waiting = asyncio.create_task(store.do(say, store, "$1"))
        for _ in range(100):
            # Reading goes on; and if it did not, the other could not let its lock go.
            with store.look() as find:
                assert find.open_cases() == []
            await asyncio.sleep(0)
        other.execute("ROLLBACK")
        await waiting
    assert await Outbox(store).channels() == ["coordination"]
    store.close()


async def test_a_full_disk_is_away_and_leaves_nothing_half_done(tmp_path: Path) -> None:
    store = Store.open(sqlite_url(tmp_path), MASTER)
    limit = 0

    @sa.event.listens_for(store.engine, "begin")
    def _limit(connection: sa.Connection) -> None:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {limit or 1_000_000}")

    with store.look() as find:
        limit = int(find.connection.execute(sa.text("PRAGMA page_count")).scalar_one()) + SMALL
    large = Message("x" * 1_000_000, "")
    with pytest.raises(StoreAwayError, match="SQLITE_FULL"):
        say(store, "$1", large)
    assert await Outbox(store).channels() == []
    limit = 0
    say(store, "$1", large)
    row = await Outbox(store).next("coordination")
    assert row is not None
    assert row.plain == large.plain
    store.close()


def test_a_fault_of_ours_is_not_taken_for_a_store_that_is_away(store: Store) -> None:
    with pytest.raises(sa.exc.DBAPIError) as fault, store.work("$1", NOW) as work:
        work.session.execute(sa.text("SELECT nothing FROM nowhere"))
    assert not isinstance(fault.value, StoreAwayError)


async def test_a_unit_of_work_that_nobody_waits_for_any_more_is_ended_and_locks_nothing(store: Store) -> None:
    for steps in range(60):
        cut_off = asyncio.create_task(store.do(say, store, f"$cut{steps}"))
        for _ in range(steps):
            await asyncio.sleep(0)
        cut_off.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await cut_off
        await store.do(say, store, f"$whole{steps}")
    with store.look() as find:
        causes = find.all(sa.select(tables.inbox.c.cause))
        audited = find.all(sa.select(tables.audit.c.cause))
        said = find.all(sa.select(tables.outbox.c.txn_id))
    assert {f"$whole{steps}" for steps in range(60)} <= set(causes)
    assert sorted(causes) == sorted(audited) == sorted(txn_id.removesuffix(".1") for txn_id in said)


def test_a_connection_given_up_while_it_is_read_from_locks_nothing(tmp_path: Path) -> None:
    store = Store.open(sqlite_url(tmp_path), MASTER)
    with store.engine.connect() as connection:
        connection.execute(sa.insert(tables.settings).values(key="half", value="done"))
        driver = connection.connection.driver_connection
        assert driver is not None
        # Held until the end of this test, as the report of a fault holds it.
        half_read = driver.execute("SELECT 1 UNION ALL SELECT 2")
        assert half_read.fetchone() == (1,)
        connection.invalidate()
    say(store, "$1")
    with store.look() as find:
        assert find.all(sa.select(tables.settings.c.key)) == []
    store.close()
