"""The lines of one message: which of them are commands of their own, and which go on with the one before."""

import re
from collections.abc import Callable
from functools import cache

from cases.errors import Refusal
from chat.registry import commands
from chat.said import folded

MOST_LINES = 30
"""Commands in one message: each is a unit of work, with an answer of its own."""
_FENCE = "```"


def note_line(text: str) -> str | None:
    """A line such as ``note: he came home``, as the command ``note: …``; ``- *Notes:* he came home`` is the same."""
    if found := _note().match(text):
        rest = text[found.end() :].strip()
        name = f"{found['name']} " if found["name"] else ""
        rest = rest.removesuffix(found["around"]) if found["around"] else rest
        return f"{_lines()[_folded(found['word'])]} {name}{rest}"
    return None


def split(
    text: str, prefixed: Callable[[str], str | None], is_command: Callable[[str], bool], *, notes: bool
) -> list[str]:
    """The commands of a message, whose first line is one without its prefix; each with the lines that go on with it.

    ``prefixed`` gives what stands behind the prefix of a line, if it has one, and ``is_command`` whether that begins
    as a command does: ``!!! urgent`` and ``/home`` are text. Quoted lines and those between two fences of code are
    text, too. ``notes``: whether lines of a chair are commands here.

    Raises:
        Refusal: ``dispatch/too_many`` for more than ``MOST_LINES``, or more lines with a prefix than that.

    """
    first, *lines = text.split("\n")
    commands: list[list[str]] = [[(note_line(first) if notes else None) or first]]
    fences = sum(line.lstrip().startswith(_FENCE) for line in [first, *lines])
    passed, looked_at = int(first.lstrip().startswith(_FENCE)), 1
    for line in lines:
        passed += line.lstrip().startswith(_FENCE)
        # A fence that is never closed is none: what follows it must not be lost as text.
        in_code = passed % 2 == 1 and passed < fences
        typed = None if in_code else prefixed(line)
        note = note_line(line) if notes and not in_code else None
        looked_at += typed is not None or note is not None
        if looked_at > MOST_LINES:
            raise Refusal("dispatch/too_many", most=MOST_LINES)
        begun = typed if typed is not None and is_command(typed) else note
        if begun is None:
            commands[-1].append(line)
        else:
            commands.append([begun])
    return ["\n".join(lines).strip() for lines in commands]


def _folded(word: str) -> str:
    return " ".join(folded(word).split())


@cache
def _lines() -> dict[str, str]:
    """What such a line begins with, and the command that it is."""
    own = {f"{line}:" for line in commands.lines()}
    also = {_folded(a): path for path in own if path in commands.sayings for a in commands.sayings[path].also}
    return also | {path.removesuffix(":"): path for path in own}


@cache
def _note() -> re.Pattern[str]:
    """How such a line begins: with a command that ends with a colon, perhaps with the agency that it is about."""
    words = "|".join(re.escape(word).replace(r"\ ", r"\s{1,4}") for word in sorted(_lines(), key=len, reverse=True))
    named = "|".join(path.removesuffix(":") for path in commands.named_lines())
    bullet = r"(?:(?:[-*+\u2022\u2023\u25e6\u2013\u2014]|[0-9]{1,2}[.)])[ \t]{1,4})?"
    return re.compile(
        rf"\s{{0,40}}{bullet}(?P<around>[*_]{{0,2}})(?P<word>{words})"
        rf"(?:(?<={named})[ \t]{{1,4}}(?P<name>[^\W\d_]{{2,24}}(?: [^\W\d_]{{2,24}})?))?"
        r"\s{0,40}[:\uff1a](?P=around)",
        re.IGNORECASE,
    )
