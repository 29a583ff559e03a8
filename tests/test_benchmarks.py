"""What a benchmark writes; nothing is timed here."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from benchmarks import report
from benchmarks.report import BEGIN, END, Figure, compare, percentile, tabulate, write

GOALS = {"answer p50 (s)": 1.0, "commands per second": -1.0}
FIGURES = {
    "answer p50 (s)": compare([0.1, 0.3, 0.2], [0.4, 0.4, 0.1]),
    "commands per second": compare([9.0], [10.0]),
    "reminders at nine (s)": compare([3.0], floor=[2.0]),
}


def test_medians_of_the_rounds_are_compared() -> None:
    assert FIGURES["answer p50 (s)"] == Figure(0.2, 0.4, None, 0.5)
    assert FIGURES["reminders at nine (s)"] == Figure(3.0, None, 2.0, 1.5)


@pytest.mark.parametrize(("share", "wanted"), [(0.5, 50), (0.95, 95), (0.99, 99), (1.0, 100)])
def test_a_percentile_is_a_value_that_was_measured(share: float, wanted: int) -> None:
    assert percentile(range(1, 101), share) == wanted


def test_the_table_tells_whether_each_goal_is_reached() -> None:
    assert tabulate(FIGURES, GOALS).splitlines()[2:] == [
        "| answer p50 (s) | 0.2 | 0.4 |  | 0.5 | ≤ 1 ✓ |",
        "| commands per second | 9 | 10 |  | 0.9 | ≥ 1 ✗ |",
        "| reminders at nine (s) | 3 |  | 2 | 1.5 |  |",
    ]


def test_what_is_measured_is_written_and_the_rest_of_the_page_stays(tmp_path: Path) -> None:
    for path in (report.RESULTS, report.PAGE):
        (tmp_path / path).parent.mkdir()
    (tmp_path / report.PAGE).write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    for _ in range(2):
        write(FIGURES, GOALS, tmp_path)
    page = (tmp_path / report.PAGE).read_text()
    assert page.startswith(f"before\n{BEGIN}\n| figure |")
    assert page.endswith(f"{END}\nafter\n")
    assert "old" not in page
    assert "`make bench`" in page
    found = json.loads((tmp_path / report.RESULTS).read_text())
    assert found["commands per second"] == {"ours": 9.0, "baseline": 10.0, "floor": None, "ratio": 0.9}
    assert ET.parse(tmp_path / report.PICTURE).getroot().tag.endswith("svg")  # noqa: S314 we wrote it


def test_the_page_has_a_place_for_what_is_measured() -> None:
    page = (Path(__file__).parent.parent / report.PAGE).read_text()
    assert page.index(BEGIN) < page.index(END)
