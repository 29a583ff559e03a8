import ast
from pathlib import Path

import pytest

import cases
from cases.case import Head, Member, Reopening
from commands.concern.rules import Concern, raise_concern
from tests.cases.table import ADA, NOW, a_case

HERE = Path(cases.__file__).parent
KERNEL = {"case", "record", "verbs", "effects", "words", "people", "roles", "calendar", "time", "errors"}


def imported(module: str) -> set[str]:
    """The modules of this package that one imports, also for its types only."""
    found = set[str]()
    for node in ast.walk(ast.parse((HERE / f"{module}.py").read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "cases":
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("cases."):
            found.add(str(node.module).partition(".")[2])
    return found


@pytest.mark.parametrize("module", sorted(KERNEL))
def test_the_kernel_knows_no_concept(module: str) -> None:
    assert imported(module) <= KERNEL


def test_a_case_holds_records_by_type_also_what_was_withdrawn() -> None:
    case = a_case()
    assert case.all(Concern) == []
    first = raise_concern(case, "sleeps in a car", by=ADA, at=NOW)
    second = raise_concern(case, "was seen at the lake", by=ADA, at=NOW)
    case.undo(by=ADA, at=NOW)
    assert case.all(Concern) == [first, second]
    assert second.withdrawn
    assert list(case.records()) == [first, second]
    assert (case.members, case.reopenings) == (case.all(Member), case.all(Reopening))
    assert case.all(Head) == []
