"""A database that is gone, empty, older or of another version, and what each command of the shell does about it."""

import asyncio
import re
import shutil
import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot import config
from bot.app import App
from bot.cli import shell
from storage import database, restoring, revisions, rows
from storage.account import Account
from storage.head import FILE
from storage.store import Store
from tests.bot.test_config import EXAMPLE, a_deployment
from tests.storage.examples import MASTER, NOW, a_case, an_entry

BOT = str(EXAMPLE["matrix"]["user_id"])


@pytest.fixture
def bot(tmp_path: Path) -> Path:
    """The folder of a bot that has run: a database with a case and two lines of audit log, and a crypto store."""
    a_deployment(tmp_path)
    (tmp_path / "crypto").mkdir(mode=0o700)
    (tmp_path / "crypto" / "crypto.db").write_bytes(b"no crypto store " * 100)

    async def write() -> None:
        url = f"sqlite:///{tmp_path}/roundtable.db"
        store = Store.open(url, MASTER, Account(BOT))
        store_of_keys = tmp_path / "crypto"
        with store.work("$1", NOW) as work:
            work.open_case(a_case())
            work.record(an_entry("$1"))
        store.close()
        shutil.copy(tmp_path / "roundtable.db", tmp_path / "backup.db")
        store = Store.open(url, MASTER, Account(BOT), head_in=store_of_keys)
        with store.work("$2", NOW) as work:
            work.record(an_entry("$2"))
        store.keep_head(anew=True)
        store.close()

    asyncio.run(write())
    assert (tmp_path / "crypto" / FILE).exists()
    return tmp_path


def run(bot: Path, *arguments: str | Path) -> int:
    return shell.main(["--config", str(bot / "config.toml"), *map(str, arguments)])


def put_back(bot: Path) -> None:
    for path in bot.glob("roundtable.db*"):
        path.unlink()
    shutil.copy(bot / "backup.db", bot / "roundtable.db")


def files(bot: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in bot.rglob("*") if path.is_file() and path.suffix != ".lock"}


COMMANDS = [
    ("run",),
    ("provision", Path(__file__).parent.parent.parent.parent / "docs" / "agencies.example.toml", "--dry-run"),
    ("provision", Path(__file__).parent.parent.parent.parent / "docs" / "agencies.example.toml", "--yes"),
    ("audit", "verify"),
    ("backup", "BACKUP"),
    ("db", "check"),
    ("db", "restored"),
    ("db", "release", "@gone:example.org"),
]


def of(bot: Path, given: tuple[str | Path, ...]) -> list[str | Path]:
    return [bot / "monday" if argument == "BACKUP" else argument for argument in given]


@pytest.mark.parametrize("given", [*COMMANDS, ("db", "upgrade")], ids=lambda given: " ".join(map(str, given))[-30:])
def test_a_database_that_is_gone_is_told_by_each_command_and_made_by_none(
    bot: Path, given: tuple[str | Path, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    for path in bot.glob("roundtable.db*"):
        path.unlink()
    before = files(bot)
    assert run(bot, *of(bot, given)) == 1
    assert re.search("there is no store|there is no store of Roundtable", capsys.readouterr().err)
    assert files(bot) == before


@pytest.mark.parametrize("given", COMMANDS[:4], ids=lambda given: " ".join(map(str, given))[-30:])
def test_an_emptied_database_is_not_taken_for_a_new_one(
    bot: Path, given: tuple[str | Path, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with sqlite3.connect(bot / "roundtable.db") as raw:
        for table in reversed(rows.TABLES):
            raw.execute(str(sa.delete(table)))
    raw.close()
    assert run(bot, *of(bot, given)) == 1
    assert "the audit log had 2 lines, and the database has 0" in capsys.readouterr().err


@pytest.mark.parametrize("given", COMMANDS, ids=lambda given: " ".join(map(str, given))[-30:])
def test_an_older_version_is_brought_up_to_date_by_nobody_who_only_looks(
    bot: Path, newer: str, given: tuple[str | Path, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    version = newer
    status = run(bot, *of(bot, given)) if given != ("run",) else 1
    told = capsys.readouterr()
    assert version_of(bot) == version != database.NEWEST
    if given == ("backup", "BACKUP"):
        # Whoever is about to bring it up to date wants a backup first.
        assert status == 0
        assert "not noted in the audit log" in told.out
    elif given != ("run",):
        assert status == 1
        assert f"the tables are of revision {version}, not {database.NEWEST}: run roundtable db upgrade" in told.err


def test_db_upgrade_brings_it_up_to_date_and_says_from_what_to_what(
    bot: Path, newer: str, capsys: pytest.CaptureFixture[str]
) -> None:
    version = newer
    assert run(bot, "db", "upgrade") == 0
    assert f"now of revision {database.NEWEST}, after {version}" in capsys.readouterr().out
    assert version_of(bot) == database.NEWEST


def test_run_brings_it_up_to_date_and_says_so_in_the_log(
    bot: Path, newer: str, capsys: pytest.CaptureFixture[str]
) -> None:
    version = newer
    # The crypto store of these tests is none: it ends there, behind the database.
    assert run(bot, "run") == 1
    said = capsys.readouterr()
    assert re.search(
        rf"tables brought up to date +after={database.NEWEST} before={version}", plain(said.out + said.err)
    )
    assert version_of(bot) == database.NEWEST


def plain(text: str) -> str:
    return re.sub(r"\x1b\[\d*m", "", text).replace("'", "")


@pytest.fixture
def newer(bot: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A version whose tables are of another revision; gives the one on file."""
    migrations = tmp_path / "migrations"
    shutil.copytree(revisions._MIGRATIONS, migrations)
    head = f'revision = "9999"\ndown_revision = "{database.NEWEST}"\n'
    (migrations / "versions" / "9999_newer.py").write_text(
        f"{head}\n\ndef upgrade() -> None:\n    pass\n\n\ndef downgrade() -> None:\n    pass\n"
    )
    monkeypatch.setattr(revisions, "_MIGRATIONS", migrations)
    monkeypatch.setattr(database, "NEWEST", "9999")
    return version_of(bot)


def version_of(bot: Path) -> str:
    with sqlite3.connect(bot / "roundtable.db") as raw:
        (version,) = raw.execute("SELECT version_num FROM alembic_version").fetchone()
    raw.close()
    return str(version)


def test_looking_changes_not_a_byte(bot: Path) -> None:
    shutil.copy(bot / "backup.db", bot / "looked-at.db")
    text = (bot / "config.toml").read_text()
    (bot / "config.toml").write_text(re.sub("# url = .*", f'url = "sqlite:///{bot}/looked-at.db"', text))
    (bot / "crypto" / FILE).unlink()
    before = files(bot)
    assert run(bot, "db", "check") == 0
    assert files(bot) == before


def test_an_older_database_is_refused_until_somebody_says_that_it_is_the_right_one(
    bot: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put_back(bot)
    with pytest.raises(database.StoreProblemError, match="the audit log had 2 lines, and the database has 1"):
        asyncio.run(App(config.load(bot / "config.toml"), lambda: NOW).run(asyncio.Event()))
    assert run(bot, "audit", "verify") == 1
    assert "say so with roundtable db restored" in capsys.readouterr().err
    assert run(bot, "db", "check") == 1

    assert run(bot, "db", "restored") == 0
    assert "nothing is on file" in capsys.readouterr().out
    assert run(bot, "audit", "verify") == 0
    assert run(bot, "db", "check") == 0
    with sqlite3.connect(bot / "roundtable.db") as raw:
        lines = raw.execute("SELECT actor, command, outcome FROM audit ORDER BY id").fetchall()
    raw.close()
    assert ("operator", "restored", "done") in lines

    capsys.readouterr()
    assert run(bot, "db", "restored") == 0
    assert "has everything" in capsys.readouterr().out


async def test_what_was_noted_stays_until_the_rooms_were_told(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path}/roundtable.db", MASTER, Account(BOT))
    with store.work("$1", NOW) as work:
        work.open_case(a_case())
        work.record(an_entry("$1"))
    assert restoring.accept(store, None, NOW) == NOW
    with store.look() as find:
        assert restoring.noted(find) == restoring.Unknown(NOW, NOW)
        assert restoring.channels(find) == ["case:K7QF"]
    with store.work("$2", NOW) as work:
        restoring.told(work)
    with store.look() as find:
        assert restoring.noted(find) is None
    store.close()


async def test_the_reference_of_a_room_that_is_not_on_file_is_given_to_no_other_case(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path}/roundtable.db", MASTER, Account(BOT))
    with store.work("$1", NOW) as work:
        work.open_case(a_case())
        work.record(an_entry("$1"))
    restoring.accept(store, None, NOW)
    with store.work("$2", NOW) as work:
        assert restoring.looks_for_rooms(work.find)
        assert restoring.set_aside(work, ["K7QF", "Q2R7"]) == ["Q2R7"]
    with store.look() as find:
        assert not restoring.looks_for_rooms(find)
        assert find.is_taken("Q2R7")
        assert not find.is_taken("Q2R8")
    store.close()
