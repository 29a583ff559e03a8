"""The only way out: what is to be sent, per channel in order, marked once it is."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, func, select, update

from storage import causes, tables
from storage.crypto import WrongKeyError
from storage.find import Find
from storage.fresh import Fresh
from storage.messages import INVITE, Attachment, Paper, emptied, open_body
from storage.statement import Statement
from storage.store import Sent, Store
from storage.thread import in_store_thread
from storage.work import Work

_GIVEN_UP = "given up"
"""The name of a setting: how much of the outbox could not be sent for good, and when the last of it was given up."""

MOST_INVITATIONS = 500
"""That are looked at together; the others have their turn after these."""


@dataclass(frozen=True, repr=False)
class Row:
    """One thing to do on the homeserver: a ``message``, a ``file``, a ``retract`` of one, a ``tick`` on somebody's.

    Or an ``invite`` or a ``remove`` of a ``person``.
    """

    id: int
    txn_id: str
    channel: str
    kind: str
    person: str | None
    scope: str
    subject: str | None
    created_at: datetime
    plain: str = ""
    html: str = ""
    mentions: tuple[str, ...] = ()
    notice: bool = True
    answers_to: str | None = None
    beside: bool = True
    file: Attachment | Paper | None = None
    retracts: str | None = None
    """The ``txn_id`` of the row whose message is to be deleted."""
    unreadable: bool = False
    """Its body does not open: there is nothing to send."""
    room_id: str | None = None
    """The room of its channel, if there is one."""
    audience: frozenset[str] = frozenset()
    """Who may read it, as of the moment when it was looked up."""
    answers: tuple[tuple[str, str], ...] = ()
    """Of a poll: what each tap says, and how it is shown."""
    pins: bool = False
    """Whether it is pinned in its room, instead of what was."""
    edits: str | None = None
    """The ``txn_id`` of the row in whose place it is shown."""
    board: Mapping[str, str] | None = None
    """What a page reads in it, signed."""
    alone: bool = False
    """Whether nothing waited behind it when it was written."""

    @property
    def reference(self) -> str:
        """What it is called in the log, and to people."""
        return self.transaction[:6]

    @property
    def transaction(self) -> str:
        """Under which id the homeserver takes it once: short, and nothing of what it answers stands in it."""
        return causes.derive(self.txn_id)

    @property
    def transaction_in_its_place(self) -> str:
        """Under which id a word goes out in its place."""
        return causes.derive(f"{self.txn_id} could not be sent")

    def __repr__(self) -> str:
        return f"<Row {self.id} {self.kind} to {self.channel}>"


class Outbox:
    """What waits to be sent."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._account = store.account.user_id
        o = tables.outbox
        waiting = (o.c.account == self._account, o.c.channel == bindparam("channel"), o.c.sent_at.is_(None))
        next_ = select(o).where(*waiting, o.c.channel.not_in(self._gone())).limit(1)
        self._next = Statement(next_.order_by(o.c.id))
        self._next_said = Statement(next_.order_by(o.c.kind == INVITE, o.c.id))
        self.inviting: set[str] = set()
        """The channels in which nothing but invitations was found when they were last looked at."""

    @in_store_thread
    def take_up(self) -> None:
        """Note, before anything is said or heard, what may have gone out when the process before this one ended.

        That is the first row of each channel: no other is begun before that one is marked. (To ask somebody in again
        changes nothing.)
        """
        o = tables.outbox
        unsent = (o.c.account == self._account, o.c.sent_at.is_(None), o.c.kind != INVITE)
        first = select(func.min(o.c.id)).where(*unsent).group_by(o.c.channel)
        with self._store.update() as session:
            session.execute(update(o).where(o.c.id.in_(first)).values(tries=o.c.tries + 1))

    @in_store_thread
    def channels(self) -> list[str]:
        """The channels in which something waits, the longest waiting first; without those whose room is lost."""
        o = tables.outbox.c
        waiting = (o.account == self._account, o.sent_at.is_(None), o.channel.not_in(self._gone()))
        with self._store.look() as find:
            return find.all(select(o.channel).where(*waiting).group_by(o.channel).order_by(func.min(o.id)))

    @in_store_thread
    def next(self, channel: str, *, invitations: bool = True) -> Row | None:
        """The oldest unsent row of a channel, opened; what follows it waits until it is sent.

        Without ``invitations`` those are left out, and carried out apart, so that nothing waits for them.
        Raises StoreAwayError, also when another process may have the account: it is to be said now.
        """
        return self._look_for_next(channel, invitations=invitations)

    def _look_for_next(self, channel: str, *, invitations: bool) -> Row | None:
        if self._store.sent:
            # Else it would be found again.
            with self._store.update() as connection:
                return self._find_next(self._store.look_within(connection), channel, invitations=invitations)
        # Else what is being withheld would be said as it was before.
        with self._store.undisturbed(), self._store.look(to_speak=True) as find:
            return self._find_next(find, channel, invitations=invitations)

    def _find_next(self, find: Find, channel: str, *, invitations: bool) -> Row | None:
        """The same, while nobody else writes."""
        self._store.under_way[channel] = None
        self.inviting.discard(channel)
        query = self._next if invitations else self._next_said
        found = query.first(find.connection, {"channel": channel})
        if found is not None and found.kind == INVITE and not invitations:
            self.inviting.add(channel)
            found = None
        if found is None:
            del self._store.under_way[channel]
            return None
        self._store.under_way[channel] = found.txn_id
        row = Row(
            found.id,
            found.txn_id,
            found.channel,
            found.kind,
            found.person,
            found.scope,
            found.subject,
            found.created_at,
            room_id=find.room(channel),
        )
        if found.kind in {"message", "file"}:
            row = replace(row, audience=find.audience(channel, found.scope))
        try:
            body = json.loads(open_body(self._store.ring, found))
        except (WrongKeyError, ValueError):
            return replace(row, unreadable=True)
        return _with_body(row, body)

    def take(self, fresh: Fresh) -> None:
        """Note what was just committed as under way: to be called before anything else is written."""
        self._store.under_way[fresh.put.channel] = fresh.put.txn_id

    def open(self, fresh: Fresh) -> Row:
        """What was just committed, as ``next`` would give it."""
        put = fresh.put
        row = Row(
            fresh.id,
            put.txn_id,
            put.channel,
            put.kind,
            put.person,
            put.scope,
            put.subject,
            put.created_at,
            room_id=fresh.room_id,
            audience=fresh.audience,
            alone=put.alone,
        )
        return _with_body(row, put.body)

    @in_store_thread
    def invitations(self) -> list[Row]:
        """Whom to ask in now, the longest waiting first: those before whom nothing waits to be said or done there."""
        o, before = tables.outbox.c, tables.outbox.alias("before").c
        ours = (o.account == self._account, o.sent_at.is_(None), o.kind == INVITE, o.channel.not_in(self._gone()))
        earlier = select(before.id).where(
            before.account == o.account,
            before.channel == o.channel,
            before.sent_at.is_(None),
            before.kind != INVITE,
            before.id < o.id,
        )
        columns = (o.id, o.txn_id, o.channel, o.kind, o.person, o.scope, o.subject, o.created_at)
        query = select(*columns).where(*ours, ~earlier.exists()).order_by(o.id).limit(MOST_INVITATIONS)
        with self._store.look() as find:
            return [Row(*row) for row in find.rows(query)]

    @in_store_thread
    def invited(self, channel: str) -> list[str]:
        """Who is yet to be asked into a channel's room, the longest waiting first."""
        o = tables.outbox.c
        ours = (o.account == self._account, o.sent_at.is_(None), o.kind == INVITE, o.channel == channel)
        with self._store.look() as find:
            people = find.all(select(o.person).where(*ours).order_by(o.id))
        return [person for person in dict.fromkeys(people) if person]

    @in_store_thread
    def newest(self, channel: str) -> datetime | None:
        """Since when the newest of what waits in a channel does."""
        o = tables.outbox.c
        with self._store.look() as find:
            waiting = (o.account == self._account, o.sent_at.is_(None), o.channel == channel)
            return find.one(select(func.max(o.created_at)).where(*waiting))

    @in_store_thread
    def event_of(self, txn_id: str) -> str | None:
        """The event that a row became; None: it was never sent."""
        o = tables.outbox.c
        self._store.settle()
        with self._store.look() as find:
            return find.one(select(o.event_id).where(o.txn_id == txn_id))

    async def mark_sent(self, row: Row, event_id: str | None, at: datetime) -> None:
        """Done; the event id lets a reply find the record that the message was about. What was said is kept no longer.

        It is in its room, and what somebody deletes there must not live on here. Marks that come while others are being
        written go into the next transaction together.
        """
        self.note_sent(row, event_id, at)
        await self.settle()

    async def go_on(self, row: Row, event_id: str | None, at: datetime) -> Row | None:
        """The same, and in the same transaction look for what follows it in its channel, as ``next`` does."""
        self.note_sent(row, event_id, at)
        return await self._go_on(row.channel)

    def note_sent(self, row: Row, event_id: str | None, at: datetime) -> None:
        """The same, marked by whoever writes next, before anything else, or by ``settle``.

        Whoever is killed before sends it once more under its transaction id. It is the only one in its channel: nothing
        that follows is looked for, or handed over, but in a transaction that marks it.
        """
        body = emptied(self._store.ring, row.scope, row.txn_id).get("body")
        mark = {"row": row.id, "at": at, "event": event_id, "emptied": body}
        self._store.sent[row.id] = Sent(row.channel, row.txn_id, mark)

    @in_store_thread
    def settle(self) -> None:
        """Mark what went out."""
        self._store.settle()

    @in_store_thread
    def _go_on(self, channel: str) -> Row | None:
        return self._look_for_next(channel, invitations=False)

    def _gone(self) -> Select[tuple[str]]:
        r = tables.rooms.c
        return select(r.channel).where(r.account == self._account, r.gone_at.is_not(None))


def _with_body(row: Row, body: Mapping[str, Any]) -> Row:
    # A file that was deleted while it was under way goes out as an empty message under its transaction id.
    if row.kind == "file" and body:
        return replace(row, file=_read_file(body))
    lists = {"mentions": tuple(body.get("mentions", ())), "answers": tuple(map(tuple, body.get("answers", ())))}
    return replace(row, **{**body, **lists})


@dataclass(frozen=True, repr=False)
class GivenUp:
    """How much could not be sent for good, and when that was last."""

    count: int = 0
    last: datetime | None = None


def give_up(work: Work, row: Row, event_id: str | None) -> None:
    """Let a row that can't be sent give way to the next; ``event_id``: the word that stands in its place."""
    before = given_up(work.find)
    done = {"sent_at": work.now, "event_id": event_id, **work.emptied(row.scope, row.txn_id)}
    work.session.execute(update(tables.outbox).where(tables.outbox.c.id == row.id).values(**done))
    work.keep(_GIVEN_UP, f"{before.count + 1} {work.now.isoformat()}")


def given_up(find: Find) -> GivenUp:
    """What was given up since this account began."""
    count, _, last = (find.setting(_GIVEN_UP) or "").partition(" ")
    return GivenUp(int(count), datetime.fromisoformat(last)) if count else GivenUp()


def _read_file(body: Mapping[str, Any]) -> Attachment | Paper:
    if "layout" in body:
        return Paper(body["name"], body["layout"], body["facts"], datetime.fromisoformat(body["at"]))
    return Attachment(body["name"], body["content_type"], base64.b64decode(body["data"]))
