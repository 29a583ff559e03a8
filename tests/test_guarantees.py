"""What docs/guarantees.md promises is shown: each line names tests, and those are there."""

from pathlib import Path

import pytest

from tests import claims
from tests.claims import rows, unshown

PAGE, TITLE = "guarantees.md", "What is guaranteed"


def test_each_guarantee_has_its_trigger_its_worst_case_and_its_tests() -> None:
    assert len(rows(PAGE, TITLE)) > 15
    assert [row[0] for row in rows(PAGE, TITLE) if len(row) != 4 or not all(row)] == []
    assert unshown(PAGE, TITLE) == []


@pytest.mark.parametrize("cell", ["", "`test_guarantees.py`", "`test_guarantees.py::test_gone`", "`gone.py::test_x`"])
def test_a_claim_whose_test_is_gone_is_found(cell: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / PAGE).write_text(f"## {TITLE}\n| a | b |\n| --- | --- |\n| said once | {cell} |\n")
    monkeypatch.setattr(claims, "DOCS", tmp_path)
    assert unshown(PAGE, TITLE) == [f"said once: {cell}"]
