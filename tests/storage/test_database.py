import os
import sqlite3
import stat
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from storage import database, lease, tables
from storage.database import StoreInUseError, StoreProblemError
from storage.store import Store
from tests.storage.examples import MASTER, sqlite_url


def test_the_migrations_make_just_the_tables_that_the_code_knows(store: Store) -> None:
    def differences(connection: sa.Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), tables.metadata))

    with store.engine.connect() as connection:
        assert differences(connection) == []


def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    store = Store.open(sqlite_url(tmp_path), MASTER)
    store.close()
    assert stat.S_IMODE((tmp_path / "roundtable.db").stat().st_mode) == 0o600


def test_opening_again_keeps_what_is_there(url: str) -> None:
    for _ in range(2):
        store = Store.open(url, MASTER)
        assert store.ring.knows("house")
        store.close()


def test_a_second_bot_on_the_same_store_is_refused(url: str) -> None:
    with (
        lease.hold(url, "@bot:example.org"),
        pytest.raises(StoreInUseError, match=r"another bot .*is running on .*: stop it first"),
        lease.hold(url, "@bot:example.org"),
    ):
        pass
    with lease.hold(url, "@bot:example.org"):
        again = True
    assert again


def test_a_second_account_cannot_share_a_file(tmp_path: Path) -> None:
    with (
        lease.hold(sqlite_url(tmp_path), "@bot:example.org"),
        pytest.raises(StoreInUseError, match="another bot is running on the store"),
        lease.hold(sqlite_url(tmp_path), "@other-bot:example.org"),
    ):
        pass


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "roundtable.db").write_bytes(os.urandom(8192))
    with pytest.raises(StoreProblemError, match="damaged or not ours"):
        Store.open(sqlite_url(tmp_path), MASTER)


def test_a_damaged_database_is_refused(tmp_path: Path) -> None:
    store = Store.open(sqlite_url(tmp_path), MASTER)
    store.close()
    path = tmp_path / "roundtable.db"
    whole = bytearray(path.read_bytes())
    for page in range(2, len(whole) // 4096):
        whole[page * 4096 : page * 4096 + 200] = os.urandom(200)
    path.write_bytes(whole)
    with pytest.raises(StoreProblemError, match="damaged"):
        Store.open(sqlite_url(tmp_path), MASTER)


def test_a_locked_database_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_BUSY_SECONDS", 0.1)
    store = Store.open(sqlite_url(tmp_path), MASTER)
    store.close()
    other = sqlite3.connect(tmp_path / "roundtable.db")
    other.execute("BEGIN EXCLUSIVE")
    try:
        with pytest.raises(StoreProblemError, match="locked by another program"):
            Store.open(sqlite_url(tmp_path), MASTER)
    finally:
        other.close()


def test_a_store_of_a_newer_version_is_refused(url: str) -> None:
    store = Store.open(url, MASTER)
    with store.engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    store.close()
    with pytest.raises(StoreProblemError, match="newer version"):
        Store.open(url, MASTER)
