"""What docs/trust.md claims is shown: each row of its tables names tests, and those are there."""

import re

import pytest

from storage import tables
from tests.claims import DOCS, TESTS, names, rows, unshown

TRUST = "trust.md"
CLAIMS = ("Who is protected against whom", "What a lying homeserver achieves", "The board")
FIELDS = "What the homeserver can set, and what may depend on it"
IN_CLEAR = "What stays in clear in the database"


@pytest.mark.parametrize("title", CLAIMS)
def test_each_claim_names_the_tests_that_show_it(title: str) -> None:
    assert len(rows(TRUST, title)) > 10
    assert unshown(TRUST, title) == []


def test_each_field_of_the_homeservers_names_files_of_tests() -> None:
    there = {path.name for path in TESTS.rglob("test_*.py")}
    named = {row[0]: names(row[-1]) for row in rows(TRUST, FIELDS)}
    assert [field for field, files in named.items() if not files or not set(files) <= there] == []


def test_each_column_is_sealed_or_named_with_its_reason() -> None:
    intro = (DOCS / TRUST).read_text().partition(f"# {IN_CLEAR}\n")[2].partition("\n|")[0]
    sealed = re.findall(r"`(\w+\.\w+)`", intro)
    listed = rows(TRUST, IN_CLEAR)
    in_clear = [f"{names(table)[0]}.{column}" for table, columns, _ in listed for column in names(columns)]
    everything = {f"{table.name}.{c.name}": c for table in tables.metadata.sorted_tables for c in table.columns}
    assert sorted([*sealed, *in_clear]) == sorted(everything)
    assert {everything[name].type.python_type for name in sealed} == {bytes}
    assert [table for table, _, reason in listed if not reason] == []
