"""What concepts have in ``!status``, beside the lines that every case has: counts, and parts in words of their own."""

from collections.abc import Callable, Collection
from typing import NamedTuple

from markupsafe import Markup

from chat.context import Context, Reply

Count = Callable[[Context, Collection[str]], int]
"""How many there are, without the records (ids) that are hidden from whoever asks; nought: there is nothing to say."""


Part = Callable[[Context, Collection[str]], Reply | None]
"""A few lines, without the records (ids) that are hidden from whoever asks; None: there is nothing to say."""


class Line(NamedTuple):
    """A line, as it is said of one and of many, with the place ``{count}``."""

    one: str
    many: str
    number: int


_lines: dict[tuple[str, str], Count] = {}
_parts: dict[int, Part] = {}


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


def part_of_status(place: int) -> Callable[[Part], Part]:
    """Show a few lines in ``!status``, worded by a template; those with the lower place come first."""

    def register(part: Part) -> Part:
        if place in _parts:
            raise RuntimeError(f"two parts of the status have the place {place}")
        _parts[place] = part
        return part

    return register


def find_parts(ctx: Context, hidden: Collection[str]) -> list[Markup]:
    """The parts that have something to say, rendered."""
    found = (_parts[place](ctx, hidden) for place in sorted(_parts))
    return [Markup(ctx.voice().text(part.template, part.facts)) for part in found if part]  # noqa: S704 escaped there
