"""A log whose end was cut, or that was set back, is not taken for whole: its head is kept outside of the database."""

import json
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from storage import audit, check, database, tables
from storage.crypto import Keyring
from storage.database import StoreProblemError
from storage.head import FILE, HeadMissingError
from storage.store import Store
from tests.storage.examples import MASTER, NOW, an_entry


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of the crypto store."""
    (tmp_path / "crypto").mkdir()
    return tmp_path / "crypto"


@contextmanager
def opened(url: str, folder: Path) -> Iterator[Store]:
    store = Store.open(url, MASTER, head_in=folder)
    first = store.head is not None and store.head.read() is None
    yield store
    # As init does, and the bot once it has opened the crypto store.
    store.keep_head(anew=first)
    store.close()


def write(store: Store, *causes: str) -> None:
    for cause in causes:
        with store.work(cause, NOW) as work:
            work.record(an_entry(cause))


def change(url: str, statement: sa.Executable) -> None:
    engine = database.connect(url)
    with engine.begin() as connection:
        connection.execute(statement)
    engine.dispose()


def test_the_head_is_kept_for_its_owner_only_and_whole_at_the_end(url: str, folder: Path) -> None:
    with opened(url, folder) as store:
        write(store, "$1", "$2")
    assert os.listdir(folder) == [FILE]  # noqa: PTH208 a test may wait for the disk
    assert stat.S_IMODE((folder / FILE).stat().st_mode) == 0o600
    kept = json.loads((folder / FILE).read_text())
    with opened(url, folder) as store, store.update() as session:
        newest = session.scalar(sa.select(tables.audit.c.digest).order_by(tables.audit.c.id.desc()).limit(1))
    assert (kept["lines"], kept["digest"]) == (2, newest.hex() if newest else None)


LAST = tables.audit.c.id == sa.select(sa.func.max(tables.audit.c.id)).scalar_subquery()
CUTS = {
    "its end": sa.delete(tables.audit).where(LAST),
    "all of it": sa.delete(tables.audit),
    "its beginning": sa.delete(tables.audit).where(tables.audit.c.id < 3),
}


@pytest.mark.parametrize("what", CUTS)
def test_a_log_that_was_cut_is_refused(url: str, folder: Path, what: str) -> None:
    with opened(url, folder) as store:
        write(store, "$1", "$2", "$3")
    change(url, CUTS[what])
    with pytest.raises(HeadMissingError, match="the audit log had 3 lines, and the database has"):
        Store.open(url, MASTER, head_in=folder)
    engine = database.connect(url)
    found = check.check(engine, MASTER, head_in=folder)
    engine.dispose()
    assert any("the audit log had 3 lines" in problem for problem in found.problems)


def test_a_log_with_another_end_of_the_same_length_is_refused(url: str, folder: Path) -> None:
    with opened(url, folder) as store:
        write(store, "$1", "$2")
    change(url, sa.delete(tables.audit).where(LAST))
    # Whoever has the master key can write a line that is right in itself.
    with opened(url, folder.parent / "elsewhere") as store:
        write(store, "$3")
        with store.update() as session:
            assert audit.first_fault(session, store.ring) is None
    with pytest.raises(HeadMissingError):
        Store.open(url, MASTER, head_in=folder)


def test_a_head_that_is_behind_is_right_and_catches_up(url: str, folder: Path) -> None:
    with opened(url, folder) as store:
        write(store, "$1")
    behind = (folder / FILE).read_text()
    with opened(url, folder) as store:
        write(store, "$2")
        store.keep_head()
        ahead = (folder / FILE).read_text()
    # As after a crash, or written by another process a moment later.
    (folder / FILE).write_text(behind)
    with opened(url, folder):
        pass
    assert (folder / FILE).read_text() == ahead != behind


def test_what_is_behind_never_takes_the_place_of_what_was_kept(url: str, folder: Path) -> None:
    with opened(url, folder) as store:
        write(store, "$1", "$2")
    kept = (folder / FILE).read_text()
    with opened(url, folder) as store:
        change(url, sa.delete(tables.audit).where(LAST))
        store.keep_head()
    assert (folder / FILE).read_text() == kept


@pytest.mark.parametrize(
    "forge", [lambda kept: kept | {"lines": 1}, lambda _: {}, lambda kept: kept | {"digest": "zz"}]
)
def test_a_head_that_was_changed_is_refused(url: str, folder: Path, forge: object) -> None:
    with opened(url, folder) as store:
        write(store, "$1", "$2")
    kept = json.loads((folder / FILE).read_text())
    (folder / FILE).write_text(json.dumps(forge(kept)))  # type: ignore[operator]  # a function
    with pytest.raises(HeadMissingError, match="was changed"):
        Store.open(url, MASTER, head_in=folder)


def test_an_empty_database_is_not_taken_for_that_of_a_bot_that_had_one(url: str, folder: Path) -> None:
    (folder / "crypto.db").write_bytes(b"keys")
    with pytest.raises(StoreProblemError, match="this bot had a store, and the database is empty"):
        Store.open(url, MASTER, head_in=folder)


def test_nothing_is_noted_first_by_whoever_only_opens_the_store(url: str, folder: Path) -> None:
    store = Store.open(url, MASTER, head_in=folder)
    write(store, "$1")
    store.close()
    assert os.listdir(folder) == []  # noqa: PTH208 a test may wait for the disk


def test_where_there_is_no_folder_nothing_is_kept(url: str, folder: Path) -> None:
    shutil.rmtree(folder)
    with opened(url, folder) as store:
        write(store, "$1")
    assert not os.path.exists(folder)  # noqa: PTH110 a test may wait for the disk


def test_only_the_master_key_makes_the_signature() -> None:
    from storage.head import Head  # noqa: PLC0415

    head = Head(2, bytes(32))
    assert head.seal(Keyring(MASTER)) != head.seal(Keyring(bytes(32)))
    assert head.seal(Keyring(MASTER)) != Head(3, bytes(32)).seal(Keyring(MASTER))
