"""What a document claims in a table: each row names the tests that show it, and those are there."""

import ast
import re
from pathlib import Path

TESTS = Path(__file__).parent
DOCS = TESTS.parent / "docs"


def rows(document: str, title: str) -> list[list[str]]:
    """The cells of each row of the first table below a title."""
    below = (DOCS / document).read_text().partition(f"# {title}\n")[2]
    table = re.search(r"(?:^\|.*\n)+", below, re.MULTILINE)
    assert table
    _, _, *lines = table[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def names(cell: str) -> list[str]:
    """What stands in a cell as code."""
    return re.findall(r"`([^`]+)`", cell)


def unshown(document: str, title: str) -> list[str]:
    """The claims without a test, and the tests that are not there, by what stands first and last in each row."""
    missing = []
    for claim, *_, tests in rows(document, title):
        named = [name.partition("::") for name in names(tests)]
        if not named or any(test not in _tests_in(TESTS / file) for file, _, test in named):
            missing.append(f"{claim}: {tests}")
    return missing


def _tests_in(file: Path) -> set[str]:
    if not file.is_file():
        return set()
    return {
        found.name
        for found in ast.parse(file.read_text()).body
        if isinstance(found, ast.FunctionDef | ast.AsyncFunctionDef) and found.name.startswith("test_")
    }
