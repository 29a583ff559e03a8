import asyncio
import sqlite3
from pathlib import Path

import pytest

from bot.cli import shell
from bot.database import read_url
from storage import claims, database
from storage.account import Account
from storage.store import Store
from tests.bot.test_config import a_deployment
from tests.postgres import Postgres
from tests.storage.examples import MASTER, NOW, a_case, an_entry


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("sqlite:/data/roundtable.db", "sqlite:////data/roundtable.db"),
        ("sqlite:////data/roundtable.db", "sqlite:////data/roundtable.db"),
        ("sqlite:roundtable.db", "sqlite:///{here}/roundtable.db"),
        ("sqlite:///roundtable.db", "sqlite:///{here}/roundtable.db"),
        ("postgresql://roundtable@db/roundtable", "postgresql+psycopg://roundtable@db/roundtable"),
        ("postgres://roundtable@db/roundtable", "postgresql+psycopg://roundtable@db/roundtable"),
        ("postgresql+psycopg://roundtable@db/roundtable", "postgresql+psycopg://roundtable@db/roundtable"),
    ],
)
def test_an_address_is_read_as_people_write_it(given: str, address: str) -> None:
    assert read_url(given) == address.format(here=Path.cwd())


@pytest.mark.parametrize("given", ["sqlite:", "roundtable.db", "mysql://db/roundtable", "postgresql://me:canary@db/x"])
def test_an_address_that_is_none_or_holds_a_password_is_refused(given: str) -> None:
    with pytest.raises(ValueError, match=r"^(must begin|needs the whole|holds a password)") as refused:
        read_url(given)
    assert "canary" not in str(refused.value)


def run(*arguments: str | Path) -> int:
    return shell.main([str(argument) for argument in arguments])


def test_a_store_is_made_looked_at_moved_and_looked_at_again(
    tmp_path: Path, empty_postgresql_url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = a_deployment(tmp_path)
    assert run("--config", path, "db", "upgrade") == 0
    assert f"now of revision {database.NEWEST}, after none" in capsys.readouterr().out
    assert run("--config", path, "db", "upgrade") == 0
    assert "up to date" in capsys.readouterr().out
    fill(tmp_path)

    move = ("db", "copy", "--from", f"sqlite:{tmp_path}/roundtable.db", "--to", empty_postgresql_url)
    assert run("--config", path, *move) == 0
    said = capsys.readouterr().out
    assert "        1 of 1 cases\n" in said
    assert "each the same on both sides" in said
    assert run("--config", path, *move) == 1
    assert "the target holds another store: give an empty database" in capsys.readouterr().err

    monkeypatch.setenv("ROUNDTABLE_STORE__URL", empty_postgresql_url)
    assert run("--config", path, "db", "check") == 0
    said = capsys.readouterr().out
    assert "        1 cases\n" in said
    assert "The store is whole, and so is its audit log." in said


def test_a_database_that_cannot_keep_every_name_is_refused(
    tmp_path: Path, postgres: Postgres, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = a_deployment(tmp_path)
    assert run("--config", path, "db", "upgrade") == 0
    assert run("--config", path, "audit", "verify") == 0
    name = postgres.make_database("template0", encoding="LATIN1")
    url = postgres.url(name)

    assert run("--config", path, "db", "copy", "--from", f"sqlite:{tmp_path}/roundtable.db", "--to", url) == 1
    assert "keeps text as LATIN1" in capsys.readouterr().err
    monkeypatch.setenv("ROUNDTABLE_STORE__URL", url)
    assert run("--config", path, "db", "upgrade") == 1
    assert "with createdb --encoding UTF8 --template template0" in capsys.readouterr().err
    postgres.drop_database(name)


def fill(folder: Path) -> None:
    async def write() -> None:
        store = Store.open(f"sqlite:///{folder}/roundtable.db", MASTER)
        with store.work("$1", NOW) as work:
            work.open_case(a_case())
            work.record(an_entry("$1"))
        store.close()

    asyncio.run(write())


def test_a_store_that_is_not_whole_fails_the_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = a_deployment(tmp_path)
    fill(tmp_path)
    with sqlite3.connect(tmp_path / "roundtable.db") as raw:
        raw.execute("UPDATE audit SET actor = '@mallory:example.org'")
    raw.close()
    assert run("--config", path, "db", "check") == 1
    assert "line 1 of the audit log was changed" in capsys.readouterr().err


def test_looking_at_a_store_that_is_not_there_makes_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = a_deployment(tmp_path)
    assert run("--config", path, "db", "check") == 1
    assert "there is no store" in capsys.readouterr().err
    assert not (tmp_path / "roundtable.db").exists()


def test_both_addresses_are_checked_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--config", a_deployment(tmp_path), "db", "copy", "--from", "a.db", "--to", "mysql://db/x") == 2
    complained = capsys.readouterr().err
    assert "--from must begin with" in complained
    assert "--to must begin with" in complained


def test_the_schemes_of_a_bot_that_is_gone_can_be_run_by_another(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = a_deployment(tmp_path)

    async def claim() -> None:
        url = f"sqlite:///{tmp_path}/roundtable.db"
        store = Store.open(url, MASTER, Account("@gone:example.org"))
        claims.claim(store)
        store.close()

    asyncio.run(claim())
    assert run("--config", path, "db", "release", "@other:example.org") == 1
    assert run("--config", path, "db", "release", "@gone:example.org") == 0
    assert capsys.readouterr().out == (
        "No bot @other:example.org ever ran on this store.\n@gone:example.org runs nothing any more.\n"
    )
