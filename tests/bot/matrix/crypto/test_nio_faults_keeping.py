"""What nio 0.26 does wrong with what it keeps; each test shows it, and that it does not reach us."""

import os
import shutil
import stat
from pathlib import Path

import nio
import pytest

from benchmarks.blocking import measure_nio_sharing, measure_sharing
from bot.matrix.crypto.client import HardenedClient
from bot.matrix.crypto.errors import StoreLocked
from bot.matrix.crypto.sync import upload_keys
from bot.matrix.crypto.trust import MemoryPins
from tests.bot.matrix.crypto.people import Meet, claim_keys, count_keys, send_to_device
from tests.bot.matrix.crypto.plain import OpenPlain, make_plain
from tests.homeserver import Homeserver


@pytest.mark.nio_fault(6)
async def test_nio_never_uploads_again_after_a_crash_and_we_do(
    meet: Meet, plain: OpenPlain, homeserver: Homeserver
) -> None:
    bot, anna = await meet("bot", "anna")
    await bot.stop_listening()
    theirs = await plain("bot")
    folder = Path(theirs.store_path)
    database = Path(theirs.store.database_path)
    await claim_keys(anna, theirs.user_id, theirs.device_id, 40)
    await send_to_device(anna, theirs.user_id, theirs.device_id, "org.example.tick", {})
    await theirs.sync(timeout=0)
    # The homeserver takes the keys, and the process ends before it knows.
    shutil.copy(database, folder / "before")
    assert isinstance(await theirs.keys_upload(), nio.KeysUploadResponse)
    shutil.copytree(folder, folder.with_name("crashed"))
    shutil.copy(folder / "before", folder.with_name("crashed") / database.name)
    again = make_plain(homeserver.url, theirs.user_id, folder.with_name("crashed"))
    again.restore_login(theirs.user_id, theirs.device_id, theirs.access_token)
    await claim_keys(anna, theirs.user_id, theirs.device_id, 30)
    await again.sync(timeout=0)
    assert again.should_upload_keys
    for _ in range(2):
        assert isinstance(await again.keys_upload(), nio.KeysUploadError)
    await again.close()

    upload = bot.client.machine.prepare_upload(0, fallback=True)
    assert upload is not None
    await bot.client.wire.ask("POST", "v3/keys/upload", upload)
    await upload_keys(bot.client.wire, bot.client.machine, held=0, fallback=True)
    await claim_keys(anna, bot.user_id, bot.client.device_id, 90)
    await bot.client.sync_once(bot.since, timeout_ms=0)
    assert await count_keys(bot.client) == 50


@pytest.mark.nio_fault(20)
async def test_nio_leaves_its_store_open_to_others_and_ours_is_private(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        theirs = [make_plain("http://127.0.0.1:9", "@bot:localhost", tmp_path / "theirs") for _ in range(2)]
        for client in theirs:
            client.restore_login("@bot:localhost", "BOT", "token")
        assert stat.S_IMODE(os.stat(theirs[0].store.database_path).st_mode) == 0o644  # noqa: PTH116 - a path of nio's
        assert theirs[0].config.pickle_key == "DEFAULT_KEY"
        # Both work with the same account, and each overwrites what the other saves.
        assert theirs[0].olm.account.identity_keys == theirs[1].olm.account.identity_keys
        for client in theirs:
            client.store.database.close()

        folder, key = tmp_path / "ours", os.urandom(32)
        account = ("http://127.0.0.1:9", "@bot:localhost", "BOT", "token", folder, key, MemoryPins())
        ours = await HardenedClient.open_client(*account)
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
        with pytest.raises(StoreLocked):
            await HardenedClient.open_client(*account)
        await ours.close()
    finally:
        os.umask(before)


@pytest.mark.nio_fault(21)
async def test_nio_holds_up_the_event_loop_and_we_let_others_go_on(tmp_path: Path) -> None:
    theirs = await measure_nio_sharing(tmp_path / "theirs", devices=100)
    ours = await measure_sharing(tmp_path / "ours", devices=100)

    # How long it takes depends on the machine, and the benchmark holds it to a limit; that it comes in one piece, and
    # ours in many, does not.
    assert ours < theirs / 2
