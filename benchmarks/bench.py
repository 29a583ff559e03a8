"""All benchmarks in one run, ours and the plain echo bot in turns; ``make bench``.

``python -m benchmarks.bench [--only latency,cpu] [--small]``
"""

import argparse
import asyncio
import compileall
import contextlib
import signal
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import morning, peers, report, rounds, sharing
from benchmarks.report import Figure, compare, percentile
from benchmarks.rounds import Bots
from benchmarks.table import MEMBER, OPENER, Conference, Echo, Peer, Roundtable, on_postgresql
from tests.homeserver import Homeserver
from tests.postgres import Postgres

PARTS = ("sharing", "latency", "throughput", "cpu", "cold", "kill", "peers", "postgresql", "burst", "long", "growth")
SHARES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
INTERRUPTED = 130
LONG_CASES = 3
ROOT = Path(__file__).resolve().parent.parent
HOUSE = ("benchmarks", "bot", "cases", "chat", "commands", "storage")
LONG = ("answer p50", "CPU per 1,000 commands")
AHEAD = (("answer p50", " (s)", 1.0), ("answer p95", " (s)", 1.0), ("commands per second", "", -1.0))


@dataclass(frozen=True)
class Size:
    """How much is done."""

    cold: tuple[int, ...] = (10, 100, 500)
    busy: int = 50
    each: int = 4
    asked: int = 50
    asked_rounds: int = 6
    rounds: int = 3
    hurried_rounds: int = 5
    """The processor time of a few hundred commands differs by a quarter, whoever answers them."""
    cases: int = 1000
    devices: tuple[int, ...] = (10, 50, 200)
    steps: tuple[int, int] = (10, 500)


FULL = Size()
SMALL = Size((3, 5, 8), 4, 2, 4, 2, 1, 1, 30, (3, 6), (10, 50))


def list_goals(size: Size) -> dict[str, float]:
    """The ratio that each figure shall have at most; below zero: shall come up to."""
    cold = dict.fromkeys(size.cold, 1.0) | {size.cold[0]: 1.5}
    few, many = size.steps
    return {
        "answer p50 (s)": 1.0,
        "answer p95 (s)": 1.0,
        "commands per second": -1.4,
        "CPU per 1,000 commands (s)": 1.6,
        "peak memory (MiB)": 1.7,
        "reminders at nine (s)": 1.5,
        **{f"cold start, {rooms} rooms (s)": goal for rooms, goal in cold.items()},
        **{
            f"{name}, {size.cases} cases against {size.cold[0]}{unit}": -goal if "second" in name else goal
            for name, unit, goal in (
                ("cold start", " (s)", 1.1),
                ("answer p50", " (s)", 1.1),
                ("answer p95", " (s)", 1.1),
                ("CPU per 1,000 commands", " (s)", 1.1),
                ("commands per second", "", 1 / 1.1),
                ("peak memory", " (MiB)", 1.1),
                ("reminders at nine", " (s)", 1.1),
            )
        },
        **dict.fromkeys((f"{name}, {many} steps against {few} (s)" for name in LONG), 1.1),
        **{f"{name}, against {peer}{unit}": goal for peer in ("mautrix",) for name, unit, goal in AHEAD},
    }


def compile_house() -> None:
    """What pip does when it installs: else Python would compile our modules anew at each start, and no library's."""
    for package in HOUSE:
        compileall.compile_dir(ROOT / package, quiet=1)


class Bench:
    """One run on one homeserver."""

    def __init__(self, size: Size, only: Iterable[str], folder: Path, homeserver: Homeserver) -> None:
        self.figures: dict[str, Figure] = {}
        """What is measured so far."""
        self._size = size
        self._only = {*only}
        self._folder = folder
        self._homeserver = homeserver
        self._began = time.monotonic()

    async def run(self) -> None:
        """Measure what is wanted."""
        if self._wants("sharing"):
            await self._share()
        if self._wants("latency", "throughput", "cpu", "cold", "kill", "peers", "postgresql", "burst"):
            async with contextlib.AsyncExitStack() as stack:
                await self._compare(stack)
        if self._wants("long"):
            async with contextlib.AsyncExitStack() as stack:
                await self._lengthen(stack)
        if self._wants("growth"):
            async with contextlib.AsyncExitStack() as stack:
                await self._grow(stack)

    async def _share(self) -> None:
        for devices in self._size.devices:
            ours, theirs = list[float](), list[float]()
            for number in range(self._size.rounds):
                ours.append(await sharing.ours(self._folder / f"ours-{devices}-{number}", devices))
                theirs.append(sum(await sharing.nio(self._folder / f"nio-{devices}-{number}", devices)))
            self._note(f"sharing a key with {devices} devices (s)", compare(ours, theirs))

    async def _compare(self, stack: contextlib.AsyncExitStack) -> None:
        """Ours and the echo bot, with more and more rooms."""
        size = self._size
        ours = await self._settle("table", stack)
        echo = Echo(ours.conference)
        stack.push_async_callback(echo.end)
        await self._introduce(echo)
        # Until it has answered it may not have kept the keys that it has uploaded: it is not to be ended before.
        await echo.grow(1)
        await echo.member.ask(echo.rooms[0])
        await echo.end()
        bots: Bots = {"ours": ours, "echo": echo}
        libraries = await self._settle_peers(ours.conference, stack) if self._wants("peers") else {}
        others = {"PostgreSQL": await self._settle_on_postgresql(stack)} if self._wants("postgresql") else {}
        for rooms in sorted({*size.cold, size.busy}):
            hurries = rooms == size.busy and self._wants("throughput", "cpu", "peers", "postgresql")
            answers = rooms == size.cold[0] and self._wants("latency", "peers")
            starts = rooms in size.cold and self._wants("cold")
            dies = rooms == size.cold[0] and self._wants("kill")
            if not (hurries or answers or starts or dies or self._wants("burst")):
                continue
            self._say(f"{rooms} rooms")
            await ours.grow(rooms)
            await echo.grow(rooms)
            if starts:
                found = await rounds.start_cold(bots, size.rounds)
                self._note(f"cold start, {rooms} rooms (s)", compare(found["ours"], found["echo"]))
            if dies:
                found = await rounds.rise(bots, size.rounds)
                self._note(f"first answer after kill -9, {rooms} rooms (s)", compare(found["ours"], found["echo"]))
            if answers:
                await self._answer({**bots, **libraries}, rooms)
            if hurries:
                await self._hurry({**bots, **libraries, **others})
        if self._wants("burst"):
            self._say("on to nine o'clock")
            await morning.prepare(ours)
            seconds, floor = list[float](), [await morning.send_plainly(ours)]
            for days in morning.DAYS:
                seconds.append(await morning.remind(ours, days))
                floor.append(await morning.send_plainly(ours))
            self._note("reminders at nine (s)", compare(seconds, floor=floor))

    async def _introduce(self, echo: Echo) -> None:
        """Let an echo bot run for the first time."""
        await asyncio.to_thread(self._homeserver.register, echo.local, echo.password)
        await echo.start()
        await echo.introduce()

    async def _settle_peers(self, conference: Conference, stack: contextlib.AsyncExitStack) -> dict[str, Peer]:
        """The other libraries' echo bots; none where they can't be installed."""
        python = await asyncio.to_thread(peers.install, self._folder / "peers")
        if python is None:
            self._say("the peers can't be installed: they are left out")
            return {}
        made = {name: Peer(conference, name, module, python) for name, module in peers.MODULES.items()}
        for peer in made.values():
            stack.push_async_callback(peer.end)
            await self._introduce(peer)
            await peer.end()
        return made

    async def _settle_on_postgresql(self, stack: contextlib.AsyncExitStack) -> Roundtable:
        server = stack.enter_context(Postgres())
        return await self._settle("postgresql", stack, on_postgresql(server.url(server.make_database())))

    async def _answer(self, bots: Bots, rooms: int) -> None:
        """One command at a time."""
        await _start(bots, rooms)
        waits, _ = await rounds.answer(bots, rooms, self._size.asked, self._size.asked_rounds)
        for label, share in SHARES.items():
            found = {name: [percentile(waits[name], share)] for name in bots}
            self._note(f"answer {label} (s)", compare(found["ours"], found["echo"]))
            for name in bots.keys() - {"ours", "echo"}:
                self._note(f"answer {label}, against {name} (s)", compare(found["ours"], found[name]))
        await _end(bots)

    async def _hurry(self, bots: Bots) -> None:
        """All rooms at once."""
        await _start(bots, self._size.busy)
        rate, used = await rounds.hurry(bots, self._size.busy, self._size.each, self._size.hurried_rounds)
        peaks = {name: [bot.process.peak_mib()] for name, bot in bots.items()}
        figures = (("commands per second", "", rate), ("CPU per 1,000 commands", " (s)", used))
        for label, unit, found in (*figures, ("peak memory", " (MiB)", peaks)):
            self._note(f"{label}{unit}", compare(found["ours"], found["echo"]))
            for name in bots.keys() - {"ours", "echo"}:
                if isinstance(bots[name], Roundtable):
                    self._note(f"{label}, on {name}{unit}", compare(found[name], found["echo"]))
                else:
                    self._note(f"{label}, against {name}{unit}", compare(found["ours"], found[name]))
        await _end(bots)

    async def _lengthen(self, stack: contextlib.AsyncExitStack) -> None:
        """Commands in long cases against commands in short ones, of one bot."""
        size, rooms = self._size, LONG_CASES
        short, long = size.steps
        ours = await self._settle("long", stack)
        await ours.grow(2 * rooms)
        await ours.lengthen(ours.refs[:rooms], short)
        await ours.lengthen(ours.refs[rooms:], long)
        in_short, in_long = copy(ours), copy(ours)
        in_short.rooms, in_long.rooms = ours.rooms[:rooms], ours.rooms[rooms:]
        await _start({"ours": ours}, 2 * rooms)
        waits, used = await rounds.answer({"long": in_long, "short": in_short}, rooms, size.asked, size.asked_rounds)
        medians = {name: [percentile(waits[name], SHARES["p50"])] for name in waits}
        for label, found in zip(LONG, (medians, used), strict=True):
            self._note(f"{label}, {long} steps against {short} (s)", compare(found["long"], found["short"]))
        await ours.end()

    async def _grow(self, stack: contextlib.AsyncExitStack) -> None:
        """Ours with many open cases against ours with few, in as many rooms."""
        size, rooms = self._size, self._size.cold[0]
        against = f", {size.cases} cases against {rooms}"
        self._say(f"{size.cases} cases")
        many, few = [await self._settle(name, stack) for name in ("many", "few")]
        await many.grow(rooms)
        await few.grow(rooms)
        await many.open_cases(size.cases - rooms)
        bots = {"many": many, "few": few}
        found = await rounds.start_cold(bots, size.rounds)
        self._note(f"cold start{against} (s)", compare(found["many"], found["few"]))
        await _start(bots, rooms)
        waits, used = await rounds.answer(bots, rooms, size.asked, size.asked_rounds)
        for label, share in SHARES.items():
            with_many, with_few = (percentile(waits[name], share) for name in bots)
            self._note(f"answer {label}{against} (s)", compare([with_many], [with_few]))
        self._note(f"CPU per 1,000 commands{against} (s)", compare(used["many"], used["few"]))
        rate, _ = await rounds.hurry(bots, rooms, size.each * size.busy // rooms, size.rounds)
        self._note(f"commands per second{against}", compare(rate["many"], rate["few"]))
        peaks = ([bot.process.peak_mib()] for bot in bots.values())
        self._note(f"peak memory{against} (MiB)", compare(*peaks))
        for bot in bots.values():
            await bot.end()
            await morning.prepare(bot)
        seconds: dict[str, list[float]] = {name: [] for name in bots}
        for name, bot in rounds.in_turns(bots, len(morning.DAYS)):
            seconds[name].append(await morning.remind(bot, morning.DAYS[len(seconds[name])]))
        self._note(f"reminders at nine{against} (s)", compare(seconds["many"], seconds["few"]))

    async def _settle(
        self, name: str, stack: contextlib.AsyncExitStack, kind: type[Conference] = Conference
    ) -> Roundtable:
        """Ours with a deployment of its own, which ran once."""
        folder = self._folder / name
        folder.mkdir()
        conference = await kind.make(folder, self._homeserver, lambda: datetime.now(UTC), (OPENER, MEMBER))
        stack.push_async_callback(conference.close)
        ours = Roundtable(conference)
        stack.push_async_callback(ours.end)
        await ours.start()
        await ours.listens()
        await ours.end()
        return ours

    def _wants(self, *parts: str) -> bool:
        return not self._only.isdisjoint(parts)

    def _note(self, name: str, figure: Figure) -> None:
        self.figures[name] = figure
        other = figure.baseline if figure.floor is None else figure.floor
        ours = 0.0 if figure.ours is None else figure.ours
        self._say(f"{name}: {ours:.3g} against {other or 0:.3g}: {figure.ratio or 0:.2f} ×")

    def _say(self, text: str) -> None:
        sys.stdout.write(f"{time.monotonic() - self._began:6.0f} s  {text}\n")
        sys.stdout.flush()


async def _start(bots: Bots, rooms: int) -> None:
    """Have all run with so many rooms, and each room its keys."""
    for bot in bots.values():
        await bot.grow(rooms)
        await bot.start()
        await rounds.speak(bot, rooms)


async def _end(bots: Bots) -> None:
    await asyncio.gather(*(bot.end() for bot in bots.values()))


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and write results, table and picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default=",".join(PARTS), help="of %(default)s; writes nothing unless it is all")
    parser.add_argument("--small", action="store_true", help="tiny sizes, to see that it runs; writes nothing")
    given = parser.parse_args(arguments)
    only = {*given.only.split(",")}
    if unknown := only - {*PARTS}:
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    # Whoever ends it ends the homeserver and the bots, too; also in the background, where a shell turns Ctrl-C off.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, _interrupt)
    size = SMALL if given.small else FULL
    goals = list_goals(size)
    compile_house()
    try:
        with tempfile.TemporaryDirectory(prefix="roundtable-bench-") as folder, contextlib.ExitStack() as stack:
            # It is stopped also when this is interrupted while it starts.
            homeserver = Homeserver()
            stack.push(homeserver)
            homeserver.start()
            bench = Bench(size, only, Path(folder), homeserver)
            try:
                asyncio.run(bench.run())
            finally:
                # What was measured before something went wrong is not lost.
                sys.stdout.write(report.tabulate(bench.figures, goals) + "\n")
    except KeyboardInterrupt:
        return INTERRUPTED
    if only == {*PARTS} and not given.small:
        report.write(bench.figures, goals, ROOT)
    return 0


def _interrupt(*_: object) -> None:
    """As Ctrl-C does; once, or what is ending would itself be ended."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.raise_signal(signal.SIGINT)


if __name__ == "__main__":
    sys.exit(main())
