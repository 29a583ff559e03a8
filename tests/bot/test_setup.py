import stat
import uuid
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot import config
from bot.config import Config, ConfigProblem
from bot.matrix.crypto.client import HardenedClient, sign_in
from bot.matrix.crypto.errors import MatrixError, TokenRevoked
from bot.matrix.crypto.trust import MemoryPins, Verdict, judge_devices, judge_identity
from bot.matrix.crypto.vault import load_secrets
from bot.matrix.crypto.wire import Wire
from bot.setup import Account, Wishes, check, set_up
from storage.pins import StoredPins
from storage.store import Store
from tests.homeserver import Homeserver

PASSWORD = "correct horse"
NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
ELSEWHERE = Account("https://matrix.example.org", "@bot:example.org", PASSWORD)


def an_account(homeserver: Homeserver) -> Account:
    return Account(homeserver.url, homeserver.register(f"bot-{uuid.uuid4().hex[:8]}", PASSWORD), PASSWORD)


async def make_bot(account: Account, folder: Path, *, replace_identity: bool = False) -> list[str]:
    """Set a bot up; what was shown."""
    shown: list[str] = []
    wishes = Wishes(folder, zone="Europe/Amsterdam", replace_identity=lambda: replace_identity)
    await set_up(account, wishes, clock=lambda: NOW, show=shown.append)
    return shown


async def open_bot(settings: Config) -> HardenedClient:
    matrix = settings.matrix
    return await HardenedClient.open_client(
        matrix.homeserver,
        matrix.user_id,
        matrix.device_id,
        matrix.token(),
        matrix.store_dir,
        matrix.store_key(),
        MemoryPins(),
    )


async def verdict_on_bot(settings: Config, recovery_key: str) -> Verdict:
    """What others think of the bot's device, once its recovery key has opened the secret storage."""
    client = await open_bot(settings)
    try:
        identity = await load_secrets(client, recovery_key)
        answer = await client.wire.ask("POST", "v3/keys/query", {"device_keys": {client.user_id: []}})
        signers = judge_identity(answer, client.user_id, identity.master.public)
        return judge_devices(answer, client.user_id, signers)[client.device_id].verdict
    finally:
        await client.close()


async def device_names(account: Account) -> list[str]:
    _, token = await sign_in(account.homeserver, account.user_id, PASSWORD, "Looking")
    async with Wire(account.homeserver, token) as wire:
        devices = await wire.ask("GET", "v3/devices")
        await wire.ask("POST", "v3/logout", {})
    names = (device["display_name"] for device in devices["devices"])
    # Registering made a device too, without a name.
    return sorted(name for name in names if name not in {None, "Looking"})


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def open_to_others(folder: Path) -> list[Path]:
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.rglob("*"))}
    return [path for path, mode in modes.items() if mode != (0o700 if path.is_dir() else 0o600)]


@pytest.mark.e2e
async def test_init_makes_a_bot_that_others_trust(homeserver: Homeserver, tmp_path: Path) -> None:
    account = an_account(homeserver)
    folder = tmp_path / "bot"

    (recovery_key,) = await make_bot(account, folder)

    settings = config.load(folder / "config.toml")
    assert (settings.matrix.user_id, settings.house.zone) == (account.user_id, "Europe/Amsterdam")
    assert await verdict_on_bot(settings, recovery_key) is Verdict.TRUSTED
    assert await device_names(account) == ["Roundtable"]
    assert open_to_others(folder) == []
    kept = b"".join(contents(folder).values())
    assert PASSWORD.encode() not in kept
    assert recovery_key.encode() not in kept


@pytest.mark.e2e
async def test_the_bot_knows_its_own_identity_from_the_start(homeserver: Homeserver, tmp_path: Path) -> None:
    account = an_account(homeserver)
    await make_bot(account, tmp_path / "bot")
    settings = config.load(tmp_path / "bot" / "config.toml")
    store = Store.open(settings.store.url, settings.store.master_key())
    pinned = await StoredPins(store, lambda: NOW).pinned(account.user_id)
    store.close()
    async with Wire(account.homeserver, settings.matrix.token()) as wire:
        answer = await wire.ask("POST", "v3/keys/query", {"device_keys": {account.user_id: []}})
    assert [pinned] == list(answer["master_keys"][account.user_id]["keys"].values())


@pytest.mark.e2e
async def test_a_second_init_changes_nothing_and_says_what_to_do(homeserver: Homeserver, tmp_path: Path) -> None:
    account = an_account(homeserver)
    await make_bot(account, tmp_path)
    before = contents(tmp_path)

    with pytest.raises(ConfigProblem) as told:
        await make_bot(account, tmp_path, replace_identity=True)

    assert str(told.value).endswith("If its crypto store or its session is lost: roundtable init --recover")
    assert contents(tmp_path) == before
    assert await device_names(account) == ["Roundtable"]


@pytest.mark.e2e
async def test_a_wrong_password_leaves_nothing_behind(homeserver: Homeserver, tmp_path: Path) -> None:
    account = replace(an_account(homeserver), password="wrong pony")
    with pytest.raises(ConfigProblem) as told:
        await make_bot(account, tmp_path)
    assert str(told.value) == "the homeserver did not accept the user or the password"
    assert names_in(tmp_path) == []


@pytest.mark.e2e
async def test_an_identity_is_not_replaced_unasked(homeserver: Homeserver, tmp_path: Path) -> None:
    account = an_account(homeserver)
    (recovery_key,) = await make_bot(account, tmp_path / "first")

    with pytest.raises(ConfigProblem, match="already has an identity"):
        await make_bot(account, tmp_path / "second")

    assert await device_names(account) == ["Roundtable"]
    assert [name for name in names_in(tmp_path / "second") if "db" not in name] == ["master.key"]
    # What stays does not hinder the next attempt.
    assert await make_bot(account, tmp_path / "second", replace_identity=True) != [recovery_key]


@pytest.mark.e2e
async def test_a_recovery_key_keeps_the_identity_for_a_new_device(homeserver: Homeserver, tmp_path: Path) -> None:
    account = an_account(homeserver)
    (recovery_key,) = await make_bot(account, tmp_path / "first")

    shown = await make_bot(replace(account, recovery_key=recovery_key), tmp_path / "second")

    assert shown == []
    settings = config.load(tmp_path / "second" / "config.toml")
    assert await verdict_on_bot(settings, recovery_key) is Verdict.TRUSTED


@pytest.mark.e2e
async def test_a_token_with_its_device_is_enough(homeserver: Homeserver, tmp_path: Path) -> None:
    account = an_account(homeserver)
    device_id, token = await sign_in(account.homeserver, account.user_id, PASSWORD, "Issued")
    given = replace(account, password=None, token=token, device_id=device_id)

    (recovery_key,) = await make_bot(given, tmp_path)

    settings = config.load(tmp_path / "config.toml")
    assert settings.matrix.device_id == device_id
    assert await verdict_on_bot(settings, recovery_key) is Verdict.TRUSTED


@pytest.mark.e2e
async def test_a_token_of_somebody_or_something_else_is_refused(homeserver: Homeserver, tmp_path: Path) -> None:
    account = an_account(homeserver)
    device_id, token = await sign_in(account.homeserver, account.user_id, PASSWORD, "Issued")
    given = replace(account, password=None, token=token, device_id=device_id)

    with pytest.raises(ConfigProblem, match="another device"):
        await make_bot(replace(given, device_id="ANOTHER"), tmp_path)
    with pytest.raises(ConfigProblem, match="another account"):
        await make_bot(replace(given, user_id="@another:localhost"), tmp_path)
    with pytest.raises(TokenRevoked):
        await make_bot(replace(given, token="invented"), tmp_path)
    assert names_in(tmp_path) == []
    assert await device_names(account) == ["Issued"]


async def test_a_homeserver_that_is_not_there_is_told(tmp_path: Path) -> None:
    account = replace(ELSEWHERE, homeserver="http://127.0.0.1:9")
    with pytest.raises(MatrixError, match="the homeserver is not available"):
        await make_bot(account, tmp_path)
    assert names_in(tmp_path) == []


def test_what_cannot_work_is_told_at_once(tmp_path: Path) -> None:
    account = Account("http://matrix.example.org", "bot", token="t")
    with pytest.raises(ConfigProblem) as told:
        check(account, Wishes(tmp_path, scheme="", zone="Mars", name="a\nb"))
    assert [problem.split()[0] for problem in told.value.problems] == [
        "--homeserver",
        "--user",
        "--zone",
        "--scheme",
        "--name",
        "--token-file",
    ]


def test_a_database_named_by_the_environment_is_checked(tmp_path: Path) -> None:
    url = "postgresql+psycopg://roundtable:hunter2@postgres/roundtable"
    with pytest.raises(ConfigProblem) as told:
        check(ELSEWHERE, Wishes(tmp_path, store_url=url))
    assert str(told.value).startswith("ROUNDTABLE_STORE__URL holds a password")
    assert "hunter2" not in str(told.value)


def test_password_and_token_exclude_each_other(tmp_path: Path) -> None:
    with pytest.raises(ConfigProblem, match="either a password or --token-file"):
        check(replace(ELSEWHERE, token="t", device_id="D"), Wishes(tmp_path))


@pytest.mark.parametrize("name", ["config.toml", "access_token", "crypto.key", "crypto"])
def test_nothing_that_is_there_is_overwritten(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    with pytest.raises(ConfigProblem, match=f"already holds {name}"):
        check(ELSEWHERE, Wishes(tmp_path))


def test_a_database_without_its_key_is_not_given_another(tmp_path: Path) -> None:
    (tmp_path / "roundtable.db").touch()
    with pytest.raises(ConfigProblem, match=r"without its master\.key: bring the key back"):
        check(ELSEWHERE, Wishes(tmp_path))


@pytest.mark.parametrize("mode", [0o777, 0o775, 0o1777])
def test_a_folder_that_others_can_write_is_refused(tmp_path: Path, mode: int) -> None:
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(mode)
    with pytest.raises(ConfigProblem, match=r"others can write in .*: chmod go-w "):
        check(ELSEWHERE, Wishes(folder))


async def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigProblem, match="can't be made: Not a directory"):
        await make_bot(ELSEWHERE, tmp_path / "file" / "bot")
    with pytest.raises(ConfigProblem, match="is no folder"):
        await make_bot(ELSEWHERE, tmp_path / "file")


@pytest.mark.e2e
async def test_a_folder_that_is_there_stays_as_it_is(homeserver: Homeserver, tmp_path: Path) -> None:
    folder = tmp_path / "x?y"
    folder.mkdir(mode=0o755)
    folder.chmod(0o755)

    await make_bot(an_account(homeserver), folder)

    assert stat.S_IMODE(folder.stat().st_mode) == 0o755
    assert open_to_others(folder) == [folder]
    assert (folder / "roundtable.db").is_file()
    assert names_in(tmp_path) == ["x?y"]
    assert config.load(folder / "config.toml").store.url.endswith("/x%3Fy/roundtable.db")


@pytest.mark.e2e
async def test_the_database_that_the_environment_names_is_written_down(
    homeserver: Homeserver, tmp_path: Path, postgresql_url: str
) -> None:
    wishes = Wishes(tmp_path / "bot", store_url=postgresql_url)
    await set_up(an_account(homeserver), wishes, clock=lambda: NOW, show=lambda _key: None)
    assert config.load(tmp_path / "bot" / "config.toml").store.url == postgresql_url
    assert not (tmp_path / "bot" / "roundtable.db").exists()


def test_an_account_is_not_shown() -> None:
    assert PASSWORD not in repr(ELSEWHERE)
