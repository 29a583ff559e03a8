"""What docs/trust.md claims is shown: each row of its tables names tests, and those are there."""

import ast
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
TRUST = TESTS.parent / "docs" / "trust.md"
CLAIMS = ("Who is protected against whom", "What a lying homeserver achieves")
FIELDS = "What the homeserver can set, and what may depend on it"


def rows(title: str) -> list[list[str]]:
    """The cells of each row of the first table below a title."""
    below = TRUST.read_text().partition(f"# {title}\n")[2]
    table = re.search(r"(?:^\|.*\n)+", below, re.MULTILINE)
    assert table
    _, _, *lines = table[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def functions_in(file: Path) -> set[str]:
    return {
        found.name
        for found in ast.parse(file.read_text()).body
        if isinstance(found, ast.FunctionDef | ast.AsyncFunctionDef) and found.name.startswith("test_")
    }


def names(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


@pytest.mark.parametrize("title", CLAIMS)
def test_each_claim_names_the_tests_that_show_it(title: str) -> None:
    named = {row[0]: names(row[-1]) for row in rows(title)}
    assert len(named) > 10
    assert [claim for claim, tests in named.items() if not tests] == []
    for claim, tests in named.items():
        for test in tests:
            file, _, function = test.partition("::")
            assert function in functions_in(TESTS / file), f"{claim}: there is no {test}"


def test_each_field_of_the_homeservers_names_files_of_tests() -> None:
    there = {path.name for path in TESTS.rglob("test_*.py")}
    named = {row[0]: names(row[-1]) for row in rows(FIELDS)}
    assert [field for field, files in named.items() if not files or not set(files) <= there] == []
