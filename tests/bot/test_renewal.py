import shutil
from pathlib import Path

import pytest

from bot import config
from bot.config import ConfigProblem
from bot.matrix.crypto.errors import TokenRevoked, WrongRecoveryKey
from bot.matrix.crypto.trust import Verdict
from bot.matrix.crypto.vault import encode_recovery_key
from bot.matrix.crypto.wire import Wire
from bot.renewal import renew
from storage import lease
from storage.database import StoreProblemError
from tests.bot.test_setup import (
    NOW,
    PASSWORD,
    an_account,
    contents,
    device_names,
    make_bot,
    open_to_others,
    verdict_on_bot,
)
from tests.homeserver import Homeserver

pytestmark = pytest.mark.e2e


async def renew_bot(folder: Path, recovery_key: str | None, *, password: str = PASSWORD) -> tuple[Path, list[str]]:
    shown: list[str] = []
    aside = await renew(
        folder / "config.toml", password, recovery_key, store_url=None, clock=lambda: NOW, show=shown.append
    )
    return aside, shown


async def test_a_lost_store_is_replaced_and_the_old_identity_signs_the_new_device(
    homeserver: Homeserver, tmp_path: Path
) -> None:
    account = an_account(homeserver)
    (recovery_key,) = await make_bot(account, tmp_path)
    path = tmp_path / "config.toml"
    path.write_text(path.read_text().replace("# tick_seconds = 30", "tick_seconds = 7  # ours"))
    before = config.load(path)
    token = before.matrix.token()
    shutil.rmtree(tmp_path / "crypto")

    aside, shown = await renew_bot(tmp_path, recovery_key)

    after = config.load(path)
    assert shown == []
    assert after.matrix.device_id != before.matrix.device_id
    assert (after.schedule.tick_seconds, "# ours" in path.read_text()) == (7, True)
    assert await verdict_on_bot(after, recovery_key) is Verdict.TRUSTED
    assert sorted(kept.name for kept in aside.iterdir()) == ["access_token", "config.toml", "crypto.key"]
    assert open_to_others(tmp_path) == []
    # The lost device is signed out: whoever has its store reads nothing more.
    assert await device_names(account) == ["Roundtable"]
    async with Wire(account.homeserver, token) as wire:
        with pytest.raises(TokenRevoked):
            await wire.ask("GET", "v3/account/whoami")


async def test_without_the_recovery_key_a_new_identity_is_made(homeserver: Homeserver, tmp_path: Path) -> None:
    (lost_key,) = await make_bot(an_account(homeserver), tmp_path)
    shutil.rmtree(tmp_path / "crypto")
    (tmp_path / "crypto.key").unlink()
    (tmp_path / "access_token").unlink()

    _, (recovery_key,) = await renew_bot(tmp_path, None)

    assert recovery_key != lost_key
    assert await verdict_on_bot(config.load(tmp_path / "config.toml"), recovery_key) is Verdict.TRUSTED


@pytest.mark.parametrize("mistake", ["password", "recovery key"])
async def test_after_a_mistake_everything_is_as_it_was(homeserver: Homeserver, tmp_path: Path, mistake: str) -> None:
    account = an_account(homeserver)
    (recovery_key,) = await make_bot(account, tmp_path)
    before = contents(tmp_path)
    password = "wrong" if mistake == "password" else PASSWORD
    given_key = encode_recovery_key(bytes(32)) if mistake == "recovery key" else recovery_key

    with pytest.raises((ConfigProblem, WrongRecoveryKey)):
        await renew_bot(tmp_path, given_key, password=password)

    assert {path: content for path, content in contents(tmp_path).items() if "roundtable.db" not in path.name} == {
        path: content for path, content in before.items() if "roundtable.db" not in path.name
    }
    assert await verdict_on_bot(config.load(tmp_path / "config.toml"), recovery_key) is Verdict.TRUSTED
    assert await device_names(account) == ["Roundtable"]


async def test_nothing_is_changed_while_the_bot_runs(homeserver: Homeserver, tmp_path: Path) -> None:
    (recovery_key,) = await make_bot(an_account(homeserver), tmp_path)
    before = contents(tmp_path)
    settings = config.load(tmp_path / "config.toml")

    with lease.hold(settings.store.url, settings.matrix.user_id), pytest.raises(StoreProblemError):
        await renew_bot(tmp_path, recovery_key)

    assert contents(tmp_path).keys() == before.keys()


async def test_another_layout_is_left_to_people(homeserver: Homeserver, tmp_path: Path) -> None:
    await make_bot(an_account(homeserver), tmp_path)
    path = tmp_path / "config.toml"
    path.write_text(path.read_text().replace("\n[matrix]\n", '\n[matrix]\nstore_dir = "elsewhere"\n'))

    with pytest.raises(ConfigProblem, match="not laid out"):
        await renew_bot(tmp_path, None)


async def test_without_a_master_key_nothing_is_done(homeserver: Homeserver, tmp_path: Path) -> None:
    await make_bot(an_account(homeserver), tmp_path)
    (tmp_path / "master.key").unlink()

    with pytest.raises(ConfigProblem, match="backup"):
        await renew_bot(tmp_path, None)


async def test_without_a_configuration_there_is_nothing_to_renew(tmp_path: Path) -> None:
    with pytest.raises(ConfigProblem, match="does not exist"):
        await renew_bot(tmp_path, None)
