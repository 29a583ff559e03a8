"""A conference without Matrix: real reader, rules, templates, sealing and database; only the wire is ours."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from cases.case import Case
from cases.people import Agency, Professional
from cases.roles import Place, Role
from cases.scheme import Column, Counted, Return, Scheme
from chat.context import House
from chat.dispatch import Dispatcher
from chat.documents.paper import typeset
from chat.incoming import Incoming
from chat.jobs import Sweeps
from commands import registry_of_all
from commands.case.comings import Comings
from commands.erasure.deleting import Deleting
from storage import tables
from storage.messages import Attachment, Paper
from storage.outbox import Outbox, Row
from storage.store import Store
from tests.storage.examples import picture

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
MONDAY = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
"""A working Monday, 10:00 in Amsterdam."""
AGENCIES = {
    "police": "Police",
    "social": "Social services",
    "health": "Health service",
    "school": "School",
    "youth": "Youth work",
}
PEOPLE = {
    "ada": ("Ada Jansen", "police", Role.PRACTITIONER),
    "bram": ("Bram Visser", "police", Role.MANAGER),
    "cleo": ("Cleo Bakker", "social", Role.COORDINATOR),
    "dirk": ("Dirk Smit", "social", Role.PRACTITIONER),
    "ella": ("Ella Mulder", "social", Role.MANAGER),
    "finn": ("Finn de Boer", "health", Role.PRACTITIONER),
    "gina": ("Gina Dekker", "health", Role.PRACTITIONER),
    "hugo": ("Hugo Peters", "school", Role.PRACTITIONER),
    "iris": ("Iris Kok", "youth", Role.PRACTITIONER),
    "jack": ("Jack Post", "youth", Role.PRACTITIONER),
    "kees": ("Kees Admin", "social", Role.ADMIN),
}
YOUTH_CRIME = Scheme(returns=Return((Column("Cases opened", Counted.OPENED),)))
BOT = "@roundtable:example.org"
VERSIONS = sa.select(
    tables.cases.c.ref,
    tables.cases.c.version,
    sa.select(sa.func.count()).where(tables.steps.c.case_ref == tables.cases.c.ref).scalar_subquery(),
)


def user(local: str) -> str:
    """The full id of a fictional professional."""
    return f"@{local}:example.org"


@dataclass(frozen=True)
class Said:
    """Something the bot said, or a file that it posted."""

    channel: str
    text: str
    html: str
    event_id: str
    mentions: tuple[str, ...] = ()
    notice: bool = True
    subject: str | None = None
    file: Attachment | None = None
    scope: str = "house"
    """The case whose content it holds."""
    board: Mapping[str, str] | None = None
    """What a page reads in it."""

    def __contains__(self, part: str) -> bool:
        return part in self.text


@dataclass
class Conference:
    """A deployment with five agencies; people say things in rooms, the bot's messages are collected."""

    store: Store
    house: House
    now: datetime = MONDAY
    heard: list[Said] = field(default_factory=list)
    invited: list[tuple[str, str]] = field(default_factory=list)
    removed: list[tuple[str, str]] = field(default_factory=list)
    polls: list[tuple[Said, tuple[tuple[str, str], ...]]] = field(default_factory=list)
    """The polls, and what each tap says and how it is shown."""
    ticked: list[tuple[str, str]] = field(default_factory=list)
    """The messages that were marked as done: channel and event."""
    cards: list[Said] = field(default_factory=list)
    """The cards that are pinned, and their edits."""
    retracted: list[tuple[str, str]] = field(default_factory=list)
    """The bot's own messages that it deleted: channel and event."""
    damaged: dict[str, bytes] = field(default_factory=dict)
    """The cases (references) that a test has made unreadable, and what stood there."""
    _checked: dict[str, tuple[int, int]] = field(default_factory=dict)
    """The version of each case that was found to be readable."""
    _ids: "count[int]" = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.dispatcher = Dispatcher(registry_of_all(), self.store, self.house, lambda: self.now)
        self.comings = Comings(self.store, self.house, lambda: self.now)
        self.deleting = Deleting(self.store, self.house, lambda: self.now)
        self.sweeps = Sweeps(self.store, self.house, lambda: self.now)

    async def say(
        self,
        who: str,
        text: str,
        *,
        room: str,
        replies_to: Said | None = None,
        event_id: str | None = None,
        mentions: tuple[str, ...] = (),
        replaces: str | None = None,
        seems_to_answer: Said | None = None,
        ciphertext: tuple[str, str, int] | None = None,
    ) -> list[Said]:
        """Somebody types something; what the bot says to it, in the order it says it."""
        incoming = self.incoming(who, text, room, event_id or f"$said{next(self._ids)}")
        said = replace(
            incoming,
            mentions=mentions,
            replies_to=replies_to.event_id if replies_to else None,
            replaces=replaces,
            seems_to_answer=seems_to_answer.event_id if seems_to_answer else None,
            ciphertext=ciphertext,
        )
        await self.dispatcher.handle(said)
        return await self.deliver()

    async def tap(self, who: str, poll: Said, answer: str) -> list[Said]:
        """Somebody taps an answer of a poll, by how it is shown; what the bot says to it."""
        answers = next(answers for said, answers in self.polls if said.event_id == poll.event_id)
        command = next(command for command, label in answers if label == answer)
        vote = self.incoming(who, command, poll.channel, f"$vote{next(self._ids)}")
        await self.dispatcher.handle(replace(vote, replies_to=poll.event_id, is_vote=True))
        return await self.deliver()

    def incoming(self, who: str, text: str, room: str, event_id: str) -> Incoming:
        """What somebody types, before the bot has heard it."""
        return Incoming(event_id, f"!{room}:example.org", user(who), text)

    async def answer(
        self, who: str, text: str, *, room: str, replies_to: Said | None = None, replaces: str | None = None
    ) -> Said:
        """The one thing that the bot says in this room to something typed there; files beside it are in heard."""
        said = await self.say(who, text, room=room, replies_to=replies_to, replaces=replaces)
        said = [s for s in said if s.channel == room and not s.file]
        assert len(said) == 1, [s.text for s in said]
        return said[0]

    async def deliver(self) -> list[Said]:
        """Let everything out that waits in the outbox."""
        new: list[Said] = []
        outbox = Outbox(self.store)
        for channel in await outbox.channels():
            while row := await outbox.next(channel):
                event_id = f"$bot{next(self._ids)}"
                if row.answers:
                    said = self._said(row, event_id)
                    self.polls.append((said, row.answers))
                elif row.pins or row.edits:
                    self.cards.append(self._said(row, event_id))
                elif row.kind in {"message", "file"}:
                    new.append(self._said(row, event_id))
                elif row.kind == "tick" and row.answers_to:
                    self.ticked.append((row.channel, row.answers_to))
                elif row.retracts:
                    if retracted := await outbox.event_of(row.retracts):
                        self.retracted.append((row.channel, retracted))
                elif row.person:
                    {"invite": self.invited, "remove": self.removed}[row.kind].append((row.channel, row.person))
                await self._room(row.channel)
                await outbox.mark_sent(row, event_id, self.now)
        self.heard += new
        await self.check_file()
        return new

    async def check_file(self, reader: Store | None = None) -> None:
        """Whatever changed since the last time can be read again, and is what the bot keeps of it in memory.

        ``reader``: the store of another process, which reads everything.
        """
        with (reader or self.store).look() as find:
            on_file = {ref: (version, steps) for ref, version, steps in find.rows(VERSIONS) if ref not in self.damaged}
            changed = [ref for ref, version in on_file.items() if reader or self._checked.get(ref) != version]
            found = {ref: find.case(ref) for ref in changed}
        for ref, case in found.items():
            if kept := self.store._kept.take(ref):
                self.store._kept.keep(kept)
            # An older one is never taken: it is read anew.
            if case and kept and (kept.version, kept.saved) == on_file[ref]:
                assert picture(kept.case) == picture(case)
        self._checked = on_file

    async def damage(self, ref: str) -> None:
        """Make a case unreadable, as a fault of the disk does."""
        with self.store.update() as session:
            first = sa.text("SELECT body FROM steps WHERE case_ref = :ref AND number = 1")
            self.damaged[ref] = session.scalar(first, {"ref": ref})
        self._put_first_step(ref, b"x")

    async def mend(self, ref: str) -> None:
        """Make it readable again."""
        self._put_first_step(ref, self.damaged.pop(ref))

    def _put_first_step(self, ref: str, body: bytes) -> None:
        with self.store.update() as session:
            first = sa.text("UPDATE steps SET body = :body WHERE case_ref = :ref AND number = 1")
            session.execute(first, {"body": body, "ref": ref})
        self.store._kept.take(ref)

    async def open_case(self, *, agencies: str = "police, social, health, school, youth") -> str:
        """A case that Cleo opened, with everybody who was invited in the room; its channel (``case:K7QF``)."""
        opened = await self.say(
            "cleo",
            f"!case open why: not seen at school for weeks goal: a safe routine again agencies: {agencies}",
            room="coordination",
        )
        channel = next(s.channel for s in opened if s.channel.startswith("case:"))
        joining = tuple(person for where, person in self.invited if where == channel)
        await self.comings.joined(f"!{channel}:example.org", joining, f"join{next(self._ids)}")
        await self.deliver()
        return channel

    async def case(self, channel: str) -> Case:
        """The case behind a channel, as it is on file."""
        with self.store.look() as find:
            case = find.case(channel.partition(":")[2])
        assert case
        return case

    def files(self, channel: str) -> dict[str, bytes]:
        """The files that the bot posted in a room, by their names; of one name the newest."""
        return {s.file.name: s.file.data for s in self.heard if s.channel == channel and s.file}

    async def outcomes(self) -> list[tuple[str, str]]:
        """The audit log: command and outcome."""
        with self.store.update() as session:
            rows = session.execute(sa.select(tables.audit.c.command, tables.audit.c.outcome))
            return [(row.command, row.outcome) for row in rows]

    def later(self, **much: float) -> None:
        """Let time pass (keywords of timedelta)."""
        self.now += timedelta(**much)

    def _said(self, row: Row, event_id: str) -> Said:
        text = row.file.name if row.file else row.plain
        return Said(
            row.channel,
            text,
            row.html,
            event_id,
            row.mentions,
            row.notice,
            row.subject,
            _posted(row.file),
            row.scope,
            row.board,
        )

    async def _room(self, channel: str) -> None:
        with self.store.look() as find:
            known = find.room(channel)
        if known is None:
            with self.store.update() as session:
                session.execute(sa.insert(tables.rooms).values(channel=channel, room_id=f"!{channel}:example.org"))


def _posted(file: Attachment | Paper | None) -> Attachment | None:
    if not isinstance(file, Paper):
        return file
    return Attachment(file.name, "image/png" if file.name.endswith(".png") else "application/pdf", typeset(file))


_fresh: dict[bytes, bytes] = {}
"""A database with everybody in it, by master key: made once, then copied, since making the tables takes its time."""


@asynccontextmanager
async def conference(url: str, master: bytes = bytes(range(32))) -> AsyncIterator[Conference]:
    """A conference on a fresh database."""
    address = sa.make_url(url)
    path = Path(address.database or "") if address.get_backend_name() == "sqlite" else None
    if path and master in _fresh:
        path.write_bytes(_fresh[master])
    store = Store.open(url, master)
    try:
        if path is None or master not in _fresh:
            _fill(store)
        if path and master not in _fresh:
            store.close()
            _fresh[master] = path.read_bytes()
            store = Store.open(url, master)
        schemes = {"youth crime": YOUTH_CRIME}
        yield Conference(store, House("safety table", AMSTERDAM, BOT, "Roundtable", schemes=schemes))
    finally:
        store.close()


def _fill(store: Store) -> None:
    rooms = ["coordination", "admin", *(f"{Place.AGENCY}:{short}" for short in AGENCIES)]
    rooms += [f"{Place.DIRECT}:{user(k)}" for k in PEOPLE]
    with store.update() as session:
        session.execute(sa.insert(tables.agencies), [vars(Agency(short, name)) for short, name in AGENCIES.items()])
        people = [Professional(user(k), name, agency, role) for k, (name, agency, role) in PEOPLE.items()]
        session.execute(sa.insert(tables.professionals), list(map(vars, people)))
        for channel in rooms:
            session.execute(sa.insert(tables.rooms).values(channel=channel, room_id=f"!{channel}:example.org"))
