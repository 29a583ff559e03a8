import contextlib
import sqlite3
import stat
from pathlib import Path

import pytest

from storage.backup import back_up
from storage.database import StoreProblemError


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A database with a write-ahead log and a line in it."""
    path = tmp_path / "source.db"
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode = wal")
        database.execute("CREATE TABLE said (words TEXT)")
        database.execute("INSERT INTO said VALUES ('first')")
        database.commit()
    return path


def words_in(path: Path) -> list[str]:
    with contextlib.closing(sqlite3.connect(path)) as database:
        return [words for (words,) in database.execute("SELECT words FROM said")]


def test_a_copy_is_of_one_moment_private_and_in_one_file(tmp_path: Path, source: Path) -> None:
    (tmp_path / "copies").mkdir()
    with contextlib.closing(sqlite3.connect(source)) as used:
        # What is committed is in the log only; what is not is no part of any moment.
        used.execute("INSERT INTO said VALUES ('second')")
        used.commit()
        used.execute("INSERT INTO said VALUES ('half')")
        back_up(source, tmp_path / "copies" / "copy.db")
        # Nobody was held up, and what was begun goes on.
        used.commit()
    assert [path.name for path in (tmp_path / "copies").iterdir()] == ["copy.db"]
    assert stat.S_IMODE((tmp_path / "copies" / "copy.db").stat().st_mode) == 0o600
    assert words_in(tmp_path / "copies" / "copy.db") == ["first", "second"]
    assert words_in(source) == ["first", "second", "half"]


def test_an_earlier_copy_is_not_overwritten(tmp_path: Path, source: Path) -> None:
    (tmp_path / "copy.db").write_text("an earlier one")
    with pytest.raises(StoreProblemError, match="can't be written: File exists"):
        back_up(source, tmp_path / "copy.db")
    assert (tmp_path / "copy.db").read_text() == "an earlier one"
    assert not (tmp_path / "copy.db.unfinished").exists()


def test_a_store_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(StoreProblemError, match="there is no store"):
        back_up(tmp_path / "lost.db", tmp_path / "copy.db")
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_store_gives_no_copy(tmp_path: Path, source: Path) -> None:
    content = bytearray(source.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    source.write_bytes(content)
    with pytest.raises(StoreProblemError, match=r"damaged|can't be copied"):
        back_up(source, tmp_path / "copy.db")
    assert list(tmp_path.glob("copy*")) == []


def test_what_is_no_store_gives_no_copy(tmp_path: Path) -> None:
    (tmp_path / "source.db").write_bytes(b"no database" * 1000)
    with pytest.raises(StoreProblemError, match="can't be copied: SQLITE_NOTADB"):
        back_up(tmp_path / "source.db", tmp_path / "copy.db")
    assert list(tmp_path.glob("copy*")) == []
