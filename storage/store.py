"""The store of one account: gives units of work, each an event's one transaction, and read-only looks."""

import asyncio
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import ParamSpec, Self, TypeVar

from sqlalchemy import Connection, Engine, bindparam, func, insert, select, update

from storage import audit, database, lease, tables
from storage.account import Account
from storage.crypto import HOUSE, Keyring, WrongKeyError
from storage.database import StoreAwayError
from storage.find import Directory, Find
from storage.fresh import Fresh
from storage.head import KeptHead
from storage.kept import KeptCases
from storage.known import Known
from storage.statement import Statement
from storage.work import AlreadyHandledError, Work

P = ParamSpec("P")
T = TypeVar("T")
_o = tables.outbox.c
_MARK = Statement(
    update(tables.outbox)
    .where(_o.id == bindparam("row"))
    .values(
        sent_at=bindparam("at"),
        event_id=bindparam("event"),
        # Where its key is gone, nobody reads it.
        body=func.coalesce(bindparam("emptied", type_=_o.body.type), _o.body),
    )
)
_BEFORE = Statement(
    select(
        audit.NEWEST.scalar_subquery().label("newest"),
        select(func.min(tables.inbox.c.cause))
        .where(tables.inbox.c.cause.in_((bindparam("cause"), bindparam("also"))))
        .scalar_subquery()
        .label("handled"),
    )
)
"""Asked as each unit of work begins: the end of the audit log, and whether its cause was handled already."""


@dataclass(frozen=True, repr=False)
class Sent:
    """What went out in a channel, and what is to be written into its row."""

    channel: str
    txn_id: str
    mark: Mapping[str, object]


class Store:
    """The database with its keys: gives units of work, and read-only looks."""

    def __init__(self, engine: Engine, ring: Keyring, account: Account) -> None:
        self.engine = engine
        self.ring = ring
        self.account = account
        self.head: KeptHead | None = None
        self.term: int | None = None
        """The term in which this process runs the account; None: it writes for nobody who could be replaced."""
        self.unreadable: dict[str, str] = {}
        """The cases that could not be read when they were last looked at, and the kind of fault."""
        self.under_way: dict[str, str | None] = {}
        """The transaction id of what is being said now, by channel; None: it is just being looked up."""
        self.on_news: Callable[[Mapping[str, Fresh | None] | None], None] = lambda _channels: None
        """Told, after each commit and before the next, where something waits to be said, and what, if it is the first
        there; None: rooms changed, look anew."""
        self.kept = 0
        """How often a unit of work kept a fact of the process, or may have: who looked since then knows them."""
        self.sent: dict[int, Sent] = {}
        """What went out and is not marked yet: whoever writes next marks it, before anything else."""
        self._readers = engine.execution_options(reads_only=True)
        self._kept = KeptCases()
        self._changed: set[str] = set()
        self._known = Known(engine)
        # One piece of work after the other, so that no two write at a time.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        self._writing = threading.RLock()
        self._closed = False

    async def do(self, act: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run what works with the store in the store's own thread, and wait for it without holding anybody up.

        A piece of work that has begun is ended, even if nobody waits for it any more.
        """
        return await asyncio.get_running_loop().run_in_executor(self._thread, partial(act, *args, **kwargs))

    async def ask(self, question: Callable[[Find], T], *, to_speak: bool = False) -> T:
        """Have a question answered in the store's thread; raises StoreAwayError. ``to_speak`` as for ``look``."""

        def look() -> T:
            with self.look(to_speak=to_speak) as find:
                return question(find)

        return await self.do(look)

    async def directory(self) -> Directory:
        """The agencies and people: at once, if memory knows them; raises StoreAwayError."""
        known: Directory | None = self._known.get(Directory)
        return await self.ask(Find.directory) if known is None else known

    @classmethod
    def open(
        cls,
        url: str,
        master: bytes,
        account: Account = Account(),  # noqa: B008 it never changes
        *,
        head_in: Path | None = None,
        prepare: Callable[[Engine], object] = database.upgrade,
    ) -> Self:
        """Open the store for an account and take up the case keys; raises StoreProblemError or WrongKeyError.

        ``head_in``: the folder in which the head of the audit log is kept; a database that has it not is refused.
        ``prepare``: makes sure that the tables are as they must be.
        """
        engine = database.connect(url)
        store = cls(engine, Keyring(master), account)
        try:
            prepare(engine)
            with database.explained(url):
                store._take_up(head_in)
        except BaseException:
            engine.dispose()
            raise
        return store

    def _take_up(self, head_in: Path | None) -> None:
        """Take up the case keys, in a transaction that nobody else writes in."""
        account = self.account
        with self.engine.begin() as session:
            for scope, wrapped in session.execute(select(tables.case_keys.c.scope, tables.case_keys.c.wrapped)):
                self.ring.unwrap(scope, wrapped)
            if head_in is not None:
                self.head = KeptHead(head_in, self.ring)
                self.head.require(session)
            if not self.ring.knows(HOUSE):
                if session.scalar(select(tables.audit.c.id).limit(1)):
                    raise WrongKeyError("the store has lost its house key: restore it from a backup")
                session.execute(insert(tables.case_keys).values(scope=HOUSE, wrapped=self.ring.make(HOUSE)))
            if account.user_id:
                _move_in(session, account.user_id)

    def close(self) -> None:
        """Note how far the audit log has come, and close every connection; what still runs elsewhere finds it away."""
        self._thread.shutdown()
        with self._writing:
            self._closed = True
        with suppress(StoreAwayError, OSError):
            # It may be behind: what is not noted now is noted next time.
            self.keep_head()
        self.engine.dispose()

    def keep_head(self, *, anew: bool = False) -> None:
        """Note outside of the database how far the audit log has come; raises StoreAwayError or OSError.

        ``anew``: also when nothing is noted, or something else, since this is known to be the right database.
        """
        if self.head is not None:
            with database.patient(), self._readers.connect() as connection:
                self.head.keep(connection, anew=anew)

    @contextmanager
    def work(self, cause: str, now: datetime, *, also: Collection[str] = ()) -> Iterator[Work]:
        """One unit of work, committed at its end; raises AlreadyHandledError when the cause was handled before.

        ``cause`` (made by storage.causes) is whatever must have its effect once; ``also`` are other names of the same,
        each of which has its effect once as well. So it can be tried again after a StoreAwayError, even when the commit
        went through and only its answer was lost.
        """
        keeps = False
        try:
            with self.undisturbed():
                with self.update() as connection:
                    find = Find(lambda: connection, self.account, self._known, self.ring, self.unreadable, self._kept)
                    # Nobody else writes before this is committed: neither the cause, nor a line of the audit log.
                    for name in also or (cause,):
                        newest, handled = _BEFORE.first(connection, {"cause": cause, "also": name})
                        if handled:
                            raise AlreadyHandledError(handled)
                    work = Work(self, find, cause, now, also, newest)
                    try:
                        yield work
                        work.finish()
                    except BaseException:
                        work.drop_keys()
                        raise
                    fresh, keeps = work.list_fresh(), work.keeps
                # Only now is it committed.
                work.find.keep()
                for scope in work.forgotten:
                    self.ring.drop(scope)
                self._changed |= work.changed
                if fresh:
                    self.on_news(fresh)
        except StoreAwayError:
            # It may be committed all the same.
            self.on_news(None)
            raise
        finally:
            self.kept += keeps

    @property
    def has_changed(self) -> bool:
        """Whether a case was changed since that was last asked."""
        return bool(self._changed)

    def take_changed(self) -> set[str]:
        """The references of the cases that were changed since this was last asked."""
        with self.undisturbed():
            changed, self._changed = self._changed, set()
        return changed

    @contextmanager
    def undisturbed(self) -> Iterator[None]:
        """While no other thread of this process writes."""
        with self._writing:
            yield

    @contextmanager
    def update(self) -> Iterator[Connection]:
        """A transaction of the process itself, about nothing that anybody said: sync token, rooms, outbox marks.

        Raises StoreAwayError, also when the account may have gone to another process.
        """
        with database.patient(), self.undisturbed():
            self._need_open()
            try:
                with self.engine.begin() as connection:
                    self._check_lease(connection)
                    marked = dict(self.sent)
                    _MARK.run_each(connection, [sent.mark for sent in marked.values()])
                    yield connection
            finally:
                rooms_changed = self._known.settle()
            self._forget_sent(marked)
        if rooms_changed:
            self.on_news(None)

    def _forget_sent(self, marked: Mapping[int, Sent]) -> None:
        """What could not be written is written with the next."""
        for row_id, sent in marked.items():
            del self.sent[row_id]
            if self.under_way.get(sent.channel) == sent.txn_id:
                del self.under_way[sent.channel]

    def settle(self) -> None:
        """Mark what went out: for whoever looks for a message of ours by what the homeserver calls it."""
        if self.sent:
            with self.update():
                pass

    def look_within(self, connection: Connection) -> Find:
        """A look from within an update."""
        return Find(lambda: connection, self.account, self._known, self.ring, self.unreadable)

    @contextmanager
    def look(self, *, to_speak: bool = False) -> Iterator[Find]:
        """A read-only look; raises StoreAwayError.

        ``to_speak``: what is seen will be said, so that it is raised as well when the account may have gone elsewhere.
        """
        self._need_open()
        pool = self.engine.pool
        try:
            with database.patient(), ExitStack() as opened:
                find = Find(
                    lambda: opened.enter_context(self._readers.begin()),
                    self.account,
                    self._known,
                    self.ring,
                    self.unreadable,
                )
                if to_speak:
                    self._check_lease(find.connection)
                yield find
        finally:
            if self._closed:
                # Its connection came back too late to be closed with the others.
                pool.dispose()

    def _need_open(self) -> None:
        if self._closed:
            raise StoreAwayError("the store is closed")

    def _check_lease(self, connection: Connection) -> None:
        if self.term is not None and not lease.holds(connection, self.account.user_id, self.term):
            raise StoreAwayError("this process no longer holds its account")


def _move_in(session: Connection, user_id: str) -> None:
    """Note a new account; the first one takes what the store of a single bot holds."""
    a = tables.accounts
    if session.scalar(select(a.c.user_id).where(a.c.user_id == user_id)) is None:
        session.execute(insert(a).values(user_id=user_id, schemes=(), term=0))
        for table in (tables.outbox, tables.rooms, tables.settings, tables.waiting):
            session.execute(update(table).where(table.c.account == "").values(account=user_id))
