"""All benchmarks in one run, ours and the plain echo bot in turns; ``make bench``.

``python -m benchmarks.bench [--only latency,cpu] [--small]``
"""

import argparse
import asyncio
import contextlib
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from benchmarks import report, sharing
from benchmarks.report import Figure, compare, percentile
from benchmarks.table import AT_ONCE, LOOK, MEMBER, OPENER, WITHIN, Conference, Echo, Roundtable, Timed, is_reminder
from bot.crypto.wire import Wire
from tests.homeserver import Homeserver

T = TypeVar("T")
PARTS = ("sharing", "latency", "growth", "throughput", "cpu", "cold", "burst")
SHARES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
SENT_BYTES = 1400
"""The length of the ciphertext of a reminder."""


@dataclass(frozen=True)
class Size:
    """How much is done."""

    cold: tuple[int, ...] = (10, 100, 500)
    busy: int = 50
    each: int = 4
    asked: int = 40
    rounds: int = 3
    cases: int = 1000
    devices: tuple[int, ...] = (10, 50, 200)


FULL = Size()
SMALL = Size((3, 5, 8), 4, 2, 4, 2, 30, (3, 6))


def list_goals(size: Size) -> dict[str, float]:
    """The ratio that each figure shall have at most; below zero: shall come up to."""
    return {
        "answer p50 (s)": 1.0,
        "answer p95 (s)": 1.0,
        "commands per second": -1.0,
        "CPU per 1,000 commands (s)": 1.3,
        "reminders at nine (s)": 1.5,
        f"answer p95, {size.cases} cases against {size.cold[0]} (s)": 1.1,
        f"cold start, {size.cold[-1]} rooms (s)": 1.0,
    }


class Bench:
    """One run on one homeserver."""

    def __init__(self, size: Size, only: Iterable[str], folder: Path, homeserver: Homeserver) -> None:
        self.figures: dict[str, Figure] = {}
        self._size = size
        self._only = {*only}
        self._folder = folder
        self._homeserver = homeserver
        self._began = time.monotonic()

    async def run(self) -> None:
        """Measure what is wanted."""
        size = self._size
        if self._wants("sharing"):
            await self._share()
        if not self._wants("latency", "growth", "throughput", "cpu", "cold", "burst"):
            return
        async with contextlib.AsyncExitStack() as stack:
            conference = await self._conference("one", stack)
            member = conference.people[MEMBER]
            assert isinstance(member, Timed)  # noqa: S101 it signed in as one
            ours, echo = Roundtable(conference, member), Echo(conference, member)
            stack.push_async_callback(ours.end)
            stack.push_async_callback(echo.end)
            ours.tick_every(30)
            await asyncio.to_thread(self._homeserver.register, conference._local("echo"), conference.password)
            await asyncio.gather(ours.start(), echo.start())
            await asyncio.gather(ours.listens(), echo.introduce())
            for rooms in sorted({*size.cold, size.busy}):
                if rooms > size.cold[0] and not self._wants(*self._needs(rooms)):
                    break
                self._say(f"{rooms} rooms")
                await asyncio.gather(ours.end(), echo.end())
                await ours.grow(rooms)
                await echo.grow(rooms)
                if self._wants("cold") and rooms in size.cold:
                    await self._start_cold(ours, echo, rooms)
                await asyncio.gather(ours.start(), echo.start())
                await asyncio.gather(ours.listens(), member.ask(echo.rooms[0]))
                if rooms == size.cold[0]:
                    await self._answer(ours, echo, stack)
                if rooms == size.busy and self._wants("throughput", "cpu"):
                    await self._hurry(ours, echo)
            if self._wants("burst"):
                await self._remind(ours, member)

    def _needs(self, rooms: int) -> tuple[str, ...]:
        busy = ("throughput", "cpu") if rooms <= self._size.busy else ()
        return ("cold", "burst", *busy)

    def _wants(self, *parts: str) -> bool:
        return not self._only.isdisjoint(parts)

    async def _conference(self, name: str, stack: contextlib.AsyncExitStack) -> Conference:
        folder = self._folder / name
        folder.mkdir()
        people = (OPENER, MEMBER)
        made = await Conference.make(folder, self._homeserver, lambda: datetime.now(UTC), people)
        stack.push_async_callback(made.close)
        return made

    async def _share(self) -> None:
        for devices in self._size.devices:
            ours, theirs = list[float](), list[float]()
            for number in range(self._size.rounds):
                ours.append(await sharing.ours(self._folder / f"ours-{devices}-{number}", devices))
                theirs.append(sum(await sharing.nio(self._folder / f"nio-{devices}-{number}", devices)))
            self._note(f"sharing a key with {devices} devices (s)", compare(ours, theirs))

    async def _answer(self, ours: Roundtable, echo: Echo, stack: contextlib.AsyncExitStack) -> None:
        """Command to decrypted answer: ours, the echo bot, and ours with many cases."""
        if not self._wants("latency", "growth"):
            return
        who: dict[str, Roundtable | Echo] = {"ours": ours, "echo": echo}
        members = dict.fromkeys(who, ours._member)
        few, many = self._size.cold[0], self._size.cases
        if self._wants("growth"):
            conference = await self._conference("many", stack)
            member = conference.people[MEMBER]
            assert isinstance(member, Timed)  # noqa: S101 it signed in as one
            large = Roundtable(conference, member)
            large.tick_every(30)
            await large.start()
            stack.push_async_callback(large.end)
            await large.listens()
            await large.end()
            await large.grow(few)
            await large.open_cases(many - few)
            await large.start()
            await large.listens()
            who["many"], members["many"] = large, member
        for name, bot in who.items():
            for room_id in bot.rooms[:few]:
                await members[name].ask(room_id)
        waits: dict[str, list[list[float]]] = {name: [] for name in who}
        used: dict[str, list[float]] = {name: [] for name in who}
        for name, bot in _in_turns(who, self._size.rounds):
            before = bot.process.cpu_seconds()
            rooms = [bot.rooms[n % few] for n in range(self._size.asked)]
            waits[name].append([await members[name].ask(room_id) for room_id in rooms])
            used[name].append((bot.process.cpu_seconds() - before) * 1000 / len(rooms))
        for label, share in SHARES.items():
            by = {name: [percentile(each, share) for each in rounds] for name, rounds in waits.items()}
            if self._wants("latency"):
                self._note(f"answer {label} (s)", compare(by["ours"], by["echo"]))
            if "many" in by:
                self._note(f"answer {label}, {many} cases against {few} (s)", compare(by["many"], by["ours"]))
        if "many" in used:
            self._note(f"CPU per 1,000 commands, {many} cases against {few} (s)", compare(used["many"], used["ours"]))
            await who["many"].end()

    async def _hurry(self, ours: Roundtable, echo: Echo) -> None:
        """All rooms at once."""
        member, size = ours._member, self._size
        who: dict[str, Roundtable | Echo] = {"ours": ours, "echo": echo}
        rate: dict[str, list[float]] = {name: [] for name in who}
        used: dict[str, list[float]] = {name: [] for name in who}

        async def talk(room_id: str, times: int) -> None:
            for _ in range(times):
                await member.ask(room_id)

        for bot in who.values():
            await asyncio.gather(*(talk(room_id, 1) for room_id in bot.rooms[: size.busy]))
        for name, bot in _in_turns(who, size.rounds):
            before, began = bot.process.cpu_seconds(), time.perf_counter()
            await asyncio.gather(*(talk(room_id, size.each) for room_id in bot.rooms[: size.busy]))
            done = size.busy * size.each
            rate[name].append(done / (time.perf_counter() - began))
            used[name].append((bot.process.cpu_seconds() - before) * 1000 / done)
        if self._wants("throughput"):
            self._note("commands per second", compare(rate["ours"], rate["echo"]))
        if self._wants("cpu"):
            self._note("CPU per 1,000 commands (s)", compare(used["ours"], used["echo"]))
            peaks = [[bot.process.peak_mib()] for bot in who.values()]
            self._note("peak memory (MiB)", compare(*peaks))

    async def _start_cold(self, ours: Roundtable, echo: Echo, rooms: int) -> None:
        """From the start of the process to the first answer."""
        who: dict[str, Roundtable | Echo] = {"ours": ours, "echo": echo}
        waits: dict[str, list[float]] = {name: [] for name in who}
        for name, bot in _in_turns(who, self._size.rounds):
            began = time.perf_counter()
            await bot.start()
            await ours._member.ask(bot.rooms[0])
            waits[name].append(time.perf_counter() - began)
            await bot.end()
        self._note(f"cold start, {rooms} rooms (s)", compare(waits["ours"], waits["echo"]))

    async def _remind(self, ours: Roundtable, member: Timed) -> None:
        """A reminder into each room at nine o'clock, against as many plain sends of the same size."""
        self._say("giving each room its key")
        few = asyncio.Semaphore(AT_ONCE)

        async def ask(room_id: str) -> None:
            async with few:
                await member.ask(room_id)

        await asyncio.gather(*(ask(room_id) for room_id in ours.rooms))
        await ours.end()
        zone = ZoneInfo("Europe/Amsterdam")
        today = datetime.now(zone)
        friday = today.date() + timedelta(days=(4 - today.weekday()) % 7 or 7)
        nine = datetime(friday.year, friday.month, friday.day, 9, tzinfo=zone)
        await ours.owe(nine - timedelta(hours=20), nine + timedelta(hours=8))
        ours.tick_every(0.2)
        self._say("sending plainly, then nine o'clock")
        floor = [await self._send_plainly(ours, member)]
        lead = timedelta(seconds=30)
        shift = nine - lead - datetime.now(UTC)
        began = time.perf_counter() + lead.total_seconds()
        await ours.start(shift)
        await ours.listens()
        if time.perf_counter() > began:
            raise RuntimeError("it was not up at nine")
        rooms = {*ours.rooms}
        last = await _all_heard(member, rooms, is_reminder, began + WITHIN)
        floor.append(await self._send_plainly(ours, member))
        self._note("reminders at nine (s)", compare([last - began], floor=floor))

    async def _send_plainly(self, ours: Roundtable, member: Timed) -> float:
        """The seconds until the member heard a plain message in each room; sent as fast as the homeserver takes it."""
        few, mark = asyncio.Semaphore(AT_ONCE), f"plain{time.time_ns()}"
        content = {"msgtype": "m.text", "body": mark.ljust(SENT_BYTES, ".")}
        began = time.perf_counter()
        async with Wire(self._homeserver.url, ours.conference._config().matrix.token()) as wire:

            async def send(room_id: str) -> None:
                async with few:
                    await wire.ask("PUT", f"v3/rooms/{room_id}/send/m.room.message/{mark}", content, within=WITHIN)

            await asyncio.gather(*(send(room_id) for room_id in ours.rooms))
            found = partial(_begins, mark)
            return await _all_heard(member, {*ours.rooms}, found, began + WITHIN) - began

    def _note(self, name: str, figure: Figure) -> None:
        self.figures[name] = figure
        other = figure.baseline if figure.floor is None else figure.floor
        ours = 0.0 if figure.ours is None else figure.ours
        self._say(f"{name}: {ours:.3g} against {other or 0:.3g}: {figure.ratio or 0:.2f} ×")

    def _say(self, text: str) -> None:
        sys.stdout.write(f"{time.monotonic() - self._began:6.0f} s  {text}\n")
        sys.stdout.flush()


def _in_turns(who: dict[str, T], rounds: int) -> list[tuple[str, T]]:
    """Each in every round, once forwards, once backwards: what disturbs the machine for a while meets all of them."""
    each = list(who.items())
    return [one for number in range(rounds) for one in (each if number % 2 == 0 else each[::-1])]


def _begins(mark: str, event: object) -> bool:
    return str(getattr(event, "content", {}).get("body")).startswith(mark)


async def _all_heard(member: Timed, rooms: set[str], wanted: Callable[..., bool], until: float) -> float:
    """When the last of these rooms had what is wanted."""
    while time.perf_counter() < until:
        heard = [event for event in member.heard if event.room_id in rooms and wanted(event)]
        if {event.room_id for event in heard} == rooms:
            return max(member.times[event.event_id] for event in heard)
        await asyncio.sleep(LOOK)
    raise RuntimeError(f"heard in {len({event.room_id for event in heard})} of {len(rooms)} rooms")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and write results, table and picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default=",".join(PARTS), help="of %(default)s")
    parser.add_argument("--small", action="store_true", help="tiny sizes, to see that it runs; writes nothing")
    given = parser.parse_args(arguments)
    only = given.only.split(",")
    if unknown := {*only} - {*PARTS}:
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    size = SMALL if given.small else FULL
    with tempfile.TemporaryDirectory(prefix="roundtable-bench-") as folder, Homeserver() as homeserver:
        bench = Bench(size, only, Path(folder), homeserver)
        try:
            asyncio.run(bench.run())
        finally:
            # What was measured before something went wrong is not lost.
            if not given.small and bench.figures:
                command = "make bench" if {*only} == {*PARTS} else f"make bench ONLY={given.only}"
                root = Path(__file__).resolve().parent.parent
                figures = report.merge(bench.figures, root / report.RESULTS)
                report.write(figures, list_goals(size), command, root)
    if given.small:
        sys.stdout.write(report.tabulate(bench.figures, list_goals(size)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
