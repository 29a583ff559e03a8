"""A short campaign with each run of the tests, and that it would find what it looks for."""

from dataclasses import replace

import pytest

from tests import fuzz
from tests.room import Conference, user

# What is counted line by line is timed ten times as slow as it is.
pytestmark = pytest.mark.no_cover
SEED = 10


def test_no_line_is_read_with_an_exception_an_echo_or_slowly() -> None:
    tally = fuzz.read_lines(SEED, range(4_000))
    assert (tally.found, tally.lines) == ([], 4_000)


@pytest.mark.parametrize("number", [1, 2])
async def test_no_message_and_no_lie_has_an_effect_that_it_may_not_have(number: int) -> None:
    game = await fuzz.play(SEED, number, 200)
    assert game.tally.found == []
    assert game.tally.unpermitted > 50
    assert game.tally.outcomes["done"] > 20
    assert game.tally.lies > 10


def test_an_exception_is_found_with_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(text: str) -> object:
        raise IndexError(text)

    monkeypatch.setattr(fuzz, "READERS", {"broken": fail})
    monkeypatch.setattr(fuzz, "PATHS", ())
    (found,) = fuzz.read_lines(SEED, [5]).found
    assert found.startswith("SEED=10 line 5, broken: IndexError at [")


async def test_an_effect_of_who_may_not_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chat.dispatch.permit", lambda *_: None)
    found, *_ = (await fuzz.play(SEED, 1, 200)).tally.found
    assert "who may not" in found or "was carried out" in found


async def test_words_where_they_are_not_for_are_found(table: Conference) -> None:
    game = fuzz.Game(SEED, 0, table)
    await game.play(0)
    first, second = game.cases
    await game.say("ada", first, "!concern he ran away zq000000zq", None)
    told = table.heard[-1]
    await game.look([told])
    assert game.tally.found == []
    for channel in (second, "coordination", "agency:school", f"direct:{user('hugo')}"):
        await game.look([replace(told, channel=channel)])
    assert len(game.tally.found) == 4
    assert "zq000000zq of Word" in game.tally.found[0]
