"""The first start: sign in, cross-sign the device before any message, keep the keys, write the configuration."""

import base64
import os
import secrets
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.config import (
    KEY_BYTES,
    PREFIX,
    ConfigProblem,
    check_homeserver,
    check_url,
    describe,
    read_key,
    url_of_file,
)
from bot.matrix.crypto.client import HardenedClient, sign_in
from bot.matrix.crypto.errors import MatrixError, NotAllowed, PasswordNeeded
from bot.matrix.crypto.identity import Identity
from bot.matrix.crypto.vault import load_secrets, store_secrets
from bot.matrix.crypto.wire import Patience, Wire
from bot.matrix.faces import show_bot
from bot.sections import check_user, check_zone
from storage import causes, database, lease, restoring, secret
from storage.account import Account as BotAccount
from storage.audit import Entry
from storage.head import KeptHead
from storage.pins import StoredPins
from storage.store import Store

DEVICE_NAME = "Roundtable"
CONFIG, TOKEN, STORE_KEY, MASTER_KEY = "config.toml", "access_token", "crypto.key", "master.key"
STORE_VARIABLE = f"{PREFIX}STORE__URL"
CRYPTO_STORE, DATABASE = "crypto", "roundtable.db"


@dataclass(frozen=True, repr=False)
class Account:
    """What is needed to sign in: a password, or the token of a device that somebody else made."""

    homeserver: str
    user_id: str
    password: str | None = None
    token: str | None = None
    device_id: str | None = None
    recovery_key: str | None = None
    """Of the identity that the account already has; without it a new identity is made."""


@dataclass(frozen=True, repr=False)
class Wishes:
    """What stands in the configuration, and where everything is put."""

    data_dir: Path
    scheme: str = "safety table"
    zone: str = "UTC"
    name: str = "Roundtable"
    store_url: str | None = None
    """The database, if the environment names one; else SQLite in data_dir."""
    replace_identity: Callable[[], bool] = lambda: False
    """Asked when the account already has an identity that members may have verified."""
    patience: Patience | None = None
    """Waits when the homeserver limits our rate; None: that ends it."""
    replaces: Path | None = None
    """The folder of the crypto store that is replaced; its bot's database must be there."""


def check(account: Account, wishes: Wishes) -> None:
    """Refuse what can't work, before anything is written or asked; raises ConfigProblem with every problem."""
    problems = []
    for name, verify, value in (
        ("--homeserver", check_homeserver, account.homeserver),
        ("--user", check_user, account.user_id),
        ("--zone", check_zone, wishes.zone),
        *([(STORE_VARIABLE, check_url, wishes.store_url)] if wishes.store_url else []),
    ):
        try:
            verify(value)
        except ValueError as problem:
            problems.append(f"{name} {problem}")
    for name, text in (("--scheme", wishes.scheme), ("--name", wishes.name)):
        if not text.strip() or not text.isprintable():
            problems.append(f"{name} must be one line of text")
    if (account.token is None) == (account.password is None):
        problems.append("either a password or --token-file is needed, not both")
    if account.token is not None and not account.device_id:
        problems.append("--token-file needs --device-id: the device that the token belongs to")
    problems += _list_leftovers(wishes.data_dir)
    if problems:
        raise ConfigProblem(*problems)


def check_folder(folder: Path) -> None:
    """Refuse a folder that holds a bot already; raises ConfigProblem."""
    problems = tuple(_list_leftovers(folder))
    if problems:
        raise ConfigProblem(*problems)


async def set_up(
    account: Account, wishes: Wishes, *, clock: Callable[[], datetime], show: Callable[[str], None]
) -> None:
    """Make a bot that is ready to run, or leave nothing behind; ``show`` is given the recovery key, once.

    Raises ConfigProblem, StoreProblemError, WrongKeyError, or a MatrixError.
    """
    check(account, wishes)
    folder = wishes.data_dir.absolute()
    if not folder.exists():
        try:
            folder.mkdir(mode=0o700, parents=True)
        except OSError as problem:
            raise ConfigProblem(f"{folder} can't be made: {os.strerror(problem.errno or 0)}") from None
    undo: list[Callable[[], None]] = []
    device_id, token = account.device_id, account.token
    try:
        if token is None or device_id is None:
            try:
                device_id, token = await sign_in(
                    account.homeserver,
                    account.user_id,
                    account.password or "",
                    DEVICE_NAME,
                    patience=wishes.patience,
                )
            except NotAllowed:
                raise ConfigProblem("the homeserver did not accept the user or the password") from None
        else:
            await _check_token(account, token, device_id)
        await _make(account, wishes, folder, device_id, token, clock=clock, show=show, undo=undo)
    except BaseException:
        for step in reversed(undo):
            step()
        if account.token is None and token is not None:
            await _sign_out(account.homeserver, token)
        raise


async def _make(
    account: Account,
    wishes: Wishes,
    folder: Path,
    device_id: str,
    token: str,
    *,
    clock: Callable[[], datetime],
    show: Callable[[str], None],
    undo: list[Callable[[], None]],
) -> None:
    master = _take_master_key(folder / MASTER_KEY)
    store_key = secrets.token_bytes(KEY_BYTES)
    _write_new(folder / STORE_KEY, _encode(store_key), undo)
    _write_new(folder / TOKEN, token, undo)
    undo.append(lambda: shutil.rmtree(folder / CRYPTO_STORE, ignore_errors=True))
    url = wishes.store_url or url_of_file(folder / DATABASE)
    async with AsyncExitStack() as opened:
        opened.enter_context(lease.hold(url, account.user_id))
        store = Store.open(
            url,
            master,
            BotAccount(account.user_id),
            head_in=folder / CRYPTO_STORE,
            prepare=database.need_newest if wishes.replaces else database.make,
        )
        opened.callback(store.close)
        client = await HardenedClient.open_client(
            account.homeserver,
            account.user_id,
            device_id,
            token,
            folder / CRYPTO_STORE,
            store_key,
            StoredPins(store, clock),
        )
        opened.push_async_callback(client.close)
        client.wire.patience = wishes.patience
        identity, recovery_key = await _cross_sign(client, account, wishes)
        await show_bot(client, wishes.name.strip())
        # The one key that a running bot needs of it: to vouch for the people who verified it.
        secret.keep(store, secret.USER_SIGNING, identity.seeds["user_signing"])
        with store.look() as find:
            had_rooms = restoring.has_rooms(find)
        if had_rooms:
            # Of the audit log that was the newest nothing may be known: then the database may be older.
            restoring.accept(store, KeptHead(wishes.replaces, store.ring) if wishes.replaces else None, clock())
        with store.work(causes.of_job("init", device_id), clock()) as work:
            work.record(Entry(account.user_id, "shell", None, "init", device_id, "done", work.cause))
        store.keep_head(anew=True)
    values: dict[str, dict[str, object]] = {
        "matrix": {
            "homeserver": check_homeserver(account.homeserver),
            "user_id": account.user_id,
            "device_id": device_id,
        },
        "house": {"scheme": wishes.scheme.strip(), "zone": wishes.zone, "name": wishes.name.strip()},
        # It holds no password. Written down, every command finds the database, whatever its environment.
        "store": {"url": wishes.store_url} if wishes.store_url else {},
    }
    _write_new(folder / CONFIG, describe(values).rstrip("\n"), undo)
    if recovery_key is not None:
        show(recovery_key)


async def _cross_sign(client: HardenedClient, account: Account, wishes: Wishes) -> tuple[Identity, str | None]:
    """Let the account's identity sign this device; gives it, and the recovery key of a new one."""
    if account.recovery_key is not None:
        identity = await load_secrets(client, account.recovery_key)
        await identity.sign_device(client)
        return identity, None
    answer = await client.wire.ask("POST", "v3/keys/query", {"device_keys": {client.user_id: []}})
    if client.user_id in answer.get("master_keys", {}) and not wishes.replace_identity():
        raise ConfigProblem(
            f"{client.user_id} already has an identity: give its recovery key with --recovery-key-file, "
            "or agree to replace it (--yes); members who verified the bot must then verify it again"
        )
    identity = Identity.create()
    try:
        await identity.publish(client, account.password)
    except PasswordNeeded:
        raise ConfigProblem(
            "the homeserver replaces an identity only with the account's password: use the password instead of "
            "--token-file, or give the recovery key with --recovery-key-file"
        ) from None
    return identity, await store_secrets(client, identity)


async def _check_token(account: Account, token: str, device_id: str) -> None:
    async with Wire(account.homeserver, token) as wire:
        whose = await wire.ask("GET", "v3/account/whoami")
    if whose.get("user_id") != account.user_id:
        raise ConfigProblem("--token-file holds the token of another account than --user")
    if whose.get("device_id") != device_id:
        raise ConfigProblem("--token-file holds the token of another device than --device-id")


async def _sign_out(homeserver: str, token: str) -> None:
    """Take the half-made device off the account again; if that fails too, it is a device that does nothing."""
    with suppress(MatrixError):
        async with Wire(homeserver, token) as wire:
            await wire.ask("POST", "v3/logout", {})


def _take_master_key(path: Path) -> bytes:
    """The master key that is there, or a new one. It stays if init fails: a database may have been made with it."""
    if not path.exists():
        _write_new(path, _encode(secrets.token_bytes(KEY_BYTES)), [])
    try:
        return read_key(path)
    except ValueError as problem:
        raise ConfigProblem(f"the master key {problem}") from None


def _list_leftovers(folder: Path) -> Iterator[str]:
    if folder.exists() and not folder.is_dir():
        yield f"{folder} is no folder: choose another --data-dir"
        return
    if folder.exists() and folder.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        yield f"others can write in {folder}: chmod go-w {folder}, or choose another --data-dir"
    found = [name for name in (CONFIG, TOKEN, STORE_KEY, CRYPTO_STORE) if (folder / name).exists()]
    if found:
        yield (
            f"{folder} already holds {', '.join(found)}: this bot is set up, start it with roundtable run. "
            "If its crypto store or its session is lost: roundtable init --recover"
            + ("" if CONFIG in found else f", once {CONFIG} is back from its backup")
        )
    elif (folder / DATABASE).exists() and not (folder / MASTER_KEY).exists():
        yield (
            f"{folder} holds {DATABASE} without its {MASTER_KEY}: bring the key back from its backup, or choose "
            "another --data-dir"
        )


def _write_new(path: Path, line: str, undo: list[Callable[[], None]]) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except FileExistsError:
        raise ConfigProblem(f"{path} already exists: nothing was overwritten") from None
    except OSError as problem:
        raise ConfigProblem(f"{path} can't be written: {os.strerror(problem.errno or 0)}") from None
    undo.append(lambda: path.unlink(missing_ok=True))
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(line + "\n")
        file.flush()
        os.fsync(file.fileno())


def _encode(key: bytes) -> str:
    return base64.b64encode(key).decode()
