"""What an agency says of what it was asked, by the letter of that record: each concept says it of its own."""

from collections.abc import Callable
from typing import Generic, ParamSpec

from chat.context import Context, Reply
from commands.request.disclosing import Refuses

P = ParamSpec("P")


class ByLetter(Generic[P]):
    """What one command does about records, by their letter."""

    def __init__(self) -> None:
        self._known: dict[str, Callable[P, Reply]] = {}

    def add(self, letter: str, does: Callable[P, Reply]) -> None:
        """Let it do this about records with this letter."""
        if letter in self._known:
            raise RuntimeError(f"it was said before what is done about {letter}-1")
        self._known[letter] = does

    def of(self, record_id: str) -> Callable[P, Reply]:
        """What it does about this record."""
        return self._known[record_id[0]]


holding_nothing = ByLetter[[str, str, Context]]()
"""By the record's id, and what there is to add."""
refusing = ByLetter[[Refuses, Context]]()
