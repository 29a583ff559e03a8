"""Looking things up: cases, people, rooms, and which card a reply is about."""

from collections.abc import Collection, MutableMapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Row, Select, bindparam, func, inspect, select, true
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from cases.case import Case
from cases.people import Agency, Preferences, Professional
from cases.roles import Place, Role
from cases.roundtable import State
from storage import tables
from storage.account import Account
from storage.crypto import HOUSE
from storage.identifiers import is_event_id, is_room_id
from storage.kept import KeptCases
from storage.known import Known
from storage.mapping import version_of

T = TypeVar("T")
_cases = tables.cases.c
_members = tables.members.c
# Asked with each message: to put a question together takes longer than SQLite takes to answer it.
_HANDLED = select(tables.inbox.c.cause).where(tables.inbox.c.cause == bindparam("cause"))
_VERSION = select(_cases.version, _cases.scheme).where(_cases.ref == bindparam("ref"))
_SEATED = select(_members.user_id).where(_members.case_ref == bindparam("ref"), _members.left_at.is_(None))
SPACE = "space"
"""The channel of the space that holds the rooms."""


@dataclass(frozen=True, repr=False)
class Card:
    """The message of ours that somebody replies to: its room's channel, the case, and the record it is about."""

    channel: str
    case_ref: str
    subject: str | None


@dataclass(frozen=True, repr=False)
class Directory:
    """The agencies and the active professionals."""

    agencies: dict[str, Agency]
    people: dict[str, Professional]
    preferences: dict[str, Preferences] = field(default_factory=dict[str, Preferences])

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

    def name(self, user_id: str) -> str:
        """What to call a person."""
        person = self.people.get(user_id)
        return person.name if person else user_id

    def agency_name(self, short: str) -> str:
        """What to call an agency."""
        agency = self.agencies.get(short)
        return agency.name if agency else short


def place_of(channel: str) -> Place:
    """The kind of room that a channel leads to: ``case:K7QF``, ``agency:police``, ``direct:@ada:example.org``."""
    return Place(channel.partition(":")[0])


class UnreadableCaseError(Exception):
    """A case is on file and can't be read: its rows were changed, its key is gone, or a fault of ours wrote it."""

    def __init__(self, ref: str) -> None:
        super().__init__(f"the case {ref} can't be read")


class Find:
    """Read-only questions to the store, within a session, about what belongs to one account; the people are shared.

    ``kept``: the cases that this session may take over and change, for it alone writes now. ``unreadable``: where it
    notes the cases that can't be read (reference and kind of fault), until they can.
    """

    def __init__(
        self,
        session: AsyncSession,
        account: Account,
        known: Known,
        unreadable: MutableMapping[str, str],
        kept: KeptCases | None = None,
    ) -> None:
        self.account = account
        self._session = session
        self._known = known
        self._age = known.age
        self._unreadable = unreadable
        self._kept = kept
        self._taken: dict[str, Case] = {}

    async def case(self, ref: str) -> Case | None:
        """The case with this reference; raises UnreadableCaseError."""
        case = self._taken.get(ref) or await self._take(ref) or await self._read(ref)
        if case is not None:
            self._taken[ref] = case
        return case

    async def _read(self, ref: str) -> Case | None:
        try:
            case = await self.one(select(Case).where(_cases.ref == ref, self._ours()))
        except SQLAlchemyError:
            raise
        except Exception as fault:
            self._let_go({ref})
            self._unreadable[ref] = type(fault).__name__
            raise UnreadableCaseError(ref) from fault
        self._unreadable.pop(ref, None)
        return case

    def _let_go(self, refs: Collection[str]) -> None:
        """Let the session forget what it has read of cases that could not be read to their end."""
        for part in list(self._session.sync_session.identity_map.values()):
            fields = inspect(part).dict
            if fields.get("ref" if isinstance(part, Case) else "case_ref") in refs:
                self._session.expunge(part)

    async def seated(self, ref: str) -> dict[str, bool] | None:
        """Who sits at a case's table, and whether they joined its room; None: no such case, which is not read here."""
        if await self.one(select(_cases.ref).where(_cases.ref == ref, self._ours())) is None:
            return None
        m = tables.members.c
        rows = await self.rows(select(m.user_id, m.joined_at).where(m.case_ref == ref, m.left_at.is_(None)))
        joined = {row.user_id for row in rows if row.joined_at is not None}
        return {row.user_id: row.user_id in joined for row in rows}

    async def is_taken(self, ref: str) -> bool:
        """Whether there is a case with this reference, whichever account runs it."""
        return await self.one(select(_cases.ref).where(_cases.ref == ref)) is not None

    async def _take(self, ref: str) -> Case | None:
        """A case that was kept, unless it was changed since: whatever changes in a case makes a new version of it."""
        case = self._kept.take(ref) if self._kept is not None else None
        if case is None:
            return None
        on_file = await self.row(_VERSION, ref=ref)
        if on_file is None or on_file.version != version_of(case) or not self.account.runs(on_file.scheme):
            return None
        self._session.add(case)
        return case

    def forget(self) -> None:
        """What was found may be half changed: it is read again, and not kept."""
        self._taken.clear()

    def keep(self) -> None:
        """All that was changed is committed, and the session at its end: the next one may have the cases."""
        if self._kept is not None:
            for case in self._taken.values():
                self._kept.keep(case)

    async def open_cases(self, *, of: str | None = None) -> list[str]:
        """The references of all open cases, or of those at whose table this person sits, oldest first."""
        c, m = tables.cases.c, tables.members.c
        theirs = true() if of is None else c.ref.in_(select(m.case_ref).where(m.user_id == of, m.left_at.is_(None)))
        return await self.all(select(c.ref).where(c.closed_at.is_(None), theirs, self._ours()).order_by(c.opened_at))

    async def schemes_of_open_cases(self) -> dict[str, str]:
        """The scheme of each open case, by reference, oldest first."""
        query = select(_cases.ref, _cases.scheme).where(_cases.closed_at.is_(None), self._ours())
        return {row.ref: row.scheme for row in await self.rows(query.order_by(_cases.opened_at))}

    async def cases_in_meeting(self) -> list[str]:
        """The references of the open cases whose round table is being held."""
        t, c = tables.roundtables.c, tables.cases.c
        ours = t.case_ref.in_(select(c.ref).where(c.closed_at.is_(None), self._ours()))
        return await self.all(select(t.case_ref).where(t.state == State.RUNNING, ours).distinct())

    async def cases_erased_before(self, when: datetime) -> list[str]:
        """The references of the cases, closed ones too, in which somebody's words were erased by then."""
        s = tables.steps.c
        ours = s.case_ref.in_(select(tables.cases.c.ref).where(self._ours()))
        erased = (s.verb == "erase", s.undone.is_(False), s.at <= when, ours)
        return await self.all(select(s.case_ref).where(*erased).distinct())

    async def is_in_meeting(self, ref: str) -> bool:
        """Whether a round table of this case is being held; the case is not read here."""
        return ref in await self.cases_in_meeting()

    async def cases_erased_by(self, person: str) -> list[str]:
        """The references of the cases, closed ones too, in which words of this person are erased and not wiped."""
        s = tables.steps.c
        ours = s.case_ref.in_(select(tables.cases.c.ref).where(self._ours()))
        erased = (s.verb == "erase", s.undone.is_(False), s.by == person, ours)
        return await self.all(select(s.case_ref).where(*erased).distinct())

    async def cases(self, refs: Collection[str]) -> list[Case]:
        """Those of these cases that can be read, oldest first."""
        others = set(refs) - self._taken.keys()
        try:
            found = await self.all(select(Case).where(_cases.ref.in_(refs), self._ours()).order_by(_cases.opened_at))
        except SQLAlchemyError:
            raise
        except Exception:  # noqa: BLE001 whatever is wrong with one of them: the others are read
            self._let_go(others)
            found = [case for ref in refs if (case := await self.case_or_none(ref))]
        for case in found:
            self._unreadable.pop(case.ref, None)
        return sorted(found, key=lambda case: case.opened_at)

    async def case_or_none(self, ref: str) -> Case | None:
        """The case with this reference, if there is one that can be read."""
        with suppress(UnreadableCaseError):
            return await self.case(ref)
        return None

    async def cases_asking(self, agency: str, request_id: str) -> list[str]:
        """The references of the open cases in which this agency was asked a question of this id, answered or not."""
        r, c = tables.requests.c, tables.cases.c
        asked = select(r.case_ref).where(r.to_agency == agency, r.id == request_id, r.withdrawn.is_(False))
        return await self.all(select(c.ref).where(c.ref.in_(asked), c.closed_at.is_(None), self._ours()))

    async def directory(self) -> Directory:
        """The agencies and the active professionals; to be read only, others get the same.

        As they are on file: what a unit of work changes in them is seen once it is flushed.
        """
        known: Directory | None = self._known.get(Directory)
        if known is not None:
            return known
        agencies = await self.all(select(Agency).order_by(tables.agencies.c.name))
        people = await self.all(select(Professional).where(tables.professionals.c.left_at.is_(None)))
        chosen = {p.user_id: p for p in await self.all(select(Preferences))}
        directory = Directory({a.short: a for a in agencies}, {p.user_id: p for p in people}, chosen)
        for each in (*agencies, *people, *chosen.values()):
            # Who is kept must not be forgotten with this transaction, should it be broken off.
            self._session.expunge(each)
        return self._known.keep(Directory, directory, self._age)

    async def everybody(self) -> list[Professional]:
        """All professionals, also those who left."""
        return await self.all(select(Professional).order_by(tables.professionals.c.user_id))

    async def channel(self, room_id: str) -> str | None:
        """Which channel a room is; None: not a room of ours (any more), or the space, in which nobody talks."""
        if not is_room_id(room_id):
            return None
        known: str | None = self._known.get(("channel", room_id))
        if known is not None:
            return known
        r = tables.rooms.c
        ours = (r.room_id == room_id, r.account == self.account.user_id, r.channel != SPACE, r.gone_at.is_(None))
        channel = await self.one(select(r.channel).where(*ours))
        return self._known.keep(("channel", room_id), channel, self._age)

    async def room(self, channel: str) -> str | None:
        """The room of a channel."""
        known: str | None = self._known.get(("room", channel))
        if known is not None:
            return known
        r = tables.rooms.c
        room_id = await self.one(select(r.room_id).where(r.account == self.account.user_id, r.channel == channel))
        return self._known.keep(("room", channel), room_id, self._age)

    async def holder(self, channel: str) -> str | None:
        """The account that has the room of a case's channel; None: there is no room yet."""
        r = tables.rooms.c
        return await self.one(select(r.account).where(r.channel == channel))

    async def audience(self, channel: str, scope: str = HOUSE) -> frozenset[str]:
        """Who may read what the bot says in a channel (Matrix ids), whatever the homeserver says of its members.

        ``scope``: the case that it is about. Who has left its table reads nothing of it, in no room.
        """
        readers = await self._readers(channel)
        if not readers or scope == HOUSE or place_of(channel) is Place.CASE:
            return readers
        m = tables.members.c
        left = select(m.user_id).where(m.case_ref == scope).group_by(m.user_id)
        return readers.difference(await self.all(left.having(func.count() == func.count(m.left_at))))

    async def _readers(self, channel: str) -> frozenset[str]:
        kind, _, key = channel.partition(":")
        place = Place(kind)
        people = {} if place is Place.CASE else (await self.directory()).people
        match place:
            case Place.CASE:
                return frozenset(await self.all(_SEATED, ref=key))
            case Place.AGENCY:
                inside = {Role.PRACTITIONER, Role.COORDINATOR}
                return frozenset(p.user_id for p in people.values() if p.agency == key and p.role in inside)
            case Place.COORDINATION:
                return frozenset(p.user_id for p in people.values() if p.role is Role.COORDINATOR)
            case Place.ADMIN:
                return frozenset(p.user_id for p in people.values() if p.role is Role.ADMIN)
            case Place.DIRECT:
                return frozenset({key} & people.keys())

    async def card(self, event_id: str) -> Card | None:
        """The message of ours with this event id."""
        if not is_event_id(event_id):
            return None
        o = tables.outbox.c
        ours = (o.event_id == event_id, o.account == self.account.user_id)
        found = await self.row(select(o.channel, o.scope, o.subject).where(*ours).limit(1))
        return Card(found.channel, found.scope, found.subject) if found else None

    async def setting(self, key: str) -> str | None:
        """A small fact of the process."""
        s = tables.settings.c
        return await self.one(select(s.value).where(s.account == self.account.user_id, s.key == key))

    async def outcome(self, cause: str) -> str | None:
        """How the handling of an event ended: ``done``, a refusal's code, ``failed``; None: it was not handled."""
        i = tables.inbox.c
        return await self.one(select(i.outcome).where(i.cause == cause))

    async def is_handled(self, cause: str) -> bool:
        """Whether this cause had its effects already."""
        return await self.one(_HANDLED, cause=cause) is not None

    def _ours(self) -> ColumnElement[bool]:
        """That a case is of a scheme that this account runs."""
        schemes = self.account.schemes
        return true() if schemes is None else tables.cases.c.scheme.in_(schemes)

    async def one(self, query: Select[T], **given: object) -> T | None:
        """The one value of a query, or None."""
        return (await self._session.scalars(query, given)).one_or_none()

    async def all(self, query: Select[T], **given: object) -> list[T]:
        """The first column of a query."""
        return list(await self._session.scalars(query, given))

    async def row(self, query: Select[*tuple[Any, ...]], **given: object) -> Row[*tuple[Any, ...]] | None:
        """The one row of a query, or None."""
        return (await self._session.execute(query, given)).one_or_none()

    async def rows(self, query: Select[*tuple[Any, ...]]) -> list[Row[*tuple[Any, ...]]]:
        """All rows of a query."""
        return list((await self._session.execute(query)).all())
