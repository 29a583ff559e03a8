"""One event, one transaction: what happened, the audit entry and the answers commit together, or not at all."""

import base64
import json
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, NestedTransaction, bindparam, insert, select, update

from cases.case import Case
from storage import audit, journal, tables
from storage.audit import Entry
from storage.crypto import HOUSE, WrongKeyError
from storage.find import Find
from storage.fresh import Fresh, Put
from storage.head import Head, HeadMissingError, newest
from storage.journal import OnFile
from storage.messages import (
    EMPTY,
    INVITE,
    OUTBOX_BODY,
    Attachment,
    Message,
    Paper,
    Poll,
    emptied,
    open_body,
    sealed_for,
)
from storage.statement import Statement

if TYPE_CHECKING:
    from storage.store import Store

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


class AlreadyHandledError(Exception):
    """This cause's effects are committed; there is nothing left to do."""


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

    def retract(self, cause: str, *, below: bool = False, once_said: bool = False, but: Collection[str] = ()) -> None:
        """Let what was said to a cause be deleted in its rooms, in its turn; what still waits is not said any more.

        ``below``: what was said to causes whose names go on behind this one's, too. ``once_said``: what still waits is
        said before: nobody's answer is missing. ``but``: the channels in which it stays.
        """
        o = tables.outbox.c
        begins = o.txn_id.startswith(f"{cause}.", autoescape=True)
        begins = begins | o.txn_id.startswith(f"{cause}/", autoescape=True) if below else begins
        self._retract(begins & o.channel.not_in(but), once_said=once_said)

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
