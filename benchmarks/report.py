"""The result of a benchmark: figures as JSON, a table and a picture for docs/performance.md."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median

import matplotlib as mpl

mpl.use("svg")
from matplotlib import pyplot as plt

RESULTS = Path("benchmarks/results.json")
PAGE = Path("docs/performance.md")
PICTURE = Path("docs/performance.svg")
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
PACKAGES = ("matrix-synapse", "matrix-nio", "vodozemac", "SQLAlchemy")


@dataclass(frozen=True)
class Figure:
    """One figure: ours, what the plain echo bot or the homeserver needs for the same, and how we stand to it."""

    ours: float | None
    baseline: float | None = None
    floor: float | None = None
    ratio: float | None = None


def compare(ours: Sequence[float], baseline: Sequence[float] = (), floor: Sequence[float] = ()) -> Figure:
    """The medians over the rounds, and their ratio."""
    peer = baseline or floor
    return Figure(
        median(ours),
        median(baseline) if baseline else None,
        median(floor) if floor else None,
        median(ours) / median(peer) if peer and median(peer) else None,
    )


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that this share of all do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -int(-len(ordered) * share // 1) - 1))]


def write(figures: Mapping[str, Figure], goals: Mapping[str, float], root: Path) -> None:
    """Write results, picture, and the measured part of the page."""
    numbers = {name: asdict(figure) for name, figure in figures.items()}
    (root / RESULTS).write_text(json.dumps(numbers, indent=2) + "\n")
    draw(figures, goals, root / PICTURE)
    page = root / PAGE
    before, _, rest = page.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n{tabulate(figures, goals)}\n\n{describe()}\n{END}{after}")


def tabulate(figures: Mapping[str, Figure], goals: Mapping[str, float]) -> str:
    """The figures as a table."""
    lines = ["| figure | Roundtable | baseline | floor | ratio | goal |", "| --- | --: | --: | --: | --: | --: |"]
    for name, it in figures.items():
        goal = goals.get(name)
        numbers = (_number(it.ours), _number(it.baseline), _number(it.floor), _number(it.ratio), _goal(it.ratio, goal))
        lines.append(f"| {name} | {' | '.join(numbers)} |")
    return "\n".join(lines)


def draw(figures: Mapping[str, Figure], goals: Mapping[str, float], path: Path) -> None:
    """Each ratio as a bar, its goal as a line across it."""
    shown = [(name, it.ratio) for name, it in figures.items() if it.ratio is not None][::-1]
    with mpl.rc_context({"svg.hashsalt": "roundtable", "font.size": 9}):
        picture, axes = plt.subplots(figsize=(9, 1 + 0.32 * len(shown)))
        for place, (name, ratio) in enumerate(shown):
            goal = goals.get(name)
            colour = "#8a8a8a" if goal is None else "#2f7d4f" if _reached(ratio, goal) else "#b5482f"
            axes.barh(place, ratio, color=colour, height=0.6)
            axes.text(ratio, place, f" {ratio:.2f}", va="center")
            if goal is not None:
                axes.plot([abs(goal)] * 2, [place - 0.4, place + 0.4], color="black")
        axes.set_yticks(range(len(shown)), [name for name, _ in shown])
        axes.set_xlabel("Roundtable ÷ what it is compared with; black: the goal")
        picture.tight_layout()
        picture.savefig(path, metadata={"Date": None})
        plt.close(picture)


def describe() -> str:
    """The day, the machine, the versions, and the command to repeat it."""
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return (
        f"Measured on {datetime.now(UTC):%d %B %Y}: {_processor()}, {os.cpu_count()} cores, {platform.system()} "
        f"{platform.release()}, Python {platform.python_version()}, {versions}.\nRepeat it with `make bench`."
    )


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown processor"
    )


def _reached(ratio: float, goal: float) -> bool:
    """A goal below zero is one to come up to: throughput."""
    return ratio >= -goal if goal < 0 else ratio <= goal


def _goal(ratio: float | None, goal: float | None) -> str:
    if goal is None or ratio is None:
        return ""
    return f"{'≥' if goal < 0 else '≤'} {abs(goal):g} {'✓' if _reached(ratio, goal) else '✗'}"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"  # noqa: PLR2004
