# lines: the one transaction: what commits together stands together
"""One event, one transaction: what happened, the audit entry and the answers commit together, or not at all."""

import asyncio
import base64
import json
import re
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, ParamSpec, Self, TypeVar

from sqlalchemy import ColumnElement, Connection, Engine, NestedTransaction, bindparam, func, insert, select, update

from cases.case import Case
from storage import audit, database, journal, lease, tables
from storage.account import Account
from storage.audit import Entry
from storage.crypto import HOUSE, Keyring, WrongKeyError
from storage.database import StoreAwayError
from storage.find import Directory, Find
from storage.fresh import Fresh, Put
from storage.head import Head, HeadMissingError, KeptHead, newest
from storage.journal import OnFile
from storage.kept import KeptCases
from storage.known import Known
from storage.statement import Statement

P = ParamSpec("P")
T = TypeVar("T")
OUTBOX_BODY = "outbox.body"
EMPTY = "{}"
INVITE = "invite"
_HANDLED = Statement(insert(tables.inbox), "cause", "outcome")
_WAITS = Statement(
    insert(tables.outbox),
    *("account", "txn_id", "channel", "kind", "person", "scope", "body", "subject", "created_at", "tries"),
)
_o, _r = tables.outbox.c, tables.rooms.c
_FIRST = Statement(
    select(_o.id, _o.txn_id, _r.room_id)
    .outerjoin(tables.rooms, (_r.account == _o.account) & (_r.channel == _o.channel))
    .where(_o.account == bindparam("account"), _o.channel == bindparam("channel"), _o.sent_at.is_(None))
    .where(_o.kind != INVITE, _r.gone_at.is_(None))
    .order_by(_o.id)
    .limit(1)
)
"""What is to be said first in a channel, if its room is not lost."""
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
LARGEST_ATTACHMENT = 4 * 1024 * 1024
"""In bytes; every homeserver's default limit is far above it (Synapse: 50 MiB)."""
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,63}")
"""Ids and versions, so that the name of a saved file says nothing about anybody."""


class AlreadyHandledError(Exception):
    """This cause's effects are committed; there is nothing left to do."""


@dataclass(frozen=True, repr=False)
class Message:
    """What the bot says: one text in two forms, and who must act on it.

    ``subject`` is the record that a reply to this message is about.
    """

    plain: str
    html: str
    mentions: tuple[str, ...] = ()
    notice: bool = True
    """An ``m.notice`` wakes nobody; an ``m.text`` is for people who must act."""
    subject: str | None = None
    answers_to: str | None = None
    """The event that it answers."""
    beside: bool = True
    """Whether apps show it beside that."""


@dataclass(frozen=True, repr=False)
class Poll:
    """A question that is answered by a tap (MSC3381).

    ``answers``: what each tap says, as it would be typed in reply, and how it is shown. ``mentions``: who is asked.
    """

    question: str
    answers: tuple[tuple[str, str], ...]
    mentions: tuple[str, ...]
    subject: str | None


@dataclass(frozen=True, repr=False)
class Attachment:
    """A file that the bot posts, encrypted like a message; its name holds references only."""

    name: str
    content_type: str
    data: bytes

    def __post_init__(self) -> None:
        _check_name(self.name)
        if len(self.data) > LARGEST_ATTACHMENT:
            raise ValueError("an attachment is too large")


@dataclass(frozen=True, repr=False)
class Paper:
    """A document that is typeset when it is posted: that takes its time, and nothing is committed meanwhile.

    ``layout``: the name of what it is set by. ``facts``: what JSON can hold. ``at``: the date of the document.
    """

    name: str
    layout: str
    facts: Mapping[str, Any]
    at: datetime

    def __post_init__(self) -> None:
        _check_name(self.name)


def _check_name(name: str) -> None:
    if not _FILE_NAME.fullmatch(name):
        raise ValueError("the name of an attachment must be a reference")


@dataclass(frozen=True, repr=False)
class Sent:
    """What went out in a channel, and what is to be written into its row."""

    channel: str
    txn_id: str
    mark: Mapping[str, object]


class Work:
    """What one unit of work may do."""

    def __init__(  # noqa: PLR0917 made by Store alone
        self, store: "Store", find: Find, cause: str, now: datetime, also: Collection[str], newest: bytes | None
    ) -> None:
        """``newest``: the digest of the last line of the audit log."""
        self.account = store.account
        self.cause = cause
        self._also = also
        self.now = now
        self.find = find
        self._made: list[str] = []
        """The scopes for which it made keys."""
        self.forgotten: list[str] = []
        """The scopes whose keys are gone once it is committed."""
        self.changed: set[str] = set()
        """The references of the cases that it wrote."""
        self.keeps = False
        """Whether it keeps a fact of the process."""
        self._put_first: dict[str, Put] = {}
        """What is to be said by this account, the first in each channel."""
        self._ring = store.ring
        self._kept_head = store.head
        self._under_way = store.under_way
        self._said = 0
        self.outcome: str | None = None
        """How it ended, to stand beside the cause."""
        self._newest = newest
        self._undoable = False
        self._savepoint: NestedTransaction | None = None

    @property
    def session(self) -> Connection:
        """The transaction. Its savepoint is made with the first that is done: most refusals have nothing to undo."""
        if self._undoable and self._savepoint is None:
            self._savepoint = self.find.connection.begin_nested()
        return self.find.connection

    @contextmanager
    def or_nothing(self) -> Iterator[None]:
        """A refusal undoes what is done in here, and keeps its audit entry and its answer."""
        newest, made = self._newest, len(self._made)
        self._undoable = True
        try:
            yield
        except BaseException:
            if self._savepoint is not None:
                self._savepoint.rollback()
            self._newest = newest
            self.drop_keys(made)
            self.find.forget()
            raise
        else:
            if self._savepoint is not None:
                self._savepoint.commit()
        finally:
            self._undoable, self._savepoint = False, None

    def drop_keys(self, kept: int = 0) -> None:
        """Forget the keys that it made but the first so many: what was sealed with them is undone."""
        for scope in self._made[kept:]:
            self._ring.drop(scope)
        del self._made[kept:]

    def open_case(self, case: Case) -> None:
        """Put a new case on file, with a key of its own."""
        self._make_key(case.ref)
        self.find.taken[case.ref] = OnFile(case)

    def save(self) -> None:
        """Write what was changed in cases; at the end of a unit of work it is done by itself."""
        for found in self.find.taken.values():
            if found.changed:
                journal.write(self.session, self._ring, found)
                self.changed.add(found.case.ref)

    def say(
        self,
        channel: str,
        message: Message,
        *,
        scope: str = HOUSE,
        pins: bool = False,
        edits: str | None = None,
        board: Mapping[str, str] | None = None,
        by: str | None = None,
    ) -> None:
        """Put a message into the outbox; ``scope`` is the reference of the case whose content it holds.

        ``pins``: it is pinned in its room, instead of what was. ``edits``: the ``txn_id`` of the row in whose place it
        is shown. ``board``: what a page reads in it, signed. ``by``: the account that has the room, if it is another
        one.
        """
        body = {
            "plain": message.plain,
            "html": message.html,
            "mentions": message.mentions,
            "notice": message.notice,
            "answers_to": message.answers_to,
            "beside": message.beside,
        }
        if pins or edits:
            body |= {"pins": pins, "edits": edits}
        if board:
            body["board"] = board
        self._put(channel, "message", scope, body, subject=message.subject, account=by)

    def ask(self, channel: str, poll: Poll, *, scope: str) -> str:
        """Put a poll into the outbox; gives the ``txn_id`` of its row."""
        body: dict[str, object] = {
            "plain": poll.question,
            "answers": poll.answers,
            "mentions": poll.mentions,
            "notice": False,
        }
        return self._put(channel, "message", scope, body, subject=poll.subject)

    def tick(self, channel: str, event_id: str) -> None:
        """Let a message be marked as done, by a reaction that says nothing else."""
        self._put(channel, "tick", HOUSE, {"answers_to": event_id})

    def attach(self, channel: str, file: Attachment | Paper, *, scope: str = HOUSE, subject: str | None = None) -> None:
        """Put a file into the outbox, behind what was said before; ``scope`` and ``subject`` as for a message."""
        body: dict[str, object] = {"name": file.name}
        if isinstance(file, Paper):
            body |= {"layout": file.layout, "facts": file.facts, "at": file.at.isoformat()}
        else:
            body |= {"content_type": file.content_type, "data": base64.b64encode(file.data).decode()}
        self._put(channel, "file", scope, body, subject=subject)

    def invite(self, channel: str, person: str) -> None:
        """Let the bot invite a person into a room."""
        self._put(channel, INVITE, HOUSE, {}, person=person)

    def remove(self, channel: str, person: str, *, by: str | None = None) -> None:
        """Let the bot remove a person from a room; ``by``: the account that has the room, if it is another one."""
        self._put(channel, "remove", HOUSE, {}, person=person, account=by)

    def name(self, channel: str) -> str:
        """Let the bot call a room what it is called now, and make it if it is not there."""
        return self._put(channel, "name", HOUSE, {})

    def retract_row(self, txn_id: str) -> None:
        """Let what a row said be deleted in its room, in its turn; if it still waits it is not said any more."""
        self._retract(tables.outbox.c.txn_id == txn_id)

    def retract_in(self, channel: str, subject: str) -> None:
        """Let what was said in a channel about a record be deleted there, in its turn."""
        self._retract((tables.outbox.c.channel == channel) & (tables.outbox.c.subject == subject))

    def retract(self, cause: str, *, below: bool = False, once_said: bool = False) -> None:
        """Let what was said to a cause be deleted in its rooms, in its turn; what still waits is not said any more.

        ``below``: what was said to causes whose names go on behind this one's, too. ``once_said``: what still waits is
        said before: nobody's answer is missing.
        """
        o = tables.outbox.c
        begins = o.txn_id.startswith(f"{cause}.", autoescape=True)
        begins = begins | o.txn_id.startswith(f"{cause}/", autoescape=True) if below else begins
        self._retract(begins, once_said=once_said)

    def retract_about(self, ref: str, about: Collection[str]) -> None:
        """Let what was said of these records of a case be deleted in every room, in its turn."""
        o = tables.outbox.c
        self._retract((o.scope == ref) & o.subject.in_(about))

    def _retract(self, which: ColumnElement[bool], *, once_said: bool = False) -> None:
        o = tables.outbox.c
        said = (which, o.kind.in_(("message", "file")))
        for row in self.find.rows(select(o.txn_id, o.channel, o.scope, o.tries, o.sent_at).where(*said)):
            name = f"{row.txn_id}/retract"
            if row.sent_at is not None and self.find.room(row.channel) is None:
                # Its room is gone, and what stood in it.
                continue
            if self.find.one(select(o.id).where(o.txn_id == name)) is None:
                if not once_said:
                    self._empty(row)
                self._put(row.channel, "retract", HOUSE, {"retracts": row.txn_id}, txn_id=name)

    def withhold(
        self, ref: str, until: datetime, *, about: Collection[str] | None = None, but: str | None = None
    ) -> list[tuple[str, str | None]]:
        """Let what still waits and may hold words of a case that were on file until then not be said any more.

        That is what belongs to the case, and what names it elsewhere, such as a list; ``about``: of that only what
        names one of these records, and files. Gives the channels, and what each message was about.
        ``but``: how the causes begin of what is deleted anyway.
        """
        o = tables.outbox
        waits = (o.c.sent_at.is_(None), o.c.kind.in_(("message", "file")), o.c.created_at <= until)
        rows = self.find.rows(select(o).where(*waits, o.c.scope.in_((ref, HOUSE))).order_by(o.c.id))
        ours = tuple(filter(None, (f"{self.cause}.", but)))
        held = [row for row in rows if not row.txn_id.startswith(ours) and self._may_hold(row, ref, about)]
        for row in held:
            self._empty(row)
        return list(dict.fromkeys((row.channel, row.subject) for row in held))

    def _may_hold(self, row: Any, ref: str, about: Collection[str] | None) -> bool:  # noqa: ANN401 a row of the outbox
        """Whether a row may hold words of a case, or of these records of it."""
        try:
            body = open_body(self._ring, row)
        except WrongKeyError:
            return row.scope == ref and about is None
        if body == EMPTY or (row.scope != ref and ref not in body):
            return False
        if about is None or ref in about or row.kind == "file" or row.subject in about:
            return True
        return any(re.search(rf"(?<![A-Z0-9]){re.escape(name)}(?![0-9])", body) for name in about)

    def _empty(self, row: Any) -> None:  # noqa: ANN401 a row of the outbox
        values = self.emptied(row.scope, row.txn_id)
        # What may have gone out goes out once more, empty: for the homeserver it is the same message.
        if not row.sent_at and not row.tries and self._under_way.get(row.channel, "") not in {None, row.txn_id}:
            values["sent_at"] = self.now
        self.session.execute(update(tables.outbox).where(tables.outbox.c.txn_id == row.txn_id).values(**values))

    def emptied(self, scope: str, txn_id: str) -> dict[str, object]:
        """What to write into a row of the outbox whose body is needed no longer."""
        return emptied(self._ring, scope, txn_id)

    def seal(self, text: str, scope: str, place: str, row: str) -> bytes:
        """Seal what may hold words of a case with its key, or with the house's."""
        return self._ring.seal(text, scope=scope, place=place, row=row)

    def seals_for(self, ref: str) -> str:
        """The case of this reference, or the house when there is none."""
        return ref if self._ring.knows(ref) else HOUSE

    def record(self, entry: Entry) -> None:
        """Write the audit entry; its outcome will stand beside the cause."""
        self._newest = audit.write(self.session, self._ring, entry, self.now, self._newest)
        self.outcome = entry.outcome

    def finish(self) -> None:
        """Write down what was changed, and that the cause is handled."""
        self.save()
        handled = [{"cause": c, "outcome": self.outcome} for c in (self.cause, *self._also)]
        _HANDLED.run_each(self.session, handled)

    def list_fresh(self) -> dict[str, Fresh | None]:
        """Where something is to be said by this account, and what, unless something else waits there before it."""
        return {channel: self._look_fresh(put) for channel, put in self._put_first.items()}

    def _look_fresh(self, put: Put) -> Fresh | None:
        if put.kind == INVITE:
            return None
        first = _FIRST.first(self.find.connection, {"account": self.account.user_id, "channel": put.channel})
        if first is None or first.txn_id != put.txn_id:
            return None
        said = put.kind in {"message", "file"}
        audience = self.find.audience(put.channel, put.scope) if said else frozenset[str]()
        return Fresh(put, first.id, first.room_id, audience)

    def audit_fault(self) -> int | None:
        """The number of the first line of the audit log that was changed, moved or follows a missing one."""
        return audit.first_fault(self.session, self._ring)

    def head_problem(self) -> str | None:
        """Why the database can't be the newest one; None: it has all that was noted of its audit log outside of it."""
        if self._kept_head is not None:
            try:
                self._kept_head.require(self.session)
            except HeadMissingError as problem:
                return str(problem)
        return None

    def newest_line(self) -> tuple[Head, bytes] | None:
        """The head of the audit log, and its signature; None: the log is empty."""
        head = newest(self.session)
        return (head, head.seal(self._ring)) if head else None

    def keep(self, key: str, value: str) -> None:
        """Keep a small fact of the process, such as the sync token."""
        self.keeps = True
        s, account = tables.settings, self.account.user_id
        changed = update(s).where(s.c.account == account, s.c.key == key).values(value=value)
        if not self.session.execute(changed).rowcount:
            self.session.execute(insert(s).values(account=account, key=key, value=value))

    def _put(
        self,
        channel: str,
        kind: str,
        scope: str,
        body: dict[str, object],
        *,
        subject: str | None = None,
        person: str | None = None,
        account: str | None = None,
        txn_id: str | None = None,
    ) -> str:
        """Write a row; gives its ``txn_id``."""
        self._said += 1
        txn_id = txn_id or f"{self.cause}.{self._said}"
        if not self._ring.knows(scope):
            self._make_key(scope)
        where = sealed_for(txn_id, channel, kind, person, subject)
        sealed = self._ring.seal(json.dumps(body), scope=scope, place=OUTBOX_BODY, row=where)
        row = {
            "account": self.account.user_id if account is None else account,
            "txn_id": txn_id,
            "channel": channel,
            "kind": kind,
            "person": person,
            "scope": scope,
            "body": sealed,
            "subject": subject,
            "created_at": self.now,
            "tries": 0,
        }
        _WAITS.run(self.session, row)
        if account is None or account == self.account.user_id:
            if channel in self._put_first:
                self._put_first[channel].alone = False
            else:
                put = Put(txn_id, channel, kind, person, scope, subject, self.now, body)
                self._put_first[channel] = put
        return txn_id

    def _make_key(self, scope: str) -> None:
        wrapped = self._ring.make(scope)
        self._made.append(scope)
        self.session.execute(insert(tables.case_keys).values(scope=scope, wrapped=wrapped))


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

    def _forget_sent(self, marked: Mapping[int, "Sent"]) -> None:
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


def sealed_for(txn_id: str, channel: str, kind: str, person: str | None, subject: str | None) -> str:
    """What a body of the outbox is sealed for: it goes to this room, as this, about that, and to no other."""
    return json.dumps([txn_id, channel, kind, person, subject])


def open_body(ring: Keyring, row: Any) -> str:  # noqa: ANN401 a row of the outbox
    """The body of a row of the outbox; raises WrongKeyError when it does not belong to all that the row says."""
    where = sealed_for(row.txn_id, row.channel, row.kind, row.person, row.subject)
    try:
        return ring.open(row.body, scope=row.scope, place=OUTBOX_BODY, row=where)
    except WrongKeyError:
        # What was emptied says nothing, wherever it goes; nobody is invited or removed by it.
        if row.kind in {"message", "file"} and _opens_empty(ring, row):
            return EMPTY
        raise


def _opens_empty(ring: Keyring, row: Any) -> bool:  # noqa: ANN401 a row of the outbox
    return ring.open(row.body, scope=row.scope, place=OUTBOX_BODY, row=row.txn_id) == EMPTY


def emptied(ring: Keyring, scope: str, txn_id: str) -> dict[str, object]:
    """What to write into a row of the outbox whose body is needed no longer; nothing if its key is gone anyway."""
    if not ring.knows(scope):
        return {}
    return {"body": ring.seal(EMPTY, scope=scope, place=OUTBOX_BODY, row=txn_id)}


def _move_in(session: Connection, user_id: str) -> None:
    """Note a new account; the first one takes what the store of a single bot holds."""
    a = tables.accounts
    if session.scalar(select(a.c.user_id).where(a.c.user_id == user_id)) is None:
        session.execute(insert(a).values(user_id=user_id, schemes=(), term=0))
        for table in (tables.outbox, tables.rooms, tables.settings, tables.waiting):
            session.execute(update(table).where(table.c.account == "").values(account=user_id))
