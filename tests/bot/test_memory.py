"""Memory stays flat, in short; ``make memory`` runs 10,000 commands and looks at the whole process."""

import gc
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests import memory
from tests.chaos import open_case
from tests.deployment import Deployment
from tests.homeserver import Homeserver
from tests.memory import Report, talk
from tests.room import conference

MONDAY = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
# None of them makes a step: what a kept case grows by has its own bound, and its own test.
LINES = ("!who", "!nonsense", "!status", "!help", "!timeline")
ROUNDS = 15
SAID = 200
"""Commands between two counts, where there is no homeserver."""
LOOKS = 3
"""The lowest of so many counts: what is under way at one of them is not what stays."""


@pytest.mark.e2e
@pytest.mark.slow
async def test_a_command_leaves_nothing_in_memory(homeserver: Homeserver, tmp_path: Path) -> None:
    deployment = await Deployment.make(tmp_path, homeserver, lambda: MONDAY, people=("cleo", "dirk"))
    try:
        await deployment.start_bot()
        rooms = [await open_case(deployment, "social") for _ in range(2)]
        lines = [(room, line) for line in LINES for room in rooms]
        commands, held = 0, []
        for _ in range(ROUNDS):
            commands += await talk(deployment, {"cleo": lines, "dirk": lines})
            held.append(blocks())
    finally:
        await deployment.close()
    # The first two rounds fill caches. What is under way makes some hundred things come and go: two that stay of each
    # command are seen.
    warm, end = min(held[2 : 2 + LOOKS]), min(held[-LOOKS:])
    assert end - warm < commands / 2, held


async def test_nothing_stays_of_a_command_without_a_step(tmp_path: Path) -> None:
    async with conference(f"sqlite:///{tmp_path}/roundtable.db") as room:
        channel = await room.open_case()
        held = []
        for _ in range(1 + 2 * LOOKS):
            for number in range(SAID):
                await room.say("dirk", LINES[number % len(LINES)], room=channel)
            for kept in (room.heard, room.retracted, room.ticked, room.cards, room.polls):
                kept.clear()
            held.append(blocks())
    # The first fills caches. Between the two, three times as many were said.
    assert min(held[-LOOKS:]) - min(held[1 : 1 + LOOKS]) < SAID, held


def blocks() -> int:
    """How many things of any kind Python holds, in this process: the bot's, and the members' clients."""
    gc.collect()
    return sys.getallocatedblocks()


def test_what_grows_too_much_is_told_at_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    flat, leaky = Report(100, {40: 150.0, 101: 150.6}), Report(100, {20: 150.0, 100: 165.0})
    assert [memory.conclude(report) for report in (flat, leaky)] == [0, 1]
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert told == [
        {"commands": 100, "mb_after_20": 150.0, "mb_after_100": 150.6, "growth_percent": 0.4},
        {"commands": 100, "mb_after_20": 150.0, "mb_after_100": 165.0, "growth_percent": 10.0},
    ]
