"""The benchmarks run, in their smallest size; nothing is timed here."""

from pathlib import Path

import pytest

from benchmarks.bench import SMALL, Bench
from tests.homeserver import Homeserver

pytestmark = pytest.mark.e2e
MEASURED = {
    *(f"answer {share} (s)" for share in ("p50", "p95", "p99")),
    "commands per second",
    "CPU per 1,000 commands (s)",
    "peak memory (MiB)",
}


async def test_both_bots_answer_and_are_compared(tmp_path: Path, homeserver: Homeserver) -> None:
    bench = Bench(SMALL, ("latency", "throughput", "cpu"), tmp_path, homeserver)
    await bench.run()
    assert bench.figures.keys() == MEASURED
    for name, figure in bench.figures.items():
        for value in (figure.ours, figure.baseline, figure.ratio):
            assert value is not None, name
            assert value > 0, name
