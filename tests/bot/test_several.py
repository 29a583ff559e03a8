"""Several processes on one PostgreSQL: one runs an account while another stands by, and two accounts share a house."""

import signal
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
import sqlalchemy as sa

from bot.matrix.crypto.events import Event
from tests.bot.test_health import free_port
from tests.chaos import BotProcess, answers, ask, open_case, say_surely
from tests.deployment import Deployment
from tests.homeserver import Homeserver
from tests.postgres import Postgres
from tests.professional import answered
from tests.waiting import until

pytestmark = pytest.mark.e2e

NOW = timedelta()


class Bot(BotProcess):
    """One of several processes of a bot, with a log of its own."""

    def __init__(self, deployment: Deployment, name: str, **environment: str) -> None:
        self.log = deployment.directory / f"{name}.log"
        super().__init__(deployment.directory / "bot" / "config.toml", self.log, **environment)

    async def tells(self, event: str, times: int = 1) -> None:
        """Wait until its log tells of this event, so many times."""

        def told() -> bool:
            return self.log.exists() and self.log.read_text().count(f'"event": "{event}"') >= times

        await until(told, f"{event} in {self.log.name}")


@asynccontextmanager
async def gone_at_the_end(*bots: Bot) -> AsyncIterator[None]:
    try:
        yield
    finally:
        for bot in bots:
            await bot.gone()


@pytest.fixture
def address(postgresql_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The database of the deployments."""
    monkeypatch.setattr(Deployment, "store_url", postgresql_url)
    return postgresql_url


@pytest.fixture
async def deployment(homeserver: Homeserver, tmp_path: Path, address: str) -> AsyncIterator[Deployment]:
    made = await Deployment.make(tmp_path, homeserver, lambda: datetime.now(UTC), people=("cleo", "dirk"))
    yield made
    await made.close()


async def test_who_stands_by_takes_over_and_nothing_is_said_twice(
    deployment: Deployment, postgres: Postgres, address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    port = str(free_port())
    first = Bot(deployment, "first")
    second = Bot(deployment, "second", ROUNDTABLE_SERVER__HEALTH_PORT=port)
    dirk, cleo = deployment.people["dirk"], deployment.people["cleo"]
    async with gone_at_the_end(first, second):
        await first.start(NOW)
        await first.tells("listening")
        room = await open_case(deployment, "social")
        await second.start(NOW)
        await second.tells("standing by")
        assert await health(port) == {"status": "standby"}

        await first.end(signal.SIGKILL)
        killed = time.monotonic()
        asked = [await say_surely(dirk, room, "!concern after the first was killed kind: fact")]
        await cleo.hears(answers(deployment.bot_id, asked[0]), room)
        with capsys.disabled():
            print(f"\nkilled, answered by the second after {time.monotonic() - killed:.1f} s")  # noqa: T201

        # The second hangs, and is cut off meanwhile; what it would say next is said by the first, which is back.
        await first.start(NOW)
        await first.tells("standing by")
        second.signal(signal.SIGSTOP)
        cut = time.monotonic()
        assert postgres.cut_lease(str(sa.make_url(address).database)) == 1
        asked.append(await say_surely(dirk, room, "!concern after the second was cut off kind: fact"))
        await first.tells("crypto store in use")
        second.signal(signal.SIGCONT)
        await second.tells("account lost")
        await cleo.hears(answers(deployment.bot_id, asked[1]), room)
        with capsys.disabled():
            print(f"cut off, answered by the first after {time.monotonic() - cut:.1f} s")  # noqa: T201
        await second.tells("standing by", 2)
        asked.append(await ask(deployment, "dirk", room, "!who", heard_by="cleo"))
        heard = Counter(map(answered, (e for e in cleo.heard if e.sender == deployment.bot_id)))
        assert {event: heard[event] for event in asked} == dict.fromkeys(asked, 1)


async def test_two_bots_share_a_house_and_each_speaks_for_its_own_schemes(
    homeserver: Homeserver, tmp_path: Path, address: str
) -> None:
    safety = await Deployment.make(
        tmp_path, homeserver, lambda: datetime.now(UTC), people=("cleo", "dirk"), schemes=("safety table",)
    )
    try:
        youth = await safety.beside(tmp_path / "youth", "youth", ("youth crime",))
        await safety.start_bot()
        await youth.start_bot()
        rooms = [await open_case(bot, "social") for bot in (safety, youth)]
        dirk, cleo = safety.people["dirk"], safety.people["cleo"]
        for bot, room in zip((safety, youth), rooms, strict=True):
            await ask(bot, "dirk", room, "!concern he was out at night kind: fact", heard_by="cleo")
        listed = await ask_in_coordination(safety, "!case list")
        assert refs(safety, listed) == {name_of(safety, rooms[0])}
        elsewhere = await ask_in_coordination(
            safety, "!case open why: a fight goal: peace agencies: social scheme: youth crime"
        )
        assert "I don’t run that scheme" in str(elsewhere.content["body"])
        assert {e.sender for e in cleo.heard if e.room_id == rooms[0]} == {safety.bot_id, dirk.user_id}
        assert {e.sender for e in cleo.heard if e.room_id == rooms[1]} == {youth.bot_id, dirk.user_id}
        await youth.stop_bot()
    finally:
        await safety.close()


async def ask_in_coordination(deployment: Deployment, text: str) -> Event:
    cleo = deployment.people["cleo"]
    room = await deployment.room("coordination")
    asked = await say_surely(cleo, room, text)
    return await cleo.hears(answers(deployment.bot_id, asked), room)


def name_of(deployment: Deployment, room_id: str) -> str:
    """The reference of the case of a room."""
    with deployment.store() as connection:
        channel = connection.scalar(sa.text("SELECT channel FROM rooms WHERE room_id = :id"), {"id": room_id})
    return str(channel).partition(":")[2]


def refs(deployment: Deployment, listed: Event) -> set[str]:
    """Which cases a list names."""
    with deployment.store() as connection:
        known = connection.scalars(sa.text("SELECT ref FROM cases")).all()
    return {ref for ref in known if ref in str(listed.content["body"])}


async def health(port: str) -> object:
    """What ``/healthz`` says."""
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/healthz") as answer:
        return await answer.json()
