"""Where no case is named: above the tables, and in what coordinators say to the table of another case."""

import re
import unicodedata
from collections.abc import Iterator

from cases.case import DIGITS, LETTERS
from cases.errors import Refusal
from cases.roles import ABOVE, Place
from chat.arguments import Arguments
from chat.context import Context
from chat.permits import belongs
from chat.reading import is_text

_TOKEN = re.compile(r"[^\W_]+")
_FORM = re.compile(rf"(?=.*[{DIGITS}])[{LETTERS}][{LETTERS}{DIGITS}]{{3}}")
"""What a reference looks like; those of an older file may begin with one letter."""
_ROOM = re.compile(r"(?:!|%21)[A-Za-z0-9_-]{16,}")
"""The id of a room, as in a link to it."""


def same_width(text: str) -> str:
    """A text in which each sign is the usual one, as references and names are compared."""
    return "\u2026".join(unicodedata.normalize("NFKC", part) for part in text.split("\u2026"))


def references(text: str) -> Iterator[tuple[int, int]]:
    """Where a text names a case, or seems to: begin and end."""
    yield from (token.span() for token in _TOKEN.finditer(text) if _FORM.fullmatch(token[0].upper()))
    yield from (room.span() for room in _ROOM.finditer(text))


def refuse_case(text: str, ctx: Context) -> None:
    """Refuse what names a case in a room above the tables; nothing of it is repeated, nor whether there is such a case.

    Whoever does not belong there is refused for that alone.
    """
    if ctx.place in ABOVE and belongs(ctx) and any(references(same_width(text))):
        raise Refusal("dispatch/names_case")


def refuse_another_case(arguments: Arguments, ctx: Context) -> None:
    """Refuse words of a coordinator that name a case, where the table of another one would read them.

    Words are what is typed as a reason, an outcome and the like; the one case that a command is about may stand there.
    """
    if ctx.place is not Place.COORDINATION:
        return
    texts, about = "", set[str]()
    for name, field in type(arguments).model_fields.items():
        value = getattr(arguments, name)
        if is_text(field):
            texts += f" {value or ''}"
        else:
            about |= _named(" ".join(map(str, value)) if isinstance(value, tuple) else str(value or ""))
    told = about if len(about) == 1 else set[str]()
    if any(ctx.work.find.is_taken(ref) for ref in _named(texts) - told):
        raise Refusal("dispatch/names_another")


def _named(text: str) -> set[str]:
    """What looks like a reference in a text."""
    text = same_width(text)
    return {text[start:end].upper() for start, end in references(text)}
