"""Nine o'clock: a reminder falls due in each room at once."""

import asyncio
import json
import time
from datetime import UTC, date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from benchmarks.table import AT_ONCE, WITHIN, Roundtable, is_reminder
from bot.matrix.crypto.events import Event
from bot.matrix.crypto.wire import Wire

ZONE = ZoneInfo("Europe/Amsterdam")
LEAD = timedelta(seconds=2)
DAYS = (1, 3, 4)
"""After Monday: what is due on Thursday is called two working days before, on that day, and on the day after."""
SENT_BYTES = 720
"""The length of the content of an encrypted reminder, as it is sent."""


async def prepare(bot: Roundtable) -> None:
    """An action in each case with a room, due on the Thursday of next week; then the bot waits on the Monday before.

    What is said once a week is said before, and the keys of all rooms are shared, as those of a bot that has run
    for days: a command is answered in each room.
    """
    monday = _monday()
    await bot.start_at(_at(monday, 10))
    await bot.end()
    await bot.owe(_at(monday, 12), _at(monday + timedelta(days=3), 17))
    await bot.start_at(_at(monday, 17))
    few = asyncio.Semaphore(AT_ONCE)

    async def ask(room_id: str) -> None:
        async with few:
            await bot.member.ask(room_id)

    await asyncio.gather(*(ask(room_id) for room_id in bot.rooms))


async def remind(bot: Roundtable, days: int) -> float:
    """The seconds from nine o'clock, so many days after Monday, to the last reminder."""
    nine = _at(_monday() + timedelta(days=days), 9)
    # What it does on a new day before nine is none of the reminders' business.
    bot.set_clock(nine - timedelta(minutes=10))
    await bot.process.calms_down()
    bot.member.expect(bot.rooms, is_reminder)
    bot.set_clock(nine - LEAD)
    began = time.perf_counter() + LEAD.total_seconds()
    return await bot.member.last_expected() - began


async def send_plainly(bot: Roundtable) -> float:
    """The seconds until the member heard a plain message in each room; sent as fast as the homeserver takes it."""
    few, mark = asyncio.Semaphore(AT_ONCE), f"plain{time.time_ns()}"
    content = {"msgtype": "m.text", "body": mark}
    content["body"] = mark.ljust(SENT_BYTES - len(json.dumps(content)) + len(mark), ".")
    await bot.process.calms_down()
    bot.member.expect(bot.rooms, partial(_begins, mark))
    began = time.perf_counter()
    async with Wire(bot.conference.homeserver.url, bot.conference._config().matrix.token()) as wire:

        async def send(room_id: str) -> None:
            async with few:
                await wire.ask("PUT", f"v3/rooms/{room_id}/send/m.room.message/{mark}", content, within=WITHIN)

        await asyncio.gather(*(send(room_id) for room_id in bot.rooms))
        return await bot.member.last_expected() - began


def _monday() -> date:
    """That of next week."""
    today = datetime.now(ZONE).date()
    return today + timedelta(days=7 - today.weekday())


def _at(day: date, hour: int) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=ZONE).astimezone(UTC)


def _begins(mark: str, event: Event) -> bool:
    return str(event.content.get("body")).startswith(mark)
