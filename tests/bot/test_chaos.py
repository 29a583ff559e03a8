"""A short crash campaign; ``make chaos`` runs the long one."""

from pathlib import Path

import pytest

from tests.chaos import play
from tests.homeserver import Homeserver

SEED = 7


@pytest.mark.e2e
@pytest.mark.slow
async def test_nothing_is_lost_and_nothing_said_twice(tmp_path: Path) -> None:
    # A homeserver of its own, since it is killed, too.
    with Homeserver(tmp_path / "homeserver") as homeserver:
        report = await play(tmp_path, homeserver, commands=40, kills=4, seed=SEED)
    assert (report.lost, report.twice, report.faults) == ([], [], [])
    assert (report.commands, report.kills) == (40, 4)
