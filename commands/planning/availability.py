"""``1 yes 2 no 3 if need be``: when somebody can come, as it is typed in reply to the proposed times."""

import re
from collections.abc import Collection

from cases.errors import Refusal
from chat.reading import normalise
from commands.planning.rules import Can

EXAMPLE = "1 yes 2 no 3 if need be"
ALL, REST = "all", "the rest"
_WORDS = {
    Can.IF_NEED_BE: ("if need be", "if needed", "if necessary", "if i must", "maybe", "als het moet", "desnoods"),
    Can.YES: (
        *("yes", "y", "ok", "okay", "yep", "ja", "works for me", "works for us", "works", "work for me", "work"),
        "suits me",
        *("suits us", "suits", "suit me", "suit", "is fine", "are fine", "fine", "kan", "\N{THUMBS UP SIGN}"),
        *("\N{WHITE HEAVY CHECK MARK}", "\N{CHECK MARK}"),
    ),
    Can.NO: ("no", "n", "nope", "nee", "\N{CROSS MARK}"),
}
_CAN = {word: can for can, words in _WORDS.items() for word in words}
_YES_OR_NO = "yes|yep|ja|ok|okay|no|nope|nee"
_ANSWER = "|".join(re.escape(word) for word in sorted(_CAN, key=len, reverse=True))
# Read with single blanks: beside a mark that may be left out, two runs of them could be told apart in too many ways.
_NUMBERS = r"[0-9]{1,2}(?:(?: ?[,+&\-\u2010-\u2015] ?| and | or | en | of | to | tot | t/m | )[0-9]{1,2})*"
_RUN = re.compile(r"([0-9]{1,2}) ?(?:[-\u2010-\u2015]| to | tot | t/m ) ?([0-9]{1,2})")
_BUT = r"(?:except|but|besides|behalve|apart from)(?: for)?"
_ALL = r"all(?: of them)?|alle|allemaal|any(?: of them)?|either|both"
_REST = r"(?:the |de )?(?:rest|others|other ones|anderen?)"
_ONLY_NUMBERS = re.compile(rf"(?:only |just |alleen )?({_NUMBERS}|{_ALL})\W{{0,3}}", re.IGNORECASE)
_NONE = re.compile(
    r"(?:none(?: of them)?(?: works?| suits?)?(?: for me| for us)?|geen(?: van allen?)?|neither)\W{0,3}", re.IGNORECASE
)
_CANT = re.compile(
    r"(?:sorry,? )?(?:(?:i|we|ik|wij) )?(?:can['\u2019]?t|cannot|can not|kan niet|kunnen niet)"
    r"(?: make (?:any|one)(?: of (?:them|these|those))?)?\W{0,3}",
    re.IGNORECASE,
)
"""No to all of them, or to a table that has its time: that is asked."""
_NOT_THESE = re.compile(rf"(?:not|niet) ({_NUMBERS})\W{{0,3}}", re.IGNORECASE)
_ALL_BUT = re.compile(rf"(?:{_ALL}|everything|alles),? {_BUT} ({_NUMBERS})\W{{0,3}}", re.IGNORECASE)
_YES_TO = re.compile(rf"({_YES_OR_NO}) (?:to |for |op |voor |on )?({_NUMBERS}|{_ALL})\W{{0,3}}", re.IGNORECASE)
_PART = re.compile(rf"({_ALL}|{_REST}|{_NUMBERS}) ?[:.)=-]? ?({_ANSWER})(?![\w]) ?[,;.]? ?", re.IGNORECASE)
_BEGINNING = 200


def command(text: str) -> str | None:
    """The command that a reply is if it reads as such an answer: numbers, with or without a yes or no to each."""
    begins = _PART.match(_in_full(" ".join(normalise(text[:_BEGINNING]).split()))) is not None
    return f"available {text}" if begins else None


def answers(text: str) -> bool | None:
    """Whether a reply is such an answer: True, False where it may be meant so, None where it is not."""
    if _CANT.fullmatch(" ".join(normalise(text[:_BEGINNING]).split())):
        return False
    return True if command(text) else None


def _in_full(typed: str) -> str:
    """What was typed without a word for yes or no, with it: those that were named suit, and the others may not."""
    if _NONE.fullmatch(typed) or _CANT.fullmatch(typed):
        return f"{ALL} no"
    if unfit := _NOT_THESE.fullmatch(typed):
        return f"{unfit[1]} no"
    if others := _ALL_BUT.fullmatch(typed):
        return f"{others[1]} no {REST} yes"
    if said := _YES_TO.fullmatch(typed):
        return f"{said[2]} {said[1]}"
    named = _ONLY_NUMBERS.fullmatch(typed)
    return f"{named[1]} yes" if named and "?" not in typed else typed


def read(text: str, numbers: list[int]) -> dict[int, Can]:
    """What was answered to which time; ``numbers`` are those that were proposed.

    Raises:
        Refusal: ``planning/unreadable_answer`` for anything that is left over, ``planning/answered_twice``.

    """
    typed, read = _in_full(" ".join(normalise(text).split())), 0
    found: dict[int, Can] = {}
    while read < len(typed):
        part = _PART.match(typed, read)
        if part is None:
            raise Refusal("planning/unreadable_answer", example=EXAMPLE)
        can = _CAN[" ".join(part[2].lower().split())]
        for number in _named(part[1], numbers, found):
            if found.get(number, can) is not can:
                raise Refusal("planning/answered_twice", number=number, example=EXAMPLE)
            found[number] = can
        read = part.end()
    return found


def _named(typed: str, numbers: list[int], found: Collection[int]) -> list[int]:
    """The numbers that are meant by ``1, 3``, ``1-3``, ``all`` and ``the rest``."""
    if not typed[0].isdigit():
        rest = re.fullmatch(_REST, typed, re.IGNORECASE)
        return [number for number in numbers if not rest or number not in found]
    named = [int(number) for number in re.findall("[0-9]+", typed)]
    between = [number for first, last in _RUN.findall(typed) for number in range(int(first), int(last))]
    return sorted({*named, *between})
