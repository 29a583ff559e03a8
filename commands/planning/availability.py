"""``1 yes 2 no 3 if need be``: when somebody can come, as it is typed in reply to the proposed times."""

import re

from cases.errors import Refusal
from chat.reading import normalise
from commands.planning.rules import Can

EXAMPLE = "1 yes 2 no 3 if need be"
ALL = "all"
_WORDS = {
    Can.IF_NEED_BE: ("if need be", "if needed", "if necessary", "if i must", "maybe"),
    Can.YES: ("yes", "y", "ok", "okay", "yep", "\N{WHITE HEAVY CHECK MARK}", "\N{CHECK MARK}"),
    Can.NO: ("no", "n", "nope", "\N{CROSS MARK}"),
}
_CAN = {word: can for can, words in _WORDS.items() for word in words}
_ANSWER = "|".join(re.escape(word) for word in sorted(_CAN, key=len, reverse=True))
# Read with single blanks: beside a mark that may be left out, two runs of them could be told apart in too many ways.
_NUMBERS = r"[0-9]{1,2}(?:(?: ?[,+&] ?| and | )[0-9]{1,2})*"
_PART = re.compile(rf"({ALL}|{_NUMBERS}) ?[:.)=-]? ?({_ANSWER})(?![\w]) ?[,;.]? ?", re.IGNORECASE)
_BEGINNING = 200


def command(text: str) -> str | None:
    """The command that a reply is if it reads as such an answer, and not as talk: a number and a yes or no."""
    begins = _PART.match(" ".join(normalise(text[:_BEGINNING]).split())) is not None
    return f"available {text}" if begins else None


def read(text: str, numbers: list[int]) -> dict[int, Can]:
    """What was answered to which time; ``numbers`` are those that were proposed.

    Raises:
        Refusal: ``planning/unreadable_answer`` for anything that is left over, ``planning/answered_twice``.

    """
    typed, read = " ".join(normalise(text).split()), 0
    found: dict[int, Can] = {}
    while read < len(typed):
        part = _PART.match(typed, read)
        if part is None:
            raise Refusal("planning/unreadable_answer", example=EXAMPLE)
        can = _CAN[" ".join(part[2].lower().split())]
        for number in numbers if part[1].lower() == ALL else map(int, re.findall("[0-9]+", part[1])):
            if found.get(number, can) is not can:
                raise Refusal("planning/answered_twice", number=number, example=EXAMPLE)
            found[number] = can
        read = part.end()
    return found
