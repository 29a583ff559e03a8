"""A file that grows past what one reads at once says at its head why, or is divided."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = ("bot", "cases", "chat", "commands", "storage", "tests", "benchmarks")
MOST_LINES = 400
REASON = "# lines: "
FILES = [
    path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py")) if "node_modules" not in path.parts
]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_long_file_says_why(path: Path) -> None:
    first, *others = path.read_text("utf-8").splitlines() or [""]
    assert len(others) < MOST_LINES or first.startswith(REASON), f"divide it, or begin it with: {REASON}why it is one"


def test_the_walk_finds_every_folder() -> None:
    assert {path.relative_to(ROOT).parts[0] for path in FILES} == {*FOLDERS}
