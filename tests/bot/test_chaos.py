"""A short crash campaign; ``make chaos`` runs the long one."""

import json
from pathlib import Path
from typing import cast

import pytest

from tests import chaos
from tests.chaos import Report, play
from tests.homeserver import Homeserver
from tests.professional import Professional

SEED = 7


@pytest.mark.e2e
@pytest.mark.slow
async def test_nothing_is_lost_and_nothing_said_twice(tmp_path: Path) -> None:
    # A homeserver of its own, since it is killed, too.
    with Homeserver(tmp_path / "homeserver") as homeserver:
        report = await play(tmp_path, homeserver, commands=40, kills=4, seed=SEED)
    assert (report.lost, report.twice, report.faults) == ([], [], [])
    assert (report.commands, report.kills) == (40, 4)


class Deaf:
    """Somebody who never hears the answer."""

    user_id = "@ada:example.org"

    async def hears(self, *_wanted: object, **_how: object) -> None:
        raise AssertionError("not heard")


async def test_an_answer_that_never_comes_is_counted_and_told_at_the_end(
    capsys: pytest.CaptureFixture[str],
) -> None:
    report = Report(commands=3)

    await report.hears(cast("Professional", Deaf()), "@bot:example.org", "$last", "!room", within=0)

    assert chaos.conclude(report, "postgresql", seed=SEED, seconds=1) == 1
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told == {"commands": 3, "kills": 0, "lost": 1, "twice": 0, "seed": SEED, "store": "postgresql"}
    assert chaos.conclude(Report(), "sqlite", seed=SEED, seconds=1) == 0
