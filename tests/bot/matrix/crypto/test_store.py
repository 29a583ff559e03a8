import os
import sqlite3
import stat
from pathlib import Path

import pytest

from bot.matrix.crypto.client import HardenedClient
from bot.matrix.crypto.errors import StoreLocked, StoreUnreadable
from bot.matrix.crypto.store import COPY, DATABASE
from bot.matrix.crypto.trust import MemoryPins
from storage.backup import back_up

KEY = os.urandom(32)


async def open_store(folder: Path, *, user_id: str = "@bot:localhost", key: bytes = KEY) -> HardenedClient:
    return await HardenedClient.open_client("http://127.0.0.1:9", user_id, "BOT", "token", folder, key, MemoryPins())


async def test_keys_outlive_the_process(tmp_path: Path) -> None:
    first = await open_store(tmp_path / "store")
    await first.close()
    second = await open_store(tmp_path / "store")
    await second.close()

    assert first.machine.identity_key == second.machine.identity_key


async def test_store_is_private_and_keeps_a_log(tmp_path: Path) -> None:
    client = await open_store(tmp_path / "store")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "store").iterdir()}
    await client.close()

    assert stat.S_IMODE((tmp_path / "store").stat().st_mode) == 0o700
    assert modes == {"crypto.db": 0o600, "crypto.db-wal": 0o600, "crypto.db-shm": 0o600, "lock": 0o600}


async def test_second_process_is_refused(tmp_path: Path) -> None:
    first = await open_store(tmp_path / "store")

    with pytest.raises(StoreLocked):
        await open_store(tmp_path / "store")

    await first.close()
    await (await open_store(tmp_path / "store")).close()


async def test_wrong_key_is_refused(tmp_path: Path) -> None:
    await (await open_store(tmp_path / "store")).close()

    with pytest.raises(StoreUnreadable):
        await open_store(tmp_path / "store", key=os.urandom(32))

    # What could not be read was not replaced either.
    await (await open_store(tmp_path / "store")).close()


async def test_store_of_another_account_is_refused(tmp_path: Path) -> None:
    await (await open_store(tmp_path / "store")).close()

    with pytest.raises(StoreUnreadable):
        await open_store(tmp_path / "store", user_id="@other:localhost")


@pytest.mark.parametrize("damage", [b"not a database at all" * 100, b"SQLite format 3\0" + b"\xff" * 4000])
async def test_corrupt_store_is_refused(tmp_path: Path, damage: bytes) -> None:
    await (await open_store(tmp_path / "store")).close()
    (tmp_path / "store" / "crypto.db").write_bytes(damage)

    with pytest.raises(StoreUnreadable):
        await open_store(tmp_path / "store")


async def test_damaged_key_is_refused(tmp_path: Path) -> None:
    await (await open_store(tmp_path / "store")).close()
    with sqlite3.connect(tmp_path / "store" / "crypto.db") as database:
        database.execute("UPDATE accounts SET account = substr(account, 1, 100)")
    database.close()

    with pytest.raises(StoreUnreadable):
        await open_store(tmp_path / "store")


async def test_secrets_are_not_shown(tmp_path: Path) -> None:
    client = await open_store(tmp_path / "store")
    await client.close()

    assert repr(client) == "HardenedClient(@bot:localhost, BOT)"
    assert "token" not in repr(client.wire)


async def test_copy_is_made_while_the_store_is_used_and_no_bot_runs_on_it(tmp_path: Path) -> None:
    client = await open_store(tmp_path / "store")
    client.machine.prepare_upload(0, fallback=True)
    (tmp_path / "copy").mkdir()
    with client.machine.transaction():
        back_up(tmp_path / "store" / DATABASE, tmp_path / "copy" / DATABASE, mark=COPY)
    client.machine.mark_uploaded()
    await client.close()

    with pytest.raises(StoreUnreadable, match="roundtable init --recover"):
        await open_store(tmp_path / "copy")

    # Whoever knows what that means can look into it: everything is there, and its secrets are as sealed as before.
    with sqlite3.connect(tmp_path / "copy" / DATABASE) as database:
        database.execute(f"DROP TABLE {COPY}")
    database.close()
    copy = await open_store(tmp_path / "copy")
    await copy.close()
    assert copy.machine.identity_key == client.machine.identity_key
    assert len(copy.machine._olm.account.one_time_keys["curve25519"]) == 50
    await (await open_store(tmp_path / "store")).close()


async def test_store_that_was_damaged_in_the_middle_is_refused(tmp_path: Path) -> None:
    client = await open_store(tmp_path / "store")
    client.machine.prepare_upload(0, fallback=True)
    await client.close()
    path = tmp_path / "store" / "crypto.db"
    content = bytearray(path.read_bytes())
    content[4096:-4096] = os.urandom(len(content) - 8192)
    path.write_bytes(content)

    with pytest.raises(StoreUnreadable):
        await open_store(tmp_path / "store")
