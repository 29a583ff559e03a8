"""Names of what has its effects once: what others choose can't become the name of anything else."""

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage import causes

ROOT = Path(__file__).parents[2]
TEXT = st.text(st.characters(exclude_categories=()), max_size=400)


@given(TEXT, TEXT, st.integers(1, 99), st.lists(TEXT, max_size=4))
def test_no_event_is_named_as_a_job_and_no_line_as_another(
    first: str, second: str, line: int, parts: list[str]
) -> None:
    assert causes.of_event(first, line) != causes.of_job("turned away", *parts)
    assert (causes.of_event(first, line) == causes.of_event(second, 2)) == (first == second and line == 2)
    assert causes.of_event(first, line).encode()


@given(st.lists(TEXT, max_size=3), st.lists(TEXT, max_size=3))
def test_what_one_part_holds_never_becomes_another_part(some: list[str], others: list[str]) -> None:
    assert (causes.of_job("lost", *some) == causes.of_job("lost", *others)) == (some == others)


def test_a_name_has_a_bound_whatever_it_is_made_of() -> None:
    long = causes.of_job("missed", "!room:example.org", "x" * 100_000)
    assert len(long) < 400
    assert long != causes.of_job("missed", "!room:example.org", "x" * 100_001)


@pytest.mark.parametrize("kind", ["", "event", "event/$x", "lost\ud800"])
def test_a_job_can_not_be_of_the_kind_that_events_are(kind: str) -> None:
    with pytest.raises(ValueError, match="not a kind of job"):
        causes.of_job(kind, "$x")


def test_every_name_is_made_here() -> None:
    """Nothing is handed to a unit of work, a watch or the dispatcher that was put together on the spot."""
    put_together = []
    for path in [*ROOT.glob("bot/**/*.py"), *ROOT.glob("commands/**/*.py"), *ROOT.glob("storage/**/*.py")]:
        for call in ast.walk(ast.parse(path.read_text())):
            if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
                continue
            if call.func.attr in {"work", "_once", "joined", "left", "deleted", "turned_away", "room_lost"} and any(
                isinstance(given, ast.JoinedStr | ast.Constant) for given in call.args
            ):
                put_together.append(f"{path.name}:{call.lineno}")
    assert put_together == []
