"""The lines that concepts have in ``!status``, beside those that every case has: how many there are of something."""

from collections.abc import Callable, Collection
from typing import NamedTuple

from chat.context import Context

Count = Callable[[Context, Collection[str]], int]
"""How many there are, without the records (ids) that are hidden from whoever asks; nought: there is nothing to say."""


class Line(NamedTuple):
    """A line, as it is said of one and of many, with the place ``{count}``."""

    one: str
    many: str
    number: int


_lines: dict[tuple[str, str], Count] = {}


def in_status(one: str, many: str) -> Callable[[Count], Count]:
    """Show a line in ``!status``: ``{count} contact``, ``{count} contacts``."""

    def register(count: Count) -> Count:
        _lines[one, many] = count
        return count

    return register


def list_lines() -> list[tuple[str, str]]:
    """Each line, of one and of many: for translators."""
    return sorted(_lines)


def find_lines(ctx: Context, hidden: Collection[str]) -> list[Line]:
    """The lines that have something to say."""
    found = [Line(*words, _lines[words](ctx, hidden)) for words in list_lines()]
    return [line for line in found if line.number]
