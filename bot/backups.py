"""A backup from the shell, also beside a running bot: the database, and on request the crypto store."""

import os
import shutil
import uuid
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from bot.config import Config, ConfigProblem
from bot.database import is_newest, open_store
from bot.matrix.crypto.store import COPY
from bot.matrix.crypto.store import DATABASE as CRYPTO_DATABASE
from storage import causes, database
from storage.audit import Entry
from storage.backup import back_up


def make_backup(
    config: Config, folder: Path, *, crypto: bool, clock: Callable[[], datetime], say: Callable[[str], None]
) -> None:
    """Copy into a new folder, 0700, all or nothing; the copying is noted in the audit log.

    Raises ConfigProblem, StoreProblemError, or WrongKeyError.
    """
    path = database.file_of(config.store.url)
    copies: dict[str, tuple[Path, str | None]] = {}
    if path is not None:
        copies[path.name] = (path, None)
    elif not crypto:
        raise ConfigProblem(f"{database.name_of(config.store.url)} is PostgreSQL's: back it up with pg_dump")
    if crypto:
        copies[CRYPTO_DATABASE] = (config.matrix.store_dir / CRYPTO_DATABASE, COPY)
    unfinished = _make_folder(folder)
    try:
        for name, (source, mark) in copies.items():
            back_up(source, unfinished / name, mark=mark)
        noted = _note(config, clock())
        unfinished.rename(folder)
    except BaseException:
        shutil.rmtree(unfinished)
        raise
    for name, (source, _) in copies.items():
        say(f"{folder / name} is a whole copy of {source}.")
    if not noted:
        say("The tables are of an older version: that the copy was made is not noted in the audit log.")
    if path is not None:
        say("It opens with the master key only: keep that elsewhere.")
    if crypto:
        say(f"{CRYPTO_DATABASE} is for looking into: no bot runs on it. After a loss: roundtable init --recover")


def _make_folder(folder: Path) -> Path:
    unfinished = folder.with_name(folder.name + ".unfinished")
    if folder.exists():
        raise ConfigProblem(f"{folder} exists already: name a new folder for each backup")
    try:
        unfinished.mkdir(mode=0o700)
        unfinished.chmod(0o700)
    except OSError as problem:
        raise ConfigProblem(f"{unfinished} can't be made: {os.strerror(problem.errno or 0)}") from None
    return unfinished


def _note(config: Config, now: datetime) -> bool:
    """Note the copying; not in a database that only another version of Roundtable may write to."""
    if not is_newest(config):
        return False
    store = open_store(config, newest=False)
    try:
        with store.work(causes.of_job("backup", uuid.uuid4().hex), now) as work:
            work.record(Entry("operator", "shell", None, "backup", None, "done", work.cause))
    finally:
        store.close()
    return True
