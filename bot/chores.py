"""The commands of the shell that set up and look after a bot, while it does not run; a backup also while it does."""

import argparse
import asyncio
import getpass
import os
import sys
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from bot import config, database, init
from bot.backup import backup
from bot.config import Config, ConfigProblem, find_path
from bot.crypto.errors import NotOurDevice, TokenRevoked
from bot.limits import LONGEST_SECONDS, Progress
from bot.logs import complain
from bot.provision import provision
from bot.renewal import renew
from commands.render import fours
from storage import causes, pins
from storage.audit import Entry

WELL, FAILED = 0, 1
RESET_WARNING = (
    "This gives the bot a new identity. Element will warn everyone who verified it, and they must verify it again. "
    "If you still have the recovery key, use --recover instead, and nobody notices. Go on?"
)


def _init(given: argparse.Namespace) -> int:
    folder = given.data_dir or find_path(given.config).parent
    asks = sys.stdin.isatty() and not given.yes
    if given.recover or given.reset_identity:
        return _renew(given, folder, asks=asks)
    init.check_folder(folder)
    homeserver = given.homeserver or _ask("--homeserver", "Address of the homeserver: ", asks=asks)
    user_id = given.user or _ask("--user", "Matrix id of the bot: ", asks=asks)
    token = init.read_secret_option("--token-file", given.token_file) if given.token_file else None
    if given.password_file:
        password = init.read_secret_option("--password-file", given.password_file)
    elif token is None:
        password = _ask("--password-file", f"Password of {user_id} (used once, not kept): ", asks=asks, hidden=True)
    else:
        password = None
    recovery = given.recovery_key_file
    account = init.Account(
        homeserver,
        user_id,
        password,
        token,
        given.device_id,
        init.read_secret_option("--recovery-key-file", recovery) if recovery else None,
    )
    wishes = init.Wishes(
        folder,
        given.scheme,
        given.zone,
        given.name,
        os.environ.get(init.STORE_VARIABLE),
        lambda: given.yes or (asks and _agree(f"{user_id} already has an identity. Replace it?")),
        Progress(_console()).patience(LONGEST_SECONDS),
    )
    try:
        asyncio.run(init.init(account, wishes, clock=_utcnow, show=_show_recovery_key))
    except TokenRevoked:
        raise ConfigProblem("the homeserver does not know the token in --token-file: give a newer one") from None
    except NotOurDevice:
        raise ConfigProblem(
            f"another program uses the device {given.device_id} already: give a device that is the bot's alone, or the "
            "password"
        ) from None
    path = folder.absolute() / init.CONFIG
    _say(f"{path} is written, and the device is cross-signed. Start with: roundtable run --config {path}")
    if wishes.store_url:
        _say(f"The database is the one that {init.STORE_VARIABLE} names; store.url in the file names it, too.")
    _show_fingerprint(path)
    return WELL


def _renew(given: argparse.Namespace, folder: Path, *, asks: bool) -> int:
    if given.homeserver or given.user or given.token_file or given.device_id:
        raise ConfigProblem(
            "the configuration names the account: leave --homeserver, --user, --token-file, --device-id"
        )
    if given.reset_identity and not given.yes and not (asks and _agree(RESET_WARNING)):
        raise ConfigProblem("nothing was changed: agree to it, or add --yes")
    recovery_key = None
    if given.recover and given.recovery_key_file:
        recovery_key = init.read_secret_option("--recovery-key-file", given.recovery_key_file)
    elif given.recover:
        recovery_key = _ask("--recovery-key-file", "Recovery key of the bot: ", asks=asks, hidden=True)
    if given.password_file:
        password = init.read_secret_option("--password-file", given.password_file)
    else:
        password = _ask("--password-file", "Password of the bot (used once, not kept): ", asks=asks, hidden=True)
    path = folder / init.CONFIG
    store_url = os.environ.get(init.STORE_VARIABLE)
    patience = Progress(_console()).patience(LONGEST_SECONDS)
    show = _show_recovery_key
    aside = asyncio.run(
        renew(path, password, recovery_key, store_url=store_url, clock=_utcnow, show=show, patience=patience)
    )
    _say(
        "The bot has a new device, and it is cross-signed. "
        f"Start with: roundtable run --config {path}. What it replaces is in {aside}"
    )
    _show_fingerprint(path)
    return WELL


def _fingerprint(given: argparse.Namespace) -> int:
    _show_fingerprint(find_path(given.config))
    return WELL


def _show_fingerprint(path: Path) -> None:
    """The identity of the bot as it is on file, in the form in which the admin room shows it."""
    settings = config.load(path)
    identity = asyncio.run(_identity(settings))
    _say(f"The identity of {settings.matrix.user_id}, for people to compare with what they are shown:")
    _say(f"\n    {fours(identity)}\n")


async def _identity(settings: Config) -> str:
    store = await database.open_store(settings, newest=False)
    try:
        with store.look() as find:
            identity = pins.pinned(find, settings.matrix.user_id)
    finally:
        store.close()
    if identity is None:
        raise ConfigProblem(f"no identity of {settings.matrix.user_id} is on file: is this the bot's own database?")
    return identity


def _provision(given: argparse.Namespace) -> int:
    settings = config.load(find_path(given.config))

    def agreed() -> bool:
        if given.yes:
            return True
        if not sys.stdin.isatty():
            raise ConfigProblem("nobody can be asked here: add --yes to carry the plan out")
        return _agree("Carry this out?")

    return asyncio.run(
        provision(
            settings,
            given.file,
            clock=_utcnow,
            console=_console(),
            dry_run=given.dry_run,
            prune=given.prune,
            agreed=agreed,
        )
    )


def _audit(given: argparse.Namespace) -> int:
    settings = config.load(find_path(given.config))

    async def verify() -> str | None:
        store = await database.open_store(settings, newest=False)
        try:
            # Looking at the log is itself logged.
            with store.work(causes.of_job("audit", uuid.uuid4().hex), _utcnow()) as work:
                line = work.audit_fault()
                changed = f"line {line} was changed, moved, or follows one that is missing"
                fault = work.head_problem() if line is None else changed
                outcome = "done" if fault is None else "broken"
                work.record(Entry("operator", "shell", None, "audit verify", None, outcome, work.cause))
            return fault
        finally:
            store.close()

    fault = asyncio.run(verify())
    if fault is None:
        _say("The audit log is whole.")
        return WELL
    complain(f"the audit log is not whole: {fault}")
    return FAILED


def _backup(given: argparse.Namespace) -> int:
    settings = config.load(find_path(given.config))
    task = backup(settings, given.folder.absolute(), crypto=given.crypto, clock=_utcnow, say=_say)
    return WELL if asyncio.run(task) else FAILED


def _db(given: argparse.Namespace) -> int:
    settings = config.load(find_path(given.config))
    match given.task:
        case "upgrade":
            task = database.upgrade(settings, _say)
        case "check":
            task = database.check(settings, _say, complain)
        case "release":
            task = database.release(settings, given.user, _say)
        case "restored":
            task = database.restored(settings, clock=_utcnow, say=_say)
        case _:
            task = database.copy(settings, given.source, given.target, clock=_utcnow, say=_say)
    return WELL if asyncio.run(task) else FAILED


def _ask(option: str, question: str, *, asks: bool, hidden: bool = False) -> str:
    if not asks:
        raise ConfigProblem(f"{option} is missing, and nobody can be asked here")
    try:
        return getpass.getpass(question) if hidden else input(question).strip()
    except EOFError:
        raise ConfigProblem(f"{option} is missing: the input ended") from None


def _agree(question: str) -> bool:
    try:
        return input(f"{question} [y/N] ").strip().lower() in {"y", "yes"}
    except EOFError:
        return False


def _show_recovery_key(key: str) -> None:
    _say(
        "The recovery key of the bot's identity is shown only this once. Keep it in a safe place, not on this machine:"
    )
    _say(f"\n    {key}\n")


def _console() -> Console:
    return Console(highlight=False, markup=False, emoji=False, soft_wrap=True)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _utcnow() -> datetime:
    return datetime.now(UTC)


COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "init": _init,
    "fingerprint": _fingerprint,
    "provision": _provision,
    "audit": _audit,
    "backup": _backup,
    "db": _db,
}
