"""Backups: made beside a running bot, put back, and never taken for the device itself."""

import asyncio
import os
import shutil
import sqlite3
import sys
from pathlib import Path

import pytest

from bot import config
from bot.app import App
from bot.cli import shell
from bot.matrix.crypto.errors import StoreUnreadable
from storage import lease
from storage.head import HeadMissingError
from tests.bot.cli.test_db import fill
from tests.bot.test_config import a_deployment
from tests.bot.test_end_to_end import by_bot, open_case
from tests.bot.test_renewal import renew_bot
from tests.bot.test_setup import NOW, open_to_others
from tests.deployment import Deployment
from tests.homeserver import Homeserver


def run(*arguments: str | Path) -> int:
    return shell.main([str(argument) for argument in arguments])


def test_a_backup_beside_a_running_bot_is_whole_private_and_noted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = a_deployment(tmp_path)
    fill(tmp_path)
    with lease._hold_file(tmp_path / "roundtable.db"):
        assert run("--config", path, "backup", tmp_path / "monday") == 0
    assert "monday/roundtable.db is a whole copy" in capsys.readouterr().out
    assert [kept.name for kept in (tmp_path / "monday").iterdir()] == ["roundtable.db"]
    assert open_to_others(tmp_path / "monday") == []
    with sqlite3.connect(tmp_path / "roundtable.db") as store:
        (noted,) = store.execute("SELECT actor, command, outcome FROM audit ORDER BY id DESC LIMIT 1")
    store.close()
    assert noted == ("operator", "backup", "done")

    monkeypatch.setenv("ROUNDTABLE_STORE__URL", f"sqlite:///{tmp_path}/monday/roundtable.db")
    assert run("--config", path, "db", "check") == 0
    assert "        1 cases\n" in capsys.readouterr().out


def test_each_backup_has_a_folder_of_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = a_deployment(tmp_path)
    fill(tmp_path)
    (tmp_path / "monday").mkdir()
    assert run("--config", path, "backup", tmp_path / "monday") == 2
    assert "exists already: name a new folder for each backup" in capsys.readouterr().err
    assert run("--config", path, "backup", tmp_path / "no" / "where") == 2
    assert "can't be made: No such file or directory" in capsys.readouterr().err


def test_half_a_backup_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = a_deployment(tmp_path)
    fill(tmp_path)
    before = sorted(tmp_path.iterdir())
    assert run("--config", path, "backup", "--crypto", tmp_path / "monday") == 1
    assert f"there is no store {tmp_path}/crypto/crypto.db" in capsys.readouterr().err
    assert sorted(tmp_path.iterdir()) == before


def test_postgresql_has_its_own_backups(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = a_deployment(tmp_path)
    monkeypatch.setenv("ROUNDTABLE_STORE__URL", "postgresql+psycopg://roundtable@db.example.org/roundtable")
    assert run("--config", path, "backup", tmp_path / "monday") == 2
    assert "back it up with pg_dump" in capsys.readouterr().err


@pytest.mark.e2e
async def test_a_case_goes_on_from_a_backup_that_was_made_while_the_bot_ran(
    homeserver: Homeserver, tmp_path: Path
) -> None:
    deployment = await Deployment.make(tmp_path, homeserver, lambda: NOW, people=("cleo", "dirk", "ada"))
    folder, backup = tmp_path / "bot", tmp_path / "monday"
    try:
        await deployment.start_bot()
        room = await open_case(deployment, agencies="police, social", table=("cleo", "dirk", "ada"))
        dirk, ada = deployment.people["dirk"], deployment.people["ada"]
        await ada.say(room, "!concern before the fire kind: fact")
        await dirk.hears(by_bot(deployment, "C-1", "before the fire"), room)
        command = [sys.executable, "-m", "bot", "backup", "--crypto", str(backup)]
        environment = {**os.environ, "ROUNDTABLE_CONFIG": str(folder / "config.toml")}
        made = await asyncio.create_subprocess_exec(*command, env=environment, stdout=asyncio.subprocess.DEVNULL)
        assert await made.wait() == 0
        await ada.say(room, "!concern while it was copied kind: fact")
        await dirk.hears(by_bot(deployment, "C-2"), room)
        await deployment.stop_bot()

        # The machine is lost: the backup and the keys are what is left.
        for lost in (folder / "crypto", *folder.glob("roundtable.db*")):
            shutil.rmtree(lost) if lost.is_dir() else lost.unlink()
        shutil.copy(backup / "roundtable.db", folder / "roundtable.db")
        (folder / "crypto").mkdir(mode=0o700)
        shutil.copy(backup / "crypto.db", folder / "crypto" / "crypto.db")
        with pytest.raises(StoreUnreadable, match="roundtable init --recover"):
            await App(config.load(folder / "config.toml")).run(asyncio.Event())
        await renew_bot(folder, deployment.recovery_keys["roundtable"], password=deployment.password)

        await deployment.start_bot()
        told = await dirk.hears(by_bot(deployment, "I go on with an older copy of my file"), room)
        assert "from Mon 2 Nov 2026, 10:00" in told.content["body"]
        await ada.say(room, "!concern after the fire kind: fact")
        heard = await dirk.hears(by_bot(deployment, "after the fire"), room)
        assert heard.trusted
        # C-2 was given to what is lost: nobody must take the one for the other.
        assert "C-1001" in heard.content["body"]
    finally:
        await deployment.close()


@pytest.mark.e2e
async def test_a_bot_that_only_its_database_was_set_back_tells_each_room_once(
    homeserver: Homeserver, tmp_path: Path
) -> None:
    deployment = await Deployment.make(tmp_path, homeserver, lambda: NOW, people=("cleo", "dirk", "ada"))
    folder = tmp_path / "bot"
    settings = ("--config", folder / "config.toml")
    try:
        await deployment.start_bot()
        room = await open_case(deployment, agencies="police, social", table=("cleo", "dirk", "ada"))
        cleo, dirk, ada = (deployment.people[who] for who in ("cleo", "dirk", "ada"))
        coordination = await deployment.room("coordination")
        first = await cleo.hears(by_bot(deployment, "is open."), coordination)
        case = str(first.content["body"]).split()[0]
        await ada.say(room, "!concern before the backup kind: fact")
        await dirk.hears(by_bot(deployment, "C-1", "before the backup"), room)
        await deployment.stop_bot()
        assert await asyncio.to_thread(run, *settings, "backup", tmp_path / "monday") == 0
        await deployment.start_bot()
        await ada.say(room, "!concern after the backup kind: fact")
        await dirk.hears(by_bot(deployment, "C-2"), room)
        await cleo.say(coordination, "!case open why: after the backup goal: x agencies: police")
        opened = await cleo.hears(
            lambda e: by_bot(deployment, "is open.")(e) and case not in str(e.content), coordination
        )
        unfiled = str(opened.content["body"]).split()[0]
        await deployment.room(f"case:{unfiled}")
        await deployment.stop_bot()

        for path in folder.glob("roundtable.db*"):
            path.unlink()
        shutil.copy(tmp_path / "monday" / "roundtable.db", folder / "roundtable.db")
        with pytest.raises(HeadMissingError, match="roundtable db restored"):
            await App(config.load(folder / "config.toml")).run(asyncio.Event())
        assert await asyncio.to_thread(run, *settings, "db", "restored") == 0

        for _ in range(2):
            await deployment.start_bot()
            await deployment.bot_ticks()
            await deployment.stop_bot()
        await deployment.start_bot()
        older = by_bot(deployment, "I go on with an older copy of my file")
        for person, where in ((dirk, room), (cleo, coordination)):
            await person.hears(older, where)
        gone = by_bot(deployment, unfiled, "nothing of the case is on my file")
        await cleo.hears(gone, coordination)
        assert [message for message in cleo.heard if gone(message)][1:] == []
        await ada.say(room, "!concern and again kind: fact")
        heard = await dirk.hears(by_bot(deployment, "and again"), room)
        assert "C-1001" in heard.content["body"]
        assert [message for message in dirk.heard if message.room_id == room and older(message)][1:] == []
    finally:
        await deployment.close()
