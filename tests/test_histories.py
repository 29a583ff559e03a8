"""A short campaign with each run of the tests, and that it would find what it looks for."""

import pytest

from cases import words
from tests import histories


async def test_two_processes_agree_with_the_file_and_deleted_words_are_gone(store_url: str) -> None:
    found = await histories.play("short 1", store_url, 40)
    assert found.problems == []
    assert found.done > 10


async def test_a_word_that_is_not_wiped_is_found(store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "without", lambda step, *_: (step.entries, step.changes))
    found = await histories.play("short 1", store_url, 40)
    assert any("was wiped, and still there is" in problem for problem in found.problems)
