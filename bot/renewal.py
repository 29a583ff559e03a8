"""A new device for a bot that lost its crypto store, or whose device was signed out; its database stays as it is."""

import os
import re
import secrets
import tomllib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.config import ConfigProblem, read_secret, read_text, url_of_file
from bot.matrix.crypto.errors import MatrixError
from bot.matrix.crypto.wire import Patience, Wire
from bot.setup import CONFIG, CRYPTO_STORE, DATABASE, MASTER_KEY, STORE_KEY, TOKEN, Account, Wishes, set_up
from storage import lease

REPLACED = (CONFIG, TOKEN, STORE_KEY, CRYPTO_STORE)
_DEVICE = re.compile(r'^(\s*device_id\s*=\s*)("[^"\n]*"|\'[^\'\n]*\')', re.MULTILINE)


async def renew(
    path: Path,
    password: str,
    recovery_key: str | None,
    *,
    store_url: str | None,
    clock: Callable[[], datetime],
    show: Callable[[str], None],
    patience: Patience | None = None,
) -> Path:
    """Sign in on a new device, in place of the one that the configuration names; gives where the old files are now.

    With the recovery key the account's identity signs it: nobody has to verify anything again. Without, the identity
    is replaced, too, and ``show`` is given the new recovery key. If it fails, everything is as it was.
    Raises ConfigProblem, StoreProblemError, WrongKeyError, or a MatrixError.
    """
    folder, text, values = _read(path)
    matrix, house = values["matrix"], values.get("house", {})
    if not (folder / MASTER_KEY).exists():
        raise ConfigProblem(f"{folder} holds no {MASTER_KEY}: bring it back from its backup, no content opens without")
    url = store_url or values.get("store", {}).get("url")
    account = Account(matrix["homeserver"], matrix["user_id"], password, recovery_key=recovery_key)
    wishes = Wishes(
        folder,
        **{key: house[key] for key in ("scheme", "zone", "name") if key in house},
        store_url=url,
        replace_identity=lambda: recovery_key is None,
        patience=patience,
    )
    with lease.hold(url or url_of_file(folder / DATABASE), account.user_id):
        # Only to see that no bot runs here: init takes the store itself.
        pass
    old_token = _read_token(folder / TOKEN)
    aside = folder / f"lost-{clock():%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
    aside.mkdir(mode=0o700)
    moved = [name for name in REPLACED if (folder / name).exists()]
    try:
        for name in moved:
            (folder / name).rename(aside / name)
        await set_up(account, replace(wishes, replaces=aside / CRYPTO_STORE), clock=clock, show=show)
        _keep_settings(folder / CONFIG, text)
    except BaseException:
        for name in moved:
            if (aside / name).exists() and not (folder / name).exists():
                (aside / name).rename(folder / name)
        with suppress(OSError):
            aside.rmdir()
        raise
    if old_token is not None:
        # Whoever found the lost store could go on reading with it.
        with suppress(MatrixError):
            async with Wire(account.homeserver, old_token) as wire:
                await wire.ask("POST", "v3/logout", {})
    return aside


def _read(path: Path) -> tuple[Path, str, dict[str, Any]]:
    """Folder, text, and values of a configuration whose secret files may be lost."""
    try:
        text = read_text(path)
        values = tomllib.loads(text)
        matrix = values["matrix"]
        places = [matrix.get(key, place) for key, place in (("store_dir", CRYPTO_STORE), ("store_key_file", STORE_KEY))]
        usual = places == [CRYPTO_STORE, STORE_KEY] and matrix.get("access_token_file", TOKEN) == TOKEN
        usual = usual and values.get("store", {}).get("master_key_file", MASTER_KEY) == MASTER_KEY
        named = all(isinstance(matrix[key], str) for key in ("homeserver", "user_id", "device_id"))
    except FileNotFoundError:
        raise ConfigProblem(
            f"the configuration {path} does not exist: bring it back from its backup. Without one, run roundtable "
            "init with --recovery-key-file, so that the bot stays who it is"
        ) from None
    except (OSError, KeyError, TypeError, AttributeError, ValueError):
        raise ConfigProblem(f"the configuration {path} can't be read, or does not name the bot's account") from None
    folder = path.parent.absolute() / str(values.get("data_dir", "."))
    if not named or not usual or folder.resolve() != path.parent.resolve() or len(_DEVICE.findall(text)) != 1:
        raise ConfigProblem(
            f"{path} is not laid out as roundtable init does it: move the device's token, key and store away, run "
            "roundtable init in another folder, and take over what it made, and device_id"
        )
    return path.parent.absolute(), text, values


def _read_token(path: Path) -> str | None:
    try:
        return read_secret(path)
    except ValueError:
        return None


def _keep_settings(path: Path, text: str) -> None:
    """Put the settings as they were back in place; only the device is new."""
    device_id = tomllib.loads(path.read_text(encoding="utf-8"))["matrix"]["device_id"]
    kept = _DEVICE.sub(lambda found: f'{found[1]}"{device_id}"', text)
    fresh = path.with_suffix(".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(kept)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
