from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli import fingerprint
from bot.cli.common import (
    FILE,
    WELL,
    agree,
    ask,
    complete_folder,
    config_option,
    config_path,
    make_console,
    utcnow,
)

if TYPE_CHECKING:
    from bot.matrix.crypto.wire import Patience
    from bot.setup import Account, Wishes

RESET_WARNING = (
    "This gives the bot a new identity. Element will warn everyone who verified it, and they must verify it again. "
    "If you still have the recovery key, use --recover instead, and nobody notices. Go on?"
)


@click.command()
@config_option
@click.option("--homeserver", metavar="URL", help="The address of the homeserver.")
@click.option("--user", metavar="ID", help="The bot's Matrix id, such as @roundtable:example.org.")
@click.option("--password-file", metavar="FILE", type=FILE, help="Its password (else it is asked for).")
@click.option("--token-file", metavar="FILE", type=FILE, help="An access token, instead of a password.")
@click.option("--device-id", metavar="ID", help="The device of that token.")
@click.option("--recovery-key-file", metavar="FILE", type=FILE, help="Keep the identity that this recovery key opens.")
@click.option(
    "--recover",
    is_flag=True,
    help="A new device for a bot whose crypto store is lost, signed with its recovery key; nobody notices.",
)
@click.option(
    "--reset-identity",
    is_flag=True,
    help="The same when the recovery key is lost, too: everyone must verify the bot again.",
)
@click.option(
    "--data-dir",
    metavar="FOLDER",
    type=FILE,
    shell_complete=complete_folder,
    help="Where everything is put (else here).",
)
@click.option("--scheme", default="safety table", show_default=True, help="The scheme of a new case.")
@click.option("--zone", default="UTC", show_default=True, help="The time zone, such as Europe/Amsterdam.")
@click.option("--name", default="Roundtable", show_default=True, help="What the bot is called.")
@click.option("--yes", is_flag=True, help="Ask nothing; an identity of the account is replaced.")
def init(
    *,
    homeserver: str | None,
    user: str | None,
    password_file: Path | None,
    token_file: Path | None,
    device_id: str | None,
    recovery_key_file: Path | None,
    recover: bool,
    reset_identity: bool,
    data_dir: Path | None,
    scheme: str,
    zone: str,
    name: str,
    yes: bool,
) -> int:
    """Sign in, and make keys and a configuration."""
    import os
    import sys

    from bot import setup
    from bot.config import ConfigProblem

    if recover and reset_identity:
        raise click.UsageError("--recover and --reset-identity do not go together: one of them is enough.")
    folder = data_dir or config_path().parent
    asks = sys.stdin.isatty() and not yes
    if recover or reset_identity:
        if homeserver or user or token_file or device_id:
            raise ConfigProblem(
                "the configuration names the account: leave --homeserver, --user, --token-file, --device-id"
            )
        if reset_identity and not yes and not (asks and agree(RESET_WARNING)):
            raise ConfigProblem("nothing was changed: agree to it, or add --yes")
        recovery_key = None
        if recover:
            recovery_key = _read("--recovery-key-file", recovery_key_file) or ask(
                "--recovery-key-file", "Recovery key of the bot: ", asks=asks, hidden=True
            )
        password = _read("--password-file", password_file) or _ask_password("the bot", asks=asks)
        _renew(folder, password, recovery_key)
        return WELL
    setup.check_folder(folder)
    homeserver = homeserver or ask("--homeserver", "Address of the homeserver: ", asks=asks)
    user_id = user or ask("--user", "Matrix id of the bot: ", asks=asks)
    token = _read("--token-file", token_file)
    given = _read("--password-file", password_file)
    if given is None and token is None:
        given = _ask_password(user_id, asks=asks)
    identity = _read("--recovery-key-file", recovery_key_file)
    _set_up(
        setup.Account(homeserver, user_id, given, token, device_id, identity),
        setup.Wishes(
            folder,
            scheme,
            zone,
            name,
            os.environ.get(setup.STORE_VARIABLE),
            lambda: yes or (asks and agree(f"{user_id} already has an identity. Replace it?")),
        ),
    )
    return WELL


def _set_up(account: "Account", wishes: "Wishes") -> None:
    import asyncio
    from dataclasses import replace

    from bot import setup
    from bot.config import ConfigProblem
    from bot.matrix.crypto.errors import NotOurDevice, TokenRevoked

    try:
        asyncio.run(
            setup.set_up(account, replace(wishes, patience=_be_patient()), clock=utcnow, show=_show_recovery_key)
        )
    except TokenRevoked:
        raise ConfigProblem("the homeserver does not know the token in --token-file: give a newer one") from None
    except NotOurDevice:
        raise ConfigProblem(
            f"another program uses the device {account.device_id} already: give a device that is the bot's alone, or "
            "the password"
        ) from None
    path = wishes.data_dir.absolute() / setup.CONFIG
    click.echo(f"{path} is written, and the device is cross-signed. Start with: roundtable run --config {path}")
    if wishes.store_url:
        click.echo(f"The database is the one that {setup.STORE_VARIABLE} names; store.url in the file names it, too.")
    fingerprint.show(path)


def _renew(folder: Path, password: str, recovery_key: str | None) -> None:
    import asyncio
    import os

    from bot import setup
    from bot.renewal import renew

    path = folder / setup.CONFIG
    aside = asyncio.run(
        renew(
            path,
            password,
            recovery_key,
            store_url=os.environ.get(setup.STORE_VARIABLE),
            clock=utcnow,
            show=_show_recovery_key,
            patience=_be_patient(),
        )
    )
    click.echo(
        "The bot has a new device, and it is cross-signed. "
        f"Start with: roundtable run --config {path}. What it replaces is in {aside}"
    )
    fingerprint.show(path)


def _be_patient() -> "Patience":
    from bot.matrix.limits import LONGEST_SECONDS, Progress

    return Progress(make_console()).patience(LONGEST_SECONDS)


def _read(option: str, path: Path | None) -> str | None:
    """The secret in the file that an option names, if it is given; raises ConfigProblem."""
    from bot.config import ConfigProblem, read_secret

    try:
        return read_secret(path) if path else None
    except ValueError as problem:
        raise ConfigProblem(f"{option} {problem}") from None


def _ask_password(whose: str, *, asks: bool) -> str:
    return ask("--password-file", f"Password of {whose} (used once, not kept): ", asks=asks, hidden=True)


def _show_recovery_key(key: str) -> None:
    click.echo(
        "The recovery key of the bot's identity is shown only this once. Keep it in a safe place, not on this machine:"
    )
    click.echo(f"\n    {key}\n")
