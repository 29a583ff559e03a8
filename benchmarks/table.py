"""Those who are compared: Roundtable and the plain echo bot, on one homeserver, with the same member's client."""

import asyncio
import json
import os
import re
import signal
import sys
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.process import Process
from bot.matrix.crypto.events import Batch, Event
from bot.matrix.crypto.identity import Identity
from bot.matrix.crypto.rooms import describe_room
from bot.matrix.crypto.wire import Json, Wire
from cases.case import new_reference, open_case
from cases.people import Addressee
from commands.action import rules as action
from commands.concern.rules import raise_concern
from storage.account import Account
from storage.progress import Progress
from storage.store import Store
from tests.deployment import Deployment
from tests.professional import Professional, answered

WITHIN, SOON = 120.0, 3.0
LOOK = 0.05
AT_ONCE = 8
MEMBER, OPENER = "dirk", "cleo"
COMMAND = "!concern stayed away from school three times this week kind: fact"
DEVICE = "ECHO"
Wanted = Callable[[Event], bool]


class Timed(Professional):
    """Notes when it had decrypted what it waits for."""

    def __init__(self, *given: object) -> None:
        self._answers: dict[str, asyncio.Future[float]] = {}
        self._missing: set[str] = set()
        self._wanted: Wanted = bool
        self._last = asyncio.get_running_loop().create_future()
        super().__init__(*given)  # type: ignore[arg-type]

    async def ask(self, room_id: str, within: float = WITHIN) -> float:
        """Say the command; the seconds until its answer is decrypted. Raises RuntimeError when there is none."""
        began = time.perf_counter()
        event_id = await self.say(room_id, COMMAND)
        answer = self._answers.setdefault(event_id, asyncio.get_running_loop().create_future())
        try:
            return await asyncio.wait_for(answer, within) - began
        except TimeoutError:
            raise RuntimeError(f"no answer among {sorted(self.client.members(room_id))}") from None

    def expect(self, rooms: Iterable[str], wanted: Wanted) -> None:
        """From now on, look for what is wanted in each of these rooms."""
        self._missing, self._wanted = {*rooms}, wanted
        self._last = asyncio.get_running_loop().create_future()

    async def last_expected(self) -> float:
        """When what is wanted was decrypted in the last of the rooms."""
        try:
            return float(await asyncio.wait_for(self._last, WITHIN))
        except TimeoutError:
            raise RuntimeError(f"not heard in {len(self._missing)} rooms") from None

    async def _take(self, batch: Batch) -> None:
        before = len(self.heard)
        await super()._take(batch)
        now = time.perf_counter()
        for event in self.heard[before:]:
            if event.room_id in self._missing and self._wanted(event):
                self._missing.discard(event.room_id)
                if not self._missing:
                    self._last.set_result(now)
            answers_to = answered(event) or event.replies_to
            if answers_to and event.sender != self.user_id:
                # It may come before the answer of the homeserver that names what was said.
                answer = self._answers.setdefault(answers_to, asyncio.get_running_loop().create_future())
                if not event.trusted:
                    answer.set_exception(RuntimeError(f"{event.sender} answered, but: {event.verdict}"))
                elif not answer.done():
                    answer.set_result(now)


class Conference(Deployment):
    """A deployment whose member measures."""

    @property
    def member(self) -> Timed:
        """Who speaks to the bots."""
        person = self.people[MEMBER]
        assert isinstance(person, Timed)  # noqa: S101 it signed in as one
        return person

    async def _sign_in(self, who: str) -> Professional:
        folder = self.directory / "phones" / who
        return await Timed.sign_in(self.homeserver.url, self.user_id(who), self.password, folder)

    async def _initialise(self) -> None:
        """The bot looks for what falls due as often as it does by default."""
        await super()._initialise()
        path = self.directory / "bot" / "config.toml"
        text, times = re.subn(r"^tick_seconds = .*\n", "", path.read_text(), flags=re.MULTILINE)
        assert times == 1  # noqa: S101 that of the tests is gone
        path.write_text(text)


def on_postgresql(url: str) -> type[Conference]:
    """A deployment whose bot keeps its cases in this database."""

    class OnPostgresql(Conference):
        store_url = url

    return OnPostgresql


class Roundtable:
    """Ours, as ``roundtable run`` runs it; with cases that lie in the database only, if more than rooms are wanted."""

    def __init__(self, conference: Conference) -> None:
        self.rooms: list[str] = []
        self.refs: list[str] = []
        self.conference = conference
        self.member = conference.member
        self._log = conference.directory / "bot.log"
        self._config = conference.directory / "bot" / "config.toml"
        self._ahead = conference.directory / "ahead"
        self.process = Process(self._log)

    async def start(self) -> None:
        """Start the process."""
        await self.process.start("bot", "run", "--config", str(self._config))

    async def start_at(self, moment: datetime) -> None:
        """Start it with its clock set to this moment, and wait until it has nothing left to do."""
        self._set_ahead(moment)
        await self.process.start("benchmarks.shifted", str(self._config), str(self._ahead))
        await self.listens()
        await self.process.calms_down()

    def set_clock(self, moment: datetime) -> None:
        """Set its clock while it runs; it was started by ``start_at``."""
        self._set_ahead(moment)
        os.kill(self.process.pid, signal.SIGUSR1)

    async def listens(self) -> None:
        """Wait until it heard its first sync after the start of its process."""
        async with asyncio.timeout(WITHIN):
            while b'"listening"' not in self._log.read_bytes():  # noqa: ASYNC110 another process writes it
                await asyncio.sleep(LOOK)

    async def end(self) -> None:
        """End the process, and put its log away."""
        await self.process.end()
        self._log.write_bytes(b"")

    def _set_ahead(self, moment: datetime) -> None:
        self._ahead.write_text(str((moment - datetime.now(UTC)).total_seconds()))

    async def grow(self, rooms: int) -> None:
        """Have so many cases with a room."""
        token = self.conference._config().matrix.token()
        made = await make_rooms(self.conference.homeserver.url, token, self.member, rooms - len(self.rooms))
        refs = await self.open_cases(len(made))
        store = await self._store()
        for ref, room_id in zip(refs, made, strict=True):
            await Progress(store).save_room(f"case:{ref}", room_id)
        store.close()
        self.rooms += made
        self.refs += refs

    async def open_cases(self, number: int) -> list[str]:
        """Put so many open cases on file."""
        now, refs = datetime.now(UTC) - timedelta(days=1), set[str]()
        while len(refs) < number:
            refs |= {new_reference()} - {*self.refs}
        store = await self._store()
        with store.look() as find:
            people = (find.directory()).people
        dirk, cleo = (people[self.conference.user_id(who)] for who in (MEMBER, OPENER))
        for ref in refs:
            with store.work(f"bench {ref}", now) as work:
                case = open_case(
                    ref,
                    scheme="safety table",
                    why="a child is at risk",
                    goal="safe at home",
                    zone="Europe/Amsterdam",
                    agencies=(dirk.agency, cleo.agency),
                    director=cleo.user_id,
                    by=cleo,
                    at=now,
                    people=(dirk,),
                )
                case.join(dirk, now)
                work.open_case(case)
        store.close()
        return sorted(refs)

    async def lengthen(self, refs: Iterable[str], steps: int) -> None:
        """Let each of these cases have at least so many steps on file."""
        store = await self._store()
        with store.look() as find:
            dirk = find.directory().people[self.conference.user_id(MEMBER)]
        now = datetime.now(UTC)
        for ref in refs:
            with store.work(f"lengthen {ref}", now) as work:
                case = work.find.case(ref)
                assert case is not None  # noqa: S101 it was just made
                for _ in range(steps - len(case.steps)):
                    raise_concern(case, COMMAND, by=dirk, at=now)
        store.close()

    async def owe(self, at: datetime, due_at: datetime) -> None:
        """An action in each case with a room."""
        store = await self._store()
        with store.look() as find:
            dirk = (find.directory()).people[self.conference.user_id(MEMBER)]
        for ref in self.refs:
            with store.work(f"owe {ref}", at) as work:
                case = work.find.case(ref)
                assert case is not None  # noqa: S101 it was just made
                action.propose(case, "visit the family", Addressee(dirk.agency, None), due_at=due_at, by=dirk, at=at)
        store.close()

    async def _store(self) -> Store:
        settings = self.conference._config()
        return Store.open(settings.store.url, settings.store.master_key(), Account(settings.matrix.user_id))


class Echo:
    """The baseline, a process of its own; its device is signed, so that the members' clients speak to it."""

    module = "benchmarks.echo"
    python: str | Path = sys.executable

    def __init__(self, conference: Conference, name: str = "echo") -> None:
        self.rooms: list[str] = []
        self._url = conference.homeserver.url
        self.password = conference.password
        self.local = conference._local(name)
        self.member = conference.member
        self._folder = conference.directory / name
        self._folder.mkdir()
        self._user_id = conference.user_id(name)
        self._log = conference.directory / f"{name}.log"
        self.process = Process(self._log, self.python)

    async def start(self) -> None:
        """Start the process."""
        given = (self._url, self._user_id, self.password, str(self._folder))
        await self.process.start(self.module, *given, str(int(time.time() * 1000)))

    async def end(self) -> None:
        """End the process."""
        await self.process.end()

    async def introduce(self) -> None:
        """Sign its device with an identity of its own, once it has uploaded its keys."""
        async with asyncio.timeout(WITHIN), Wire(self._url, await self._token()) as wire:
            user = self._user_id
            while not (keys := (await _query(wire, user)).get(DEVICE)):  # noqa: ASYNC110 the same
                await asyncio.sleep(LOOK)
            identity = Identity.create()

            def describe(part: str) -> Json:
                key = getattr(identity, part)
                return {"user_id": user, "usage": [part], "keys": {key.id: key.public}}

            described = {
                "master_key": describe("master"),
                "self_signing_key": identity.master.sign(describe("self_signing"), user),
                "user_signing_key": identity.master.sign(describe("user_signing"), user),
            }
            await wire.ask("POST", "v3/keys/device_signing/upload", described)
            plain = {key: value for key, value in keys.items() if key not in {"signatures", "unsigned"}}
            signed = {user: {DEVICE: identity.self_signing.sign(plain, user)}}
            answer = await wire.ask("POST", "v3/keys/signatures/upload", signed)
            if answer.get("failures"):
                raise RuntimeError(json.dumps(answer))

    async def grow(self, rooms: int) -> None:
        """Have so many rooms."""
        self.rooms += await make_rooms(self._url, await self._token(), self.member, rooms - len(self.rooms))

    async def _token(self) -> str:
        session = self._folder / "session.json"
        async with asyncio.timeout(WITHIN):
            while not session.exists():  # noqa: ASYNC110 another process writes it
                await asyncio.sleep(LOOK)
        return str(json.loads(session.read_text())["token"])


class Peer(Echo):
    """Another library's echo bot, which is signed in for it; it does not answer what is said before it listens."""

    def __init__(self, conference: Conference, name: str, module: str, python: Path) -> None:
        self.module, self.python = module, python
        super().__init__(conference, name)

    async def start(self) -> None:
        """Start the process, and wait until it listens; once it is signed in."""
        session = self._folder / "session.json"
        if not session.exists():
            async with Wire(self._url) as wire:
                request = {
                    "type": "m.login.password",
                    "identifier": {"type": "m.id.user", "user": self._user_id},
                    "password": self.password,
                    "device_id": DEVICE,
                }
                token = (await wire.ask("POST", "v3/login", request))["access_token"]
            session.write_text(json.dumps({"token": token, "device": DEVICE}))
        await self.process.start(self.module, self._url, self._user_id, str(self._folder))
        if self.rooms:
            async with asyncio.timeout(WITHIN):
                while not await self._listens():
                    pass

    async def _listens(self) -> bool:
        try:
            await self.member.ask(self.rooms[0], within=SOON)
        except RuntimeError:
            return False
        return True


async def make_rooms(url: str, token: str, member: Timed, number: int) -> list[str]:
    """Encrypted rooms of whoever has this token, with the member in them."""
    few = asyncio.Semaphore(AT_ONCE)

    async def make() -> str:
        async with few:
            request = describe_room(
                name="case",
                topic="",
                creation_content=None,
                invite=(member.user_id,),
                space=False,
                parent=None,
                server="localhost",
            )
            room_id = str((await wire.ask("POST", "v3/createRoom", request, within=WITHIN))["room_id"])
            await member.is_in(room_id, within=WITHIN)
            return room_id

    async with Wire(url, token) as wire:
        return list(await asyncio.gather(*(make() for _ in range(number))))


def is_reminder(event: Event) -> bool:
    """Whether it says that something is due, and could be decrypted."""
    return event.trusted and "needs you in" in str(event.content.get("body"))


async def _query(wire: Wire, user_id: str) -> Json:
    answer = await wire.ask("POST", "v3/keys/query", {"device_keys": {user_id: []}})
    found: Json = answer.get("device_keys", {}).get(user_id, {})
    return found
