"""Texts that somebody could send to keep the bot busy: pieces, and how a message of any length is made of them."""

from collections.abc import Callable, Mapping
from random import Random

SIZE = 64 * 1024
"""Characters: more than an event can hold."""
PIECES: tuple[str, ...] = (
    "x",
    " ",
    "\n",
    "\n ",
    " \n",
    "\t",
    "\u00a0",
    "\r\n",
    "\u2028",
    ":",
    " : ",
    "a: ",
    "a:b ",
    "\uff1a",
    "!",
    "!x\n",
    "! ",
    "/",
    "//x\n",
    "note:\n",
    "note: x\n",
    "note \n",
    "!note:",
    "action: x for: police by: fri\n",
    "!concern x\n",
    "!concren x\n",
    "!done A-1 x\n",
    "see: ",
    "see : ",
    "until: ",
    "because: x by: fri ",
    "untill: ",
    "deadlin: ",
    "reviex: ",
    "because: ",
    "becauxx: ",
    "ab: ",
    "abc : ",
    "(abc",
    "> ",
    ">\n",
    "> <@x:y> z\n",
    "```\n",
    "```x\n!done A-1\n",
    "@",
    "@bot",
    "@bot:",
    "Roundtable ",
    "1 ",
    "1,",
    "1 and ",
    "1 yes ",
    "1 yes, 2 no; ",
    "all ",
    "fri ",
    "15:00-",
    "15:00 to 16:00 ",
    "2026-11-20 ",
    "+01:00",
    "4/5",
    "| ",
    "fri 15:00 | ",
    "police ",
    "police and ",
    "Anna ",
    "R-1 ",
    "R-",
    "0",
    "\u0301",
    "\u0301\u0323",
    "e\u0323\u0301",
    "\u0344",
    "\u0f71\u0f72\u0f74",
    "\u1100\u1161",
    "\U0001d165",
    "\u200b",
    "\u200d",
    "\u200e\u200f",
    "\u202e",
    "\ufeff",
    "👩\u200d👧",
    "שלום ",
    "\u017f",
    "\u0131",
    "\u0130",
    "<",
    "&",
    "&amp;",
    '"',
    "<b>",
    '<a href="https://matrix.to/#/@',
    '<a href="https://matrix.to/#/@x:y">x</a>',
    "http://x ",
    "§",
    "[x] ",
    "\\",
    "*_`",
    "{{ x }}",
    "%(x)s",
)


def of(piece: str, size: int) -> str:
    """A piece again and again, ``size`` characters in all."""
    return (piece * (size // len(piece) + 1))[:size]


def composed(random: Random) -> Callable[[int], str]:
    """A text of some pieces, each in a run, together again and again; of any size."""
    runs = [random.choice(PIECES) * random.choice((1, 1, 2, 7, 40, 3000)) for _ in range(random.randint(1, 4))]
    begins, ends = random.choice((*PIECES, "")), random.choice((*PIECES, ""))
    return lambda size: begins + of("".join(runs), max(size - len(begins) - len(ends), 1)) + ends


def _beginning_with(start: str, piece: str) -> Callable[[int], str]:
    return lambda size: start + of(piece, size - len(start))


def _ending_with(piece: str, end: str) -> Callable[[int], str]:
    return lambda size: of(piece, size - len(end)) + end


TEXTS: Mapping[str, Callable[[int], str]] = {
    **{repr(piece): _beginning_with("", piece) for piece in PIECES},
    **{
        f"{piece!r} then x": _ending_with(piece, "x")
        for piece in (" ", "\n", "\t", "\u0301", "1 ", "\u200f", "> ", ">\n")
    },
    "a note of line breaks": _beginning_with("!note:", "\n "),
    "a note of line breaks, then a word": lambda size: "!note:" + of("\n ", size - 7) + "x",
    "a note of blanks, then a colon": lambda size: "note" + of(" ", size - 5) + ":",
    "a number and blanks": lambda size: "1" + of(" ", size - 2) + "x",
    "a number, blanks and a dot": lambda size: "1" + of(" ", size // 2) + "." + of(" ", size // 2 - 3) + "x",
    "one letter with marks": lambda size: "e" + of("\u0301\u0323", size - 1),
    "a fallback quote without end": lambda size: "> <@x:y> z" + of("\n> z", size - 10),
    "a fallback quote, then marks": lambda size: "> <@x:y> z\n\n" + of("\u0301\u0323", size - 12),
    "a command of one endless word": lambda size: "!" + of("concern", size - 1),
    "a command with endless blanks": lambda size: "!concern" + of(" ", size - 9) + "x",
    "a request of keys": lambda size: "!request police x because: y " + of("see: police ", size - 29),
    "a request of what nears keys": lambda size: "!request police x because: y " + of("untill becuase sse ", size - 29),
    "an open tag": lambda size: "!concern " + of("<aaaa", size - 9),
    "an open mention": lambda size: '<a href="https://matrix.to/#/@' + of("x", size - 30),
}
"""What was slow once, and every piece alone, by name; each makes a text of so many characters."""
