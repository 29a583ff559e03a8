"""The database from the shell: bring its tables up to date, look whether it is whole, move it to another one."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import commands  # noqa: F401 what a journal may hold is declared there
from bot.config import Config, ConfigProblem, check_url, url_of_file
from storage import check as checking
from storage import claims, database, lease, restoring
from storage import copy as copying
from storage.account import Account
from storage.head import FILE, KeptHead
from storage.store import Store

Say = Callable[[str], None]
NOBODY = Account()


def open_store(config: Config, account: Account = NOBODY, *, newest: bool = True) -> Store:
    """Open the store that is there, as it is; raises StoreProblemError, also when it is of an older version.

    ``newest``: refuse a database that has not all that was noted of its audit log, too.
    """
    url, master, folder = config.store.url, config.store.master_key(), config.matrix.store_dir
    store = Store.open(url, master, account, head_in=folder if newest else None, prepare=database.need_newest)
    store.head = store.head or KeptHead(folder, store.ring)
    return store


def is_newest(config: Config) -> bool:
    """Whether the tables are as this version works with them; raises StoreProblemError."""
    engine = database.connect(config.store.url, to_look=True)
    try:
        return database.need_tables(engine) == database.NEWEST
    finally:
        engine.dispose()


def upgrade(config: Config, say: Say) -> None:
    """Bring the tables up to date; raises StoreProblemError, also while a bot runs on the store."""
    url = config.store.url
    with lease.hold(url):
        engine = database.connect(url)
        try:
            before = database.revision(engine) if database.is_made(url) else None
            if before is None and (config.matrix.store_dir / FILE).exists():
                # This bot had a store: an empty one in its place would be taken for it.
                database.need_tables(engine)
            database.upgrade(engine)
            after = database.NEWEST
        finally:
            engine.dispose()
    if before == after:
        say(f"The tables are up to date (revision {after}).")
    else:
        say(f"The tables are now of revision {after}, after {before or 'none'}.")


def check(config: Config, say: Say, complain: Say) -> bool:
    """Whether the store is whole, also beside a running bot; raises StoreProblemError or WrongKeyError."""
    engine = database.connect(config.store.url, to_look=True)
    try:
        found = checking.check(engine, config.store.master_key(), head_in=config.matrix.store_dir)
    finally:
        engine.dispose()
    for name, rows in sorted(found.rows.items()):
        say(f"{rows:>9} {name}")
    say(f"Revision {found.revision}. {found.opened} sealed values open, {found.erased} are erased.")
    for problem in found.problems:
        complain(problem)
    if not found.problems:
        say("The store is whole, and so is its audit log.")
    return not found.problems


def restored(config: Config, *, clock: Callable[[], datetime], say: Say) -> None:
    """Take the database for the right one although it is an older one, as after a restore from a backup.

    The rooms are told at the next start, and numbers go on behind a gap. Raises StoreProblemError or WrongKeyError.
    """
    account = Account(config.matrix.user_id, config.house.schemes)
    with lease.hold(config.store.url, account.user_id):
        store = open_store(config, account, newest=False)
        try:
            since = restoring.accept(store, store.head, clock())
            store.keep_head(anew=True)
        finally:
            store.close()
    if since is None:
        say("The database has everything that this bot wrote: nothing was changed.")
        return
    say(f"Noted in the audit log: of what was said from {since:%Y-%m-%d %H:%M} UTC until now nothing is on file.")
    say("At its next start the bot says so in each of its rooms, and numbers go on behind a gap.")


def release(config: Config, user_id: str, say: Say) -> bool:
    """Let other bots run the schemes of one that is gone for good; gives whether that one ever ran on this store.

    Raises StoreProblemError while it runs.
    """
    with lease.hold(config.store.url, user_id):
        store = open_store(config)
        try:
            known = claims.release(store, user_id)
        finally:
            store.close()
    say(f"{user_id} runs nothing any more." if known else f"No bot {user_id} ever ran on this store.")
    return known


def copy(config: Config, source: str, target: str, *, clock: Callable[[], datetime], say: Say) -> None:
    """Copy a store into an empty database; raises ConfigProblem, StoreProblemError or WrongKeyError."""
    addresses, problems = [], []
    for option, given in (("--from", source), ("--to", target)):
        try:
            addresses.append(read_url(given))
        except ValueError as problem:
            problems.append(f"{option} {problem}")
    if problems:
        raise ConfigProblem(*problems)
    sums = copying.copy(
        addresses[0],
        addresses[1],
        config.store.master_key(),
        now=clock(),
        tell=lambda name, done, of: say(f"{done:>9} of {of} {name}"),
    )
    say(f"{sum(total.rows for total in sums.values())} rows in {len(sums)} tables: each the same on both sides.")
    say("The audit log is whole. The copy is noted in it.")
    say("Now set store.url in config.toml to the new database, and move the old store away: it must not be run again.")


def read_url(given: str) -> str:
    """The address of a store as a person writes it, with ``sqlite:`` and a path; raises ValueError."""
    kind, _, rest = given.partition(":")
    if kind == "sqlite" and rest:
        return check_url(url_of_file(Path(rest.removeprefix("///")).absolute()))
    if kind in {"postgres", "postgresql"}:
        return check_url(f"postgresql+psycopg:{rest}")
    return check_url(given)
