"""A whole deployment on one machine: homeserver, provisioned agencies, the bot as it runs, and members' own clients."""

import asyncio
import contextlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Self

import sqlalchemy as sa
from rich.console import Console

from bot import config as configuration
from bot.app import App
from bot.matrix.crypto.client import HardenedClient
from bot.matrix.crypto.trust import MemoryPins
from bot.matrix.crypto.vault import store_secrets
from bot.matrix.crypto.wire import Json, Wire
from bot.provisioning import provision
from bot.setup import Account, Wishes, set_up
from cases.roles import Role
from storage import tables
from tests.homeserver import Homeserver
from tests.professional import Professional
from tests.room import AGENCIES, PEOPLE
from tests.waiting import PATIENCE_SECONDS, until

EVERYBODY = PEOPLE | {"bram": ("Bram Visser", "police", Role.COORDINATOR)}
"""Two coordinators, so that each message in their room has a second person who can decrypt it."""
PASSWORD_BYTES = 9


class Deployment:
    """Made with Deployment.make, ended with close."""

    store_url: str | None = None
    """The database of every deployment; None: SQLite in the bot's folder. ``--store postgresql`` sets it."""
    schemes: tuple[str, ...] | None = None
    """The schemes that the bot runs; None: every one."""
    agencies: Mapping[str, str] = AGENCIES
    everybody: Mapping[str, tuple[str, str, Role]] = EVERYBODY
    """Whom it can provision: their name, agency and role."""
    sits: Mapping[str, tuple[str, ...]] = {}
    """In which rooms above the tables people sit."""

    def __init__(self, homeserver: Homeserver, directory: Path, clock: Callable[[], datetime], tag: str) -> None:
        self.homeserver = homeserver
        self.bot_homeserver = homeserver.url
        self.directory = directory
        self.clock = clock
        self.password = os.urandom(PASSWORD_BYTES).hex()
        self.people: dict[str, Professional] = {}
        self.names = {who: name for who, (name, _, _) in self.everybody.items()}
        self.recovery_keys: dict[str, str] = {}
        self._bot = "roundtable"
        self._tag = tag
        self._stop = asyncio.Event()
        self._running: asyncio.Task[None] | None = None
        self._app: App | None = None

    @classmethod
    async def make(
        cls,
        directory: Path,
        homeserver: Homeserver,
        clock: Callable[[], datetime],
        people: Iterable[str] = tuple(EVERYBODY),
        *,
        absent: Iterable[str] = (),
        recoverable: bool = False,
        bot_homeserver: str | None = None,
        schemes: tuple[str, ...] | None = None,
        store_url: str | None = None,
        tag: str | None = None,
        sits: Mapping[str, tuple[str, ...]] | None = None,
    ) -> Self:
        """Register everybody, initialise and provision the bot, and let these people sign in.

        ``absent``: people who are provisioned, and sign in by themselves. ``recoverable``: the others' keys are put
        into secret storage, so that a person can verify another device with them.
        ``bot_homeserver``: where the bot finds the homeserver, when something stands in between. ``store_url``: the
        database of this deployment alone. ``tag``: what tells its accounts from those of others on this homeserver.
        ``sits``: who sits in which rooms above the tables.
        """
        made = cls(homeserver, directory, clock, os.urandom(3).hex() if tag is None else tag)
        made.bot_homeserver = bot_homeserver or homeserver.url
        made.schemes = schemes
        made.sits = sits or {}
        made.store_url = store_url or cls.store_url
        try:
            for who in (*people, *absent, "roundtable"):
                await asyncio.to_thread(homeserver.register, made._local(who), made.password)
            await made._initialise()
            await made._provision((*people, *absent))
            signed_in = await asyncio.gather(*(made._sign_in(who) for who in people))
            made.people = dict(zip(people, signed_in, strict=True))
            for who, person in made.people.items() if recoverable else ():
                made.recovery_keys[who] = await store_secrets(person.client, person.identity)
                await person.show_as(made.names[who])
        except BaseException:
            await made.close()
            raise
        return made

    async def beside(self, directory: Path, bot: str, schemes: tuple[str, ...]) -> Self:
        """A second bot on the same database, for the same people, with schemes of its own; stop it before closing."""
        made = type(self)(self.homeserver, directory, self.clock, self._tag)
        made.store_url, made.schemes, made.password, made._bot = self.store_url, schemes, self.password, bot
        made.people = self.people
        await asyncio.to_thread(self.homeserver.register, made._local(bot), made.password)
        (directory / "bot").mkdir(mode=0o700, parents=True)
        shutil.copy(self.directory / "bot" / "master.key", directory / "bot" / "master.key")
        await made._initialise()
        await made._provision(self.people)
        return made

    @property
    def bot_id(self) -> str:
        """The bot's Matrix id."""
        return self.user_id(self._bot)

    def user_id(self, who: str) -> str:
        """Somebody's Matrix id; each deployment has its own accounts, so that many can share a homeserver."""
        return f"@{self._local(who)}:localhost"

    async def room(self, channel: str, *, before: str = "") -> str:
        """The room of a channel, once the bot has made it; or another one than it was before."""

        def find() -> str | None:
            found = self._room(channel)
            return None if found == before else found

        return await until(find, f"a room for {channel}")

    def configure(self, **settings: object) -> None:
        """Set keys of the configuration, as who runs the bot does while it is stopped; None: leave it as it is."""
        path = self.directory / "bot" / "config.toml"
        text = path.read_text()
        for key, value in settings.items():
            if value is not None:
                text, times = re.subn(rf"^(# )?{key} = .*", f"{key} = {json.dumps(value)}", text, flags=re.MULTILINE)
                assert times == 1, key
        path.write_text(text)

    async def start_bot(self) -> None:
        """Run the bot in this process, as ``roundtable run`` does, until it listens."""
        self._stop = asyncio.Event()
        self._app = App(self._config(), self.clock)
        self._running = asyncio.create_task(self._app.run(self._stop), name="bot")
        listening = asyncio.create_task(self._app.health.listening.wait())
        await asyncio.wait({self._running, listening}, return_when=asyncio.FIRST_COMPLETED, timeout=PATIENCE_SECONDS)
        if self._running.done():
            await self.bot_ends()
        assert listening.done(), "the bot does not listen"

    async def bot_ticks(self) -> None:
        """Wait until the bot has looked through everything that falls due, once since it was started."""
        app = self._app
        assert app is not None
        await until(lambda: app.health._ticked_at, "a tick")

    async def stop_bot(self) -> None:
        """Let the bot end as at SIGTERM."""
        if self._running is not None:
            self._stop.set()
            await self._running
            self._running = None

    async def bot_ends(self) -> None:
        """Wait for the bot to end by itself; raises what it ends with."""
        running, self._running = self._running, None
        assert running is not None
        await asyncio.wait_for(running, PATIENCE_SECONDS)

    def another_bot(self) -> App:
        """A second bot on the same store."""
        return App(self._config(), self.clock)

    async def sign_bot_out(self) -> None:
        """Let the homeserver forget the bot's access token."""
        token = self._config().matrix.token()
        client = await HardenedClient.open_client(
            self.homeserver.url, self.bot_id, "X", token, self.directory / "other", bytes(32), MemoryPins()
        )
        await client.wire.ask("POST", "v3/logout", {})
        await client.close()

    async def as_bot(self, method: str, path: str, body: dict[str, object]) -> Json:
        """Ask the homeserver in the bot's name, past the bot: as whoever has its access token can."""
        async with Wire(self.homeserver.url, self._config().matrix.token()) as wire:
            return await wire.ask(method, path, body)

    async def guest(self, who: str) -> Professional:
        """Somebody whom nobody provisioned, signed in; close them."""
        await asyncio.to_thread(self.homeserver.register, self._local(who), self.password)
        return await self._sign_in(who)

    def files(self) -> list[Path]:
        """Every file that the bot keeps."""
        return [path for path in (self.directory / "bot").rglob("*") if path.is_file()]

    async def close(self) -> None:
        """End the bot and everybody's client."""
        if self._running is not None:
            self._stop.set()
            await asyncio.gather(self._running, return_exceptions=True)
        await asyncio.gather(*(person.close() for person in self.people.values()))

    async def _initialise(self) -> None:
        """As ``roundtable init`` does; a bot under test ticks fast and answers no health checks."""
        account = Account(self.bot_homeserver, self.bot_id, self.password)
        scheme = self.schemes[0] if self.schemes else "safety table"
        wishes = Wishes(self.directory / "bot", scheme=scheme, zone="Europe/Amsterdam", store_url=self.store_url)
        await set_up(account, wishes, clock=self.clock, show=lambda key: self.recovery_keys.update(roundtable=key))
        self.configure(tick_seconds=0.2, health_port=0, schemes=self.schemes)

    async def _provision(self, people: Iterable[str]) -> None:
        """As ``roundtable provision`` does."""
        path = self.directory / "agencies.toml"
        path.write_text(agencies_file(self, people))
        status = await provision(self._config(), path, clock=self.clock, console=Console(quiet=True))
        assert status == 0

    async def _sign_in(self, who: str) -> Professional:
        return await Professional.sign_in(
            self.homeserver.url, self.user_id(who), self.password, self.directory / "phones" / who
        )

    def _local(self, who: str) -> str:
        return f"{who}-{self._tag}" if self._tag else who

    def _config(self) -> configuration.Config:
        return configuration.load(self.directory / "bot" / "config.toml")

    def _room(self, channel: str) -> str | None:
        r = tables.rooms.c
        query = sa.select(r.room_id).where(r.account == self.bot_id, r.channel == channel)
        with self.store() as connection:
            found: str | None = connection.scalar(query)
        return found

    @contextlib.contextmanager
    def store(self) -> Iterator[sa.Connection]:
        """The bot's database, looked into from outside; what is changed is committed at the end."""
        url = sa.make_url(self._config().store.url)
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        with engine.begin() as connection:
            yield connection


def agencies_file(deployment: Deployment, people: Iterable[str]) -> str:
    """The agencies of these people, as the file that is provisioned."""
    lines: list[str] = []
    for short, name in deployment.agencies.items():
        ours = {who: deployment.everybody[who] for who in people if deployment.everybody[who][1] == short}
        if ours:
            lines += ["[[agency]]", f'short = "{short}"', f'name = "{name}"', f'kind = "{short}"', f'remit = "{name}"']
        for who, (full, _, role) in ours.items():
            lines += [
                "[[agency.person]]",
                f'user = "{deployment.user_id(who)}"',
                f'name = "{full}"',
                f'role = "{role}"',
                f"sits = {json.dumps(deployment.sits.get(who, ()))}",
            ]
    return "\n".join(lines) + "\n"
