"""How a text looks: one source with few marks, which becomes the plain body of a message and its HTML.

The source is what a template says, line by line; whatever people typed is escaped in it. Its marks, of which the plain
body keeps the words only:

- ``<b>``: what catches the eye; a line that begins so is the headline, or that of a group
- ``<code>``: what to type. A text of the catalogue need not say so: there it is what stands between two blanks
  (``To plan another:  !roundtable WHEN``), or apart by dots behind a label (``Reply: accept · decline …``)
- ``<blockquote>``, by the filter ``words``: what somebody wrote; a label before it belongs to it
- ``<li>``: an entry of a list; one that begins with its number makes a numbered list
- ``<br>``: another line of an entry; ``<p>``: here begins another paragraph, which plain text does not show
- ``<a>``, by the filter ``mention``: somebody who must act
- ``<soft>``, by the filter ``fit``: a joint where plain text breaks a line that would be too long for a phone
"""

import html
import re
from collections.abc import Callable
from functools import lru_cache
from itertools import groupby
from urllib.parse import quote

from markupsafe import Markup

JOINTS = (" · ", ". ", ", ", " ")
"""Where a line can be broken, the best place first."""
CARD_WIDTH = 80
"""In characters: as far as the bot itself lays out a line of plain text."""

_TAG = re.compile(r"</?[a-z]+(?: href=[^<>]*)?>")
_SOFT = re.compile(r"<soft>(.*?)</soft>")
_BREAK = re.compile(r"<soft>.*?</soft>|<br>")
_BLOCK = re.compile(r"</?(?:blockquote|li)>")
_WHOLE = re.compile(r"(<code>.*?</code>|<[^<>]*>)")
"""What is left as it is: an id to be copied, and a tag."""
_ID = re.compile(r"\b([A-Z])-(?=[1-9])")
_BLANKS = re.compile(r" {2,}")
_BLANK_LINES = re.compile(r"\n{3,}")
_NUMBERED = re.compile(r"<li>[0-9]+\. ")
_CHOICES = re.compile(r"(?:^|(?<=[.?!] ))([^\W\d]+: )([^.]+ · .+)$")
_END = re.compile(r" ?[.?]$")
_ENDS = {**dict.fromkeys("\u202a\u202b\u202d\u202e", "\u202c"), **dict.fromkeys("\u2066\u2067\u2068", "\u2069")}
"""What ends each sign that turns the direction of what follows (Unicode: UAX #9)."""


def plain(text: str) -> str:
    """The plain body of a source: people's own angle brackets are entities in it, so only our marks go."""
    return html.unescape(_TAG.sub("", _BREAK.sub("\n", text)))


def formatted(text: str) -> str:
    """The HTML of a source: paragraphs, lists and quotations, whose lines the reader's app breaks."""
    blocks: list[str] = []
    for kind, lines in groupby(text.replace("<p>", "\n\n").split("\n"), _kind):
        blocks += _BLOCKS[kind](list(lines))
    return "".join(blocks)


def mention(person: str, name: str) -> Markup:
    """A person by name, as apps show who is mentioned (specification: User and room mentions)."""
    return Markup('<a href="https://matrix.to/#/{}">{}</a>').format(quote(person, safe="@:"), name)


def words(text: object) -> Markup:
    """What somebody wrote, as a quotation; a mark stands on one line only, so that a text can be cut between lines."""
    lines = _BLANK_LINES.sub("\n\n", str(text).strip()).split("\n")
    return Markup("\n").join(Markup("<blockquote>{}</blockquote>").format(line) for line in lines)


def confine(text: str) -> str:
    """A text that stands in a line of ours, whose signs of direction end with it."""
    open_: list[str] = []
    for sign in text:
        if sign in _ENDS:
            open_.append(_ENDS[sign])
        elif open_ and sign == open_[-1]:
            open_.pop()
    return text + "".join(reversed(open_))


def fit(text: Markup, first: str = JOINTS[0]) -> Markup:
    """A part of a card that the bot lays out, broken in plain text where it reads best, so that no line is too long."""
    joints = (first, *(joint for joint in JOINTS if joint != first))
    lines = (_fitted(line, joints) for line in text.split("\n"))
    return Markup("\n".join(lines))  # noqa: S704 it was escaped


def _fitted(line: str, joints: tuple[str, ...]) -> str:
    """A line that fits, broken at the first of these joints and only if need be at the next."""
    if len(plain(line)) <= CARD_WIDTH or not joints:
        return line
    joint, *rest = joints
    # A sentence keeps its full stop and a list its comma; what is apart by dots needs none at the end of a line.
    end = "" if joint == JOINTS[0] else joint.rstrip()
    lines = [""]
    # Not inside a tag, of which "<" and ">" are the only ones: people's own are entities.
    for piece in re.split(re.escape(joint) + "(?![^<>]*>)", line):
        longer = f"{lines[-1]}{joint}{piece}" if lines[-1] else piece
        if lines[-1] and len(plain(longer)) > CARD_WIDTH:
            lines[-1] += end
            lines.append(piece)
        else:
            lines[-1] = longer
    soft = f"<soft>{joint.removeprefix(end)}</soft>"
    return soft.join(_fitted(one, tuple(rest)) for one in lines)


@lru_cache(maxsize=4096)
def mark(text: str) -> str:
    """A text of the catalogue, in which what to type is marked; the values are not in it yet."""
    if "<code>" in text:
        return text
    parts = re.split(r"( {2,}|\n)", text)
    typed = False
    for number in range(0, len(parts), 2):
        part = parts[number]
        typed = part.startswith("!") or (number > 0 and parts[number - 1] != "\n" and not typed and bool(part))
        parts[number] = _typed(part) if typed else _CHOICES.sub(_each, part)
        if number and not typed and part.endswith(":") and len(parts[number - 1]) > len("  "):
            # Another label with what is typed for it: plain text has both on a line.
            parts[number] = "<p>" + parts[number]
    return "".join("<soft> </soft>" if part == "\n" else part for part in parts)


def _typed(part: str) -> str:
    end = _END.search(part)
    return f"<code>{part[: end.start()]}</code>{end[0]}" if end else f"<code>{part}</code>"


def _each(found: re.Match[str]) -> str:
    return "<p>" + found[1] + " · ".join(f"<code>{choice}</code>" for choice in found[2].split(" · "))


def _kind(line: str) -> str:
    if not line.strip():
        return "blank"
    if line.startswith("<li>"):
        return "list"
    if "<blockquote>" in line:
        return "words"
    return "head" if line.startswith("<b>") else "text"


def _paragraph(lines: list[str]) -> list[str]:
    return [f"<p>{'<br>'.join(map(_inline, lines))}</p>"]


def _headlines(lines: list[str]) -> list[str]:
    """Each in bold as a whole, where it has parts: what, whose move, when."""
    bold = (f"<b>{line.replace('<b>', '').replace('</b>', '')}</b>" if " · " in line else line for line in lines)
    return [f"<p>{_inline(line)}</p>" for line in bold]


def _quotation(lines: list[str]) -> list[str]:
    headline: list[str] = []
    quoted: list[str] = []
    for line in lines:
        label, _, said = line.partition("<blockquote>")
        if label.startswith("<b>") and not quoted:
            headline = _headlines([label.rstrip()])
            label = ""
        label, blank = label.strip(), "" if label.endswith("“") else " "
        label = f"<em>{_inline(label)}</em>{blank}" if label else ""
        quoted.append(label + _BLOCK.sub("", said))
    return [*headline, f"<blockquote>{'<br>'.join(quoted)}</blockquote>"]


def _list(lines: list[str]) -> list[str]:
    kind = "ol" if all(line.startswith(f"<li>{number}. ") for number, line in enumerate(lines, 1)) else "ul"
    entries = [_BLOCK.sub("", _NUMBERED.sub("", line) if kind == "ol" else line) for line in lines]
    return [f"<{kind}>{''.join(f'<li>{_inline(entry)}</li>' for entry in entries)}</{kind}>"]


_BLOCKS: dict[str, Callable[[list[str]], list[str]]] = {
    "blank": lambda _: [],
    "head": _headlines,
    "text": _paragraph,
    "words": _quotation,
    "list": _list,
}


def _inline(line: str) -> str:
    """A line on one line: without the blanks that set apart in plain text, its ids never broken in two."""
    line = _BLANKS.sub(" ", _SOFT.sub(r"\1", line.strip()))
    parts = _WHOLE.split(line)
    parts[::2] = [_ID.sub("\\1\u2011", part) for part in parts[::2]]
    return re.sub(r"</code> (?=[.?])", "</code>", "".join(parts))
