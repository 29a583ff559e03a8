"""The speaker with everything real but the homeserver: all is said once, in order, and no room waits for another."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest
import sqlalchemy as sa

from bot import backoff
from bot.crypto.client import HardenedClient
from bot.crypto.errors import Rejected
from bot.health import Health
from bot.speaking import MOST_AT_ONCE, Speaker
from commands.watch import Watch
from storage import tables
from storage.work import Message
from tests.room import BOT, MONDAY, Conference, conference
from tests.storage.examples import sqlite_url
from tests.waiting import PATIENCE_SECONDS, until

ANSWERS = 10_000
ROOMS = 3 * MOST_AT_ONCE


@pytest.fixture
async def table(tmp_path: Path) -> AsyncIterator[Conference]:
    async with conference(sqlite_url(tmp_path)) as made:
        yield made


class Wire:
    """A homeserver that takes what it is given, but nothing in rooms that fail."""

    user_id = BOT

    def __init__(self) -> None:
        self.taken: dict[str, list[str]] = defaultdict(list)
        self.tried: Counter[str] = Counter()
        self.failing: set[str] = set()
        self.at_once = 0
        self.open = asyncio.Event()
        self.open.set()

    async def post(self, room_id: str, content: dict[str, object], **_how: object) -> str:
        self.at_once += 1
        self.tried[room_id] += 1
        try:
            await self.open.wait()
            if room_id in self.failing:
                raise Rejected(413, "M_TOO_LARGE")
            self.taken[room_id].append(str(content["body"]))
        finally:
            self.at_once -= 1
        return f"$sent {room_id} {content['body']}"

    def unreachable(self, _room_id: str) -> dict[str, str]:
        return {}

    def unsigned(self, _room_id: str) -> dict[str, str]:
        return {}


async def queue(table: Conference, channels: list[str], answers: int) -> None:
    """Let so many answers wait, in these channels by turns."""
    async with table.store.update() as session:
        rows = [{"channel": channel, "room_id": f"!{channel}"} for channel in channels]
        await session.execute(sa.insert(tables.rooms), rows)
    async with table.store.work("$all", MONDAY) as work:
        for number in range(answers):
            await work.say(channels[number % len(channels)], Message(str(number), ""))


async def speak(table: Conference, wire: Wire, health: Health, until_: Callable[[], object]) -> None:
    client = cast("HardenedClient", wire)
    speaker = Speaker(client, table.store, Watch(table.store, table.house, lambda: MONDAY), lambda: MONDAY, health)
    stop = asyncio.Event()
    running = asyncio.create_task(speaker.run(stop))
    await until(lambda: until_() or running.done(), "what was to be said")
    stop.set()
    await running


async def still_waiting(table: Conference) -> int:
    o = tables.outbox.c
    async with table.store.look() as find:
        return await find.one(sa.select(sa.func.count()).where(o.sent_at.is_(None))) or 0


@pytest.mark.slow
async def test_ten_thousand_answers_are_each_said_once_and_in_order(table: Conference) -> None:
    wire = Wire()
    channels = [f"agency:{number}" for number in range(ROOMS)]
    await queue(table, channels, ANSWERS)

    await speak(table, wire, Health(), lambda: sum(map(len, wire.taken.values())) >= ANSWERS)

    assert await still_waiting(table) == 0
    assert wire.taken == {
        f"!{channel}": [str(number) for number in range(first, ANSWERS, ROOMS)]
        for first, channel in enumerate(channels)
    }


async def test_only_so_many_rooms_are_spoken_to_at_the_same_time(table: Conference) -> None:
    wire = Wire()
    wire.open.clear()
    channels = [f"agency:{number}" for number in range(ROOMS)]
    await queue(table, channels, ROOMS)

    async def look_while_it_is_full() -> int:
        await until(lambda: wire.at_once >= MOST_AT_ONCE, "as many as may speak")
        for _ in range(ROOMS):
            # Whoever else might speak has the time to begin.
            await still_waiting(table)
        found = wire.at_once
        wire.open.set()
        return found

    looking = asyncio.create_task(look_while_it_is_full())
    await speak(table, wire, Health(), lambda: sum(map(len, wire.taken.values())) >= ROOMS)
    assert await looking == MOST_AT_ONCE


async def test_rooms_that_always_fail_hold_up_no_other_and_go_on_when_they_heal(
    table: Conference, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backoff, "FIRST_SECONDS", 0.1)
    wire, health = Wire(), Health(lambda: MONDAY + timedelta(minutes=1))
    health.synced()
    bad = [f"agency:bad{number}" for number in range(2 * MOST_AT_ONCE)]
    await queue(table, [*bad, "agency:good"], 2 * len(bad) + 2)
    wire.failing = {f"!{channel}" for channel in bad}

    await speak(table, wire, health, lambda: len(wire.taken["!agency:good"]) == 2 and len(wire.tried) > len(bad))

    well, figures = await health.report(table.store)
    assert (well, figures["reason"], figures["rooms_failing"]) == (True, "rooms_failing", len(bad))
    wire.failing = set()
    await speak(table, wire, health, lambda: sum(map(len, wire.taken.values())) == 2 * len(bad) + 2)
    assert (await health.report(table.store))[1]["status"] == "ok"
    assert await still_waiting(table) == 0


async def test_what_is_committed_is_said_without_another_look(table: Conference) -> None:
    wire = Wire()
    await queue(table, ["agency:a"], 1)

    async def say_more() -> None:
        await until(lambda: wire.taken["!agency:a"] == ["0"], "the first")
        for number in range(1, 20):
            async with table.store.work(f"${number}", MONDAY) as work:
                await work.say("agency:a", Message(str(number), ""))

    saying = asyncio.create_task(say_more())
    await speak(table, wire, Health(), lambda: len(wire.taken["!agency:a"]) == 20)
    await saying
    assert wire.taken["!agency:a"] == [str(number) for number in range(20)]


async def test_who_waits_for_speech_to_be_over_does_not_wait_for_a_room_that_fails(
    table: Conference, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backoff, "FIRST_SECONDS", 3600.0)
    wire, stop = Wire(), asyncio.Event()
    wire.failing = {"!agency:bad"}
    await queue(table, ["agency:bad", "agency:good"], 2)
    watch = Watch(table.store, table.house, lambda: MONDAY)
    speaker = Speaker(cast("HardenedClient", wire), table.store, watch, lambda: MONDAY, Health())
    speaking = asyncio.create_task(speaker.run(stop))
    await until(lambda: wire.tried["!agency:bad"] == 1, "a room that fails")
    # The next try is half an hour away at least.
    async with asyncio.timeout(PATIENCE_SECONDS):
        await speaker.spoken(2 * PATIENCE_SECONDS)
    assert wire.taken["!agency:good"] == ["1"]
    stop.set()
    await speaking
