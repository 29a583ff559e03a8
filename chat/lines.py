"""The lines of one message: which of them are commands of their own, and which go on with the one before."""

import re
from collections.abc import Callable
from functools import cache

from cases.errors import Refusal
from chat.registry import commands

MOST_LINES = 30
"""Commands in one message: each is a unit of work, with an answer of its own."""
_FENCE = "```"


def note_line(text: str) -> str | None:
    """A line such as ``note: he came home``, as the command ``note: …``."""
    found = _note().match(text)
    return f"{found[1].lower()}: {text[found.end() :].strip()}" if found else None


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


@cache
def _note() -> re.Pattern[str]:
    """How such a line begins: with a command that ends with a colon."""
    return re.compile(rf"\s{{0,40}}({'|'.join(commands.lines())})\s{{0,40}}:", re.IGNORECASE)
