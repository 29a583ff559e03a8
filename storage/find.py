"""Looking things up: cases, people, rooms, and which card a reply is about."""

from collections.abc import Callable, Collection, Iterable, Iterator, MutableMapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import Column, Connection, Row, Select, bindparam, select
from sqlalchemy.exc import SQLAlchemyError

from cases.case import Case
from cases.items import DESK
from cases.people import Agency, Preferences, Professional
from cases.roles import Place, Role
from storage import journal, tables
from storage.account import Account
from storage.crypto import HOUSE, Keyring
from storage.identifiers import is_event_id, is_room_id
from storage.journal import OnFile, Seat
from storage.kept import KeptCases
from storage.known import Known
from storage.statement import Statement

T = TypeVar("T")
_cases = tables.cases.c
_members = tables.members.c
_items = tables.items.c
_HAS_TABLE = _cases.ref.not_in(select(_items.case_ref).where(_items.kind == DESK))
"""Of a case: agencies sit at it, in a room of its own."""
# Asked with each message: to put a question together takes longer than SQLite takes to answer it.
_HANDLED = select(tables.inbox.c.cause).where(tables.inbox.c.cause == bindparam("cause"))
_SETTING = Statement(
    select(tables.settings.c.value).where(
        tables.settings.c.account == bindparam("owner"), tables.settings.c.key == bindparam("name")
    )
)
_SEATED = Statement(select(_members.user_id).where(_members.case_ref == bindparam("ref"), ~_members.gone))
SPACE = Place.SPACE.value
"""The channel of the space that holds the rooms."""
SET_ASIDE = "set aside "
"""What the name of a setting begins with that holds a reference which no new case is given."""


@dataclass(frozen=True, repr=False)
class Card:
    """The message of ours that somebody replies to: its room's channel, the case, and the record it is about."""

    channel: str
    case_ref: str
    subject: str | None
    cause: str = ""
    """What it answers."""
    txn_id: str = ""
    """The name of its row in the outbox."""


@dataclass(frozen=True, repr=False)
class Directory:
    """The agencies and the active professionals."""

    agencies: dict[str, Agency]
    people: dict[str, Professional]
    preferences: dict[str, Preferences] = field(default_factory=dict[str, Preferences])
    former: dict[str, Professional] = field(default_factory=dict[str, Professional])
    """Who left: what they did still bears their name, and nothing else is asked of them."""

    def prefers(self, user_id: str) -> Preferences:
        """What a person chose, or nothing."""
        return self.preferences.get(user_id) or Preferences(user_id)

    def zone(self, user_id: str, otherwise: ZoneInfo) -> ZoneInfo:
        """The zone of a person: their own choice, else what is on file."""
        person = self.people.get(user_id)
        zone = self.prefers(user_id).zone or (person.zone if person else None)
        return ZoneInfo(zone) if zone else otherwise

    def of_agency(self, short: str, *roles: Role) -> list[Professional]:
        """The people of an agency who have one of these roles, by name."""
        return sorted((p for p in self.people.values() if p.agency == short and p.role in roles), key=lambda p: p.name)

    def with_role(self, role: Role) -> list[Professional]:
        """Everybody with this role, by name."""
        return sorted((p for p in self.people.values() if p.role is role), key=lambda p: p.name)

    def known(self, user_id: str) -> Professional | None:
        """A person to be shown, also one who left."""
        return self.people.get(user_id) or self.former.get(user_id)

    def name(self, user_id: str) -> str:
        """What to call a person."""
        return person.name if (person := self.known(user_id)) else user_id

    def agency_name(self, short: str) -> str:
        """What to call an agency."""
        return agency.name if (agency := self.agencies.get(short)) else short


def place_of(channel: str) -> Place:
    """The kind of room that a channel leads to: ``case:K7QF``, ``agency:police``, ``direct:@ada:example.org``."""
    return Place(channel.partition(":")[0])


class Find:
    """Read-only questions to the store, within a transaction, about what belongs to one account; the people are shared.

    ``kept``: the cases that this transaction may take over and change, for it alone writes now. ``unreadable``: where
    it notes the cases that can't be read (reference and kind of fault), until they can.
    """

    def __init__(  # noqa: PLR0917 made by Store alone
        self,
        connect: Callable[[], Connection],
        account: Account,
        known: Known,
        ring: Keyring,
        unreadable: MutableMapping[str, str],
        kept: KeptCases | None = None,
    ) -> None:
        """``connect`` begins the transaction, when the first thing is asked that memory does not know."""
        self.account = account
        self._connect = connect
        self._known = known
        self._age = known.age
        self._ring = ring
        self._unreadable = unreadable
        self._kept = kept
        self.taken: dict[str, OnFile] = {}
        """The cases that were found, and how much of each is on file."""

    @cached_property
    def connection(self) -> Connection:
        """The transaction."""
        return self._connect()

    def case(self, ref: str, *, whoever_runs_it: bool = False) -> Case | None:
        """The case with this reference; raises UnreadableCaseError."""
        if ref not in self.taken:
            known = self._kept.take(ref) if self._kept is not None else None
            found = self._read(ref, known, None if whoever_runs_it else self.account.schemes)
            if found is None:
                return None
            self.taken[ref] = found
        return self.taken[ref].case

    def _read(self, ref: str, known: OnFile | None, schemes: Collection[str] | None) -> OnFile | None:
        try:
            found = journal.read(self.connection, self._ring, ref, known, schemes)
        except SQLAlchemyError:
            raise
        except Exception as fault:
            self._unreadable[ref] = type(fault).__name__
            raise journal.UnreadableCaseError(ref) from fault
        if found is not None:
            self._unreadable.pop(ref, None)
        return found

    def seated(self, ref: str) -> dict[str, bool] | None:
        """Who sits at a case's table, and whether they joined its room; None: no such case, which is not read here."""
        if self.one(self._of_ours(_cases.ref).where(_cases.ref == ref)) is None:
            return None
        here = (_members.case_ref == ref, ~_members.gone)
        return {row.user_id: row.joined for row in self.rows(select(_members.user_id, _members.joined).where(*here))}

    def last_number(self, kind: str) -> int:
        """The highest number in the ids of the records with an item of a kind, in all cases; 0: there is none."""
        numbers = (record.partition("-")[2] for record in self.all(select(_items.record).where(_items.kind == kind)))
        return max((int(number) for number in numbers if number.isdigit()), default=0)

    def is_taken(self, ref: str) -> bool:
        """Whether a case has this reference, or had it and is not on file, whichever account runs it."""
        s = tables.settings.c
        if self.one(select(_cases.ref).where(_cases.ref == ref)) is not None:
            return True
        return bool(self.all(select(s.key).where(s.key == SET_ASIDE + ref)))

    def forget(self) -> None:
        """What was changed is only half done: it is read again, and not kept."""
        self.taken = {ref: found for ref, found in self.taken.items() if not (found.changed or found.written)}

    def keep(self) -> None:
        """All that was changed is committed: the next transaction may have the cases."""
        if self._kept is not None:
            for found in self.taken.values():
                found.written = False
                self._kept.keep(found)

    def open_cases(self, *, of: str | None = None) -> list[str]:
        """The references of all open cases with a table, or of those where this person sits at it, oldest first."""
        query = self._of_ours(_cases.ref).where(~_cases.closed, _HAS_TABLE).order_by(_cases.opened_at)
        if of is not None:
            seats = select(_members.case_ref).where(_members.user_id == of, ~_members.gone)
            query = query.where(_cases.ref.in_(seats))
        return self.all(query)

    def cases_before(self, moment: datetime) -> dict[str, str]:
        """The scheme of each case that was opened before a moment, whatever became of it, by reference."""
        query = self._of_ours(_cases.ref).add_columns(_cases.scheme).where(_cases.opened_at < moment)
        return {row.ref: row.scheme for row in self.rows(query.order_by(_cases.opened_at))}

    def read_through(self, refs: Collection[str]) -> Iterator[Case]:
        """Those of these cases that can be read, one by one: none is held, and none is to be changed."""
        for ref in refs:
            with suppress(journal.UnreadableCaseError):
                found = self._read(ref, None, self.account.schemes)
                if found is not None:
                    yield found.case

    def schemes_of_open_cases(self) -> dict[str, str]:
        """The scheme of each open case with a table, by reference, oldest first."""
        query = self._of_ours(_cases.ref).add_columns(_cases.scheme).where(~_cases.closed, _HAS_TABLE)
        return {row.ref: row.scheme for row in self.rows(query.order_by(_cases.opened_at))}

    def cases_with(self, kind: str) -> list[str]:
        """The references of the open cases with an open item of a kind; no case is read here."""
        found = (_items.kind == kind, _items.open, ~_cases.closed)
        return self.all(self._of_ours(_items.case_ref).join(tables.cases).where(*found).distinct())

    def cases_with_due(self, kind: str, now: datetime) -> list[str]:
        """The references of the cases, closed ones too, with an item of a kind that is due by now."""
        ripe = (_items.kind == kind, _items.open, _items.due <= now)
        return self.all(self._of_ours(_items.case_ref).join(tables.cases).where(*ripe).distinct())

    def cases_with_item_of(self, kind: str, person: str) -> list[str]:
        """The references of the cases, closed ones too, with an open item of a kind that is about a person."""
        about = (_items.kind == kind, _items.open, _items.person == person)
        return self.all(self._of_ours(_items.case_ref).join(tables.cases).where(*about).distinct())

    def cases(self, refs: Collection[str]) -> list[Case]:
        """Those of these cases that can be read, oldest first."""
        found = [case for ref in refs if (case := self.case_or_none(ref)) is not None]
        return sorted(found, key=lambda case: case.opened_at)

    def case_or_none(self, ref: str) -> Case | None:
        """The case with this reference, if there is one that can be read."""
        with suppress(journal.UnreadableCaseError):
            return self.case(ref)
        return None

    def cases_where(self, kind: str, agency: str, record_id: str) -> list[str]:
        """The references of the open cases with this item of an agency, settled or not."""
        asked = (_items.kind == kind, _items.agency == agency, _items.record == record_id)
        open_ = self._of_ours(_items.case_ref).join(tables.cases).where(*asked, ~_cases.closed)
        return self.all(open_.distinct())

    def directory(self) -> Directory:
        """The agencies and the active professionals; to be read only, others get the same.

        What a unit of work changes in them it sees at once, and others once it is committed.
        """
        known: Directory | None = self._known.get(Directory)
        if known is not None:
            return known
        agencies = self._each(select(tables.agencies).order_by(tables.agencies.c.name))
        everybody = [Professional(**row) for row in self._each(select(tables.professionals))]
        chosen = self._each(select(tables.preferences))
        directory = Directory(
            {row["short"]: Agency(**row) for row in agencies},
            {person.user_id: person for person in everybody if person.left_at is None},
            {row["user_id"]: Preferences(**row) for row in chosen},
            {person.user_id: person for person in everybody if person.left_at is not None},
        )
        return self._known.keep(Directory, directory, self._age)

    def everybody(self) -> list[Professional]:
        """All professionals, also those who left."""
        return [Professional(**row) for row in self._each(select(tables.professionals).order_by("user_id"))]

    def channel(self, room_id: str) -> str | None:
        """Which channel a room is; None: not a room of ours (any more), or the space, in which nobody talks."""
        if not is_room_id(room_id):
            return None
        known: str | None = self._known.get(("channel", room_id))
        if known is not None:
            return known
        r = tables.rooms.c
        ours = (r.room_id == room_id, r.account == self.account.user_id, r.channel != SPACE, r.gone_at.is_(None))
        channel = self.one(select(r.channel).where(*ours))
        return self._known.keep(("channel", room_id), channel, self._age)

    def room(self, channel: str) -> str | None:
        """The room of a channel."""
        known: str | None = self._known.get(("room", channel))
        if known is not None:
            return known
        r = tables.rooms.c
        room_id = self.one(select(r.room_id).where(r.account == self.account.user_id, r.channel == channel))
        return self._known.keep(("room", channel), room_id, self._age)

    def case_rooms(self) -> list[str]:
        """The rooms of cases, open and closed, that this account has and did not lose."""
        r = tables.rooms.c
        ours = (r.account == self.account.user_id, r.channel.startswith(f"{Place.CASE}:"), r.gone_at.is_(None))
        return self.all(select(r.room_id).where(*ours).order_by(r.channel))

    def holder(self, channel: str) -> str | None:
        """The account that has the room of a case's channel; None: there is no room yet."""
        r = tables.rooms.c
        return self.one(select(r.account).where(r.channel == channel))

    def holders(self, channel: str) -> list[str]:
        """The accounts that have a room of a channel: on a shared database each bot has rooms of its own."""
        r = tables.rooms.c
        return self.all(select(r.account).where(r.channel == channel).order_by(r.account))

    def audience(self, channel: str, scope: str = HOUSE) -> frozenset[str]:
        """Who may read what the bot says in a channel (Matrix ids), whatever the homeserver says of its members.

        ``scope``: the case that it is about. Who has left its table reads nothing of it, in no room.
        """
        readers = self._readers(channel)
        if not readers or scope == HOUSE or place_of(channel) is Place.CASE:
            return readers
        if (seats := self._written_seats(scope)) is not None:
            sitting = {seat.user_id for seat in seats if not seat.gone}
            return readers.difference({seat.user_id for seat in seats} - sitting)
        m = tables.members.c
        sits = select(m.user_id).where(m.case_ref == scope, ~m.gone)
        left = select(m.user_id).where(m.case_ref == scope, m.user_id.not_in(sits))
        return readers.difference(self.all(left))

    def _written_seats(self, ref: str) -> frozenset[Seat] | None:
        """The seats of a case as they are on file, if this transaction knows it."""
        found = self.taken.get(ref)
        return None if found is None or found.changed else found.seats

    def _readers(self, channel: str) -> frozenset[str]:
        kind, _, key = channel.partition(":")
        place = Place(kind)
        people = {} if place is Place.CASE else (self.directory()).people
        match place:
            case Place.CASE:
                if (seats := self._written_seats(key)) is not None:
                    return frozenset(seat.user_id for seat in seats if not seat.gone)
                return frozenset(row.user_id for row in _SEATED.all(self.connection, {"ref": key}))
            case Place.DIRECT:
                return frozenset({key} & people.keys())
            case _:
                return frozenset(user_id for user_id, person in people.items() if person.is_for(place, key))

    def card(self, event_id: str) -> Card | None:
        """The message of ours with this event id."""
        if not is_event_id(event_id):
            return None
        o = tables.outbox.c
        ours = (o.event_id == event_id, o.account == self.account.user_id)
        found = self.row(select(o.channel, o.scope, o.subject, o.txn_id).where(*ours).limit(1))
        if found is None:
            return None
        return Card(found.channel, found.scope, found.subject, found.txn_id.rpartition(".")[0], found.txn_id)

    def unseal(self, sealed: bytes, scope: str, place: str, row: str) -> str:
        """Open what ``Work.seal`` sealed; raises WrongKeyError."""
        return self._ring.open(sealed, scope=scope, place=place, row=row)

    def setting(self, key: str) -> str | None:
        """A small fact of the process."""
        found = _SETTING.first(self.connection, {"owner": self.account.user_id, "name": key})
        return None if found is None else str(found.value)

    def outcome(self, cause: str) -> str | None:
        """How the handling of an event ended: ``done``, a refusal's code, ``failed``; None: it was not handled."""
        i = tables.inbox.c
        return self.one(select(i.outcome).where(i.cause == cause))

    def is_handled(self, cause: str) -> bool:
        """Whether this cause had its effects already."""
        return self.one(_HANDLED, cause=cause) is not None

    def _of_ours(self, column: Column[T]) -> Select[T]:
        """A query for a column, about the cases whose scheme this account runs."""
        query = select(column)
        schemes = self.account.schemes
        return query if schemes is None else query.where(_cases.scheme.in_(schemes))

    def one(self, query: Select[T], **given: object) -> T | None:
        """The one value of a query, or None."""
        return self.connection.scalars(query, given).one_or_none()

    def all(self, query: Select[T], **given: object) -> list[T]:
        """The first column of a query."""
        return list(self.connection.scalars(query, given))

    def row(self, query: Select[*tuple[Any, ...]], **given: object) -> Row[*tuple[Any, ...]] | None:
        """The one row of a query, or None."""
        return self.connection.execute(query, given).one_or_none()

    def rows(self, query: Select[*tuple[Any, ...]]) -> Sequence[Row[*tuple[Any, ...]]]:
        """All rows of a query."""
        return self.connection.execute(query).all()

    def _each(self, query: Select[*tuple[Any, ...]]) -> Iterable[dict[str, Any]]:
        """The rows of a query, by the names of their columns."""
        return ({str(name): value for name, value in row.items()} for row in self.connection.execute(query).mappings())
