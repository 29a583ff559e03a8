"""What docs/trust.md claims is shown: each row of its tables names tests, and those are there."""

import ast
import re
from pathlib import Path

import pytest

from storage import tables

TESTS = Path(__file__).parent
TRUST = TESTS.parent / "docs" / "trust.md"
CLAIMS = ("Who is protected against whom", "What a lying homeserver achieves")
FIELDS = "What the homeserver can set, and what may depend on it"
IN_CLEAR = "What stays in clear in the database"


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


def test_each_column_is_sealed_or_named_with_its_reason() -> None:
    intro = TRUST.read_text().partition(f"# {IN_CLEAR}\n")[2].partition("\n|")[0]
    sealed = re.findall(r"`(\w+\.\w+)`", intro)
    in_clear = [f"{names(table)[0]}.{column}" for table, columns, _ in rows(IN_CLEAR) for column in names(columns)]
    everything = {f"{table.name}.{c.name}": c for table in tables.metadata.sorted_tables for c in table.columns}
    assert sorted([*sealed, *in_clear]) == sorted(everything)
    assert {everything[name].type.python_type for name in sealed} == {bytes}
    assert [table for table, _, reason in rows(IN_CLEAR) if not reason] == []
