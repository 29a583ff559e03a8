"""Measurements of several bots, in turns: what disturbs the machine for a while meets all of them."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import TypeVar

from benchmarks.table import Echo, Roundtable

T = TypeVar("T")
Bots = Mapping[str, Roundtable | Echo]
Found = Mapping[str, list[float]]


def in_turns(who: Mapping[str, T], rounds: int) -> Iterator[tuple[str, T]]:
    """Each in every round, once forwards, once backwards."""
    each = list(who.items())
    for number in range(rounds):
        yield from each if number % 2 == 0 else each[::-1]


async def answer(bots: Bots, rooms: int, asked: int, rounds: int) -> tuple[Found, Found]:
    """One command at a time: the seconds of each answer, and of the processors per 1,000 commands in each round."""
    waits, used = defaultdict[str, list[float]](list), defaultdict[str, list[float]](list)
    for name, bot in in_turns(bots, rounds):
        before = bot.process.cpu_seconds()
        for number in range(asked):
            waits[name].append(await bot.member.ask(bot.rooms[number % rooms]))
        used[name].append((bot.process.cpu_seconds() - before) * 1000 / asked)
    return waits, used


async def hurry(bots: Bots, rooms: int, each: int, rounds: int) -> tuple[Found, Found]:
    """Each room talks at once: commands per second, and seconds of the processors per 1,000, in each round."""
    rate, used = defaultdict[str, list[float]](list), defaultdict[str, list[float]](list)
    for name, bot in in_turns(bots, rounds):
        before, began = bot.process.cpu_seconds(), time.perf_counter()
        await speak(bot, rooms, each)
        done = rooms * each
        rate[name].append(done / (time.perf_counter() - began))
        used[name].append((bot.process.cpu_seconds() - before) * 1000 / done)
    return rate, used


async def speak(bot: Roundtable | Echo, rooms: int, times: int = 1) -> None:
    """Say a command in so many rooms at once, and the next in each when it is answered."""

    async def talk(room_id: str) -> None:
        for _ in range(times):
            await bot.member.ask(room_id)

    await asyncio.gather(*(talk(room_id) for room_id in bot.rooms[:rooms]))


async def start_cold(bots: Bots, rounds: int) -> Found:
    """From the start of the process to the first answer; all are ended before, and after."""
    waits = defaultdict[str, list[float]](list)
    # The first start of each catches up with what was done to its rooms: that is another story.
    for number, (name, bot) in enumerate(in_turns(bots, rounds + 1)):
        began = time.perf_counter()
        await bot.start()
        await bot.member.ask(bot.rooms[0])
        if number >= len(bots):
            waits[name].append(time.perf_counter() - began)
        await bot.end()
    return waits


async def rise(bots: Bots, rounds: int) -> Found:
    """From the end of the process by kill -9 to its first answer, when it is started again at once."""
    waits = defaultdict[str, list[float]](list)
    for name, bot in in_turns(bots, rounds):
        await bot.start()
        await bot.member.ask(bot.rooms[0])
        began = time.perf_counter()
        await bot.process.kill()
        await bot.start()
        await bot.member.ask(bot.rooms[0])
        waits[name].append(time.perf_counter() - began)
        await bot.end()
    return waits
