"""The memory campaign: members type without end, and what the bot's process holds is looked at by and by.

``python -m tests.memory --commands 10000`` is ``make memory``. The last line is JSON. The exit status is 0 when the
process holds hardly more at the end than after the first fifth, when what is kept in memory has met its bounds.
"""

import argparse
import asyncio
import json
import logging
import random
import re
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.process import Process
from tests.chaos import AGENCIES, MONDAY, PEOPLE, answers, open_case, say_surely
from tests.deployment import Deployment
from tests.homeserver import Homeserver
from tests.waiting import until

ROOMS = 20
WARM_SHARE = 0.2
MOST_GROWTH_PERCENT = 8.0
"""The page caches of SQLite go on filling, up to 2 MB for each of five connections and the crypto store: 12 MB of 155.

Without a bound for the kept cases it would be some 25 %, and 10 % with a leak of two kilobytes for each command.
"""
TEXTS = {
    "!concern stayed away from school, week {number} kind: fact": 65,
    "!action visit the family, week {number} for: social by: in 20 days": 25,
    "!who": 5,
    "!nonsense {number}": 5,
}
"""What members type, and how often: mostly what makes a step, so that the kept cases soon meet their bound."""
Lines = list[tuple[str, str]]
"""In which rooms somebody types what."""


@dataclass
class Report:
    """What the process held, in MiB, after so many commands."""

    wanted: int
    held: dict[int, float] = field(default_factory=dict[int, float])

    def after(self, commands: int) -> float:
        """What it held when it had answered so many, or a few more."""
        return next(mib for number, mib in self.held.items() if number >= commands)

    @property
    def warm(self) -> int:
        """After so many commands what is kept in memory has met its bounds."""
        return round(self.wanted * WARM_SHARE)

    @property
    def growth_percent(self) -> float:
        """How much more it held at the end than when it was warm."""
        return 100 * (self.after(self.wanted) / self.after(self.warm) - 1)

    @property
    def well(self) -> bool:
        """Whether it stayed flat."""
        return self.growth_percent <= MOST_GROWTH_PERCENT


class Campaign:
    """One campaign on a deployment, whose bot is a process of its own."""

    def __init__(self, deployment: Deployment, commands: int, chance: random.Random) -> None:
        self.report = Report(commands)
        self._deployment = deployment
        self._chance = chance
        self._rooms: list[str] = []
        self._log = deployment.directory / "bot.log"
        self._config = deployment.directory / "bot" / "config.toml"
        self._process = Process(self._log)

    async def run(self, rooms: int) -> Report:
        """Open cases, and let everybody talk in all of them until enough was said."""
        # As often as in real life: the deployment of a test looks five times a second for what falls due.
        config = self._config.read_text()
        self._config.write_text(re.sub(r"^tick_seconds = .*\n", "", config, flags=re.MULTILINE))
        await self._process.start("tests.killed", str(self._config), str((MONDAY - datetime.now(UTC)).total_seconds()))
        try:
            await until(lambda: b'"listening"' in self._log.read_bytes(), "a bot that listens")
            for _ in range(rooms):
                self._rooms.append(await open_case(self._deployment, AGENCIES))
            said = 0
            while said < self.report.wanted:
                said += await talk(self._deployment, self._choose(said))
                self.report.held[said] = self._process.resident_mib()
                _say(f"{said} commands, {self.report.held[said]:.1f} MiB")
        finally:
            await self._process.end()
        return self.report

    def _choose(self, number: int) -> dict[str, Lines]:
        """What everybody types next: a line in each room."""

        def lines() -> Lines:
            chosen = self._chance.choices(list(TEXTS), list(TEXTS.values()), k=len(self._rooms))
            return [(room_id, text.format(number=number)) for room_id, text in zip(self._rooms, chosen, strict=True)]

        return {who: lines() for who in self._deployment.people}


async def talk(deployment: Deployment, said: Mapping[str, Lines]) -> int:
    """Everybody types these lines, and somebody hears an answer to each; gives how many they were."""
    people = deployment.people

    async def type_all(who: str, lines: Lines) -> Lines:
        return [(room_id, await say_surely(people[who], room_id, text)) for room_id, text in lines]

    typed = await asyncio.gather(*(type_all(who, lines) for who, lines in said.items()))
    asked = [(room_id, event_id) for lines in typed for room_id, event_id in lines]
    listener = people[PEOPLE[0]]
    await asyncio.gather(
        *(listener.hears(answers(deployment.bot_id, event_id), room_id) for room_id, event_id in asked)
    )
    for person in people.values():
        person.forget()
    return len(asked)


async def play(directory: Path, homeserver: Homeserver, commands: int, rooms: int, seed: int) -> Report:
    """One campaign on a running homeserver."""
    shift = MONDAY - datetime.now(UTC)
    deployment = await Deployment.make(directory, homeserver, lambda: datetime.now(UTC) + shift, people=PEOPLE)
    try:
        return await Campaign(deployment, commands, random.Random(seed)).run(rooms)  # noqa: S311 no secret
    finally:
        await deployment.close()


def _say(text: str) -> None:
    sys.stdout.write(f"{time.strftime('%H:%M:%S')} {text}\n")
    sys.stdout.flush()


def conclude(report: Report) -> int:
    """Print what was measured; gives the exit status."""
    figures = {
        "commands": report.wanted,
        f"mb_after_{report.warm}": round(report.after(report.warm), 1),
        f"mb_after_{report.wanted}": round(report.after(report.wanted), 1),
        "growth_percent": round(report.growth_percent, 1),
    }
    sys.stdout.write(json.dumps(figures) + "\n")
    return 0 if report.well else 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the shell."""
    parser = argparse.ArgumentParser(prog="python -m tests.memory", description=__doc__)
    parser.add_argument("--commands", type=int, default=10_000)
    parser.add_argument("--rooms", type=int, default=ROOMS)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    given = parser.parse_args(arguments)
    logging.disable(logging.WARNING)
    directory = Path(tempfile.mkdtemp(prefix="roundtable-memory-"))
    _say(f"seed {given.seed}, in {directory}")
    try:
        with Homeserver(directory / "homeserver") as homeserver:
            report = asyncio.run(play(directory, homeserver, given.commands, given.rooms, given.seed))
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    return conclude(report)


if __name__ == "__main__":
    sys.exit(main())
