"""What people say to the card of a question."""

import re

from chat.registry import commands
from chat.said import STILL_TO_COME, Sayings, folded, words

_WONT_SHARE = re.compile(
    r"\W{0,3}(?:(?:no|sorry|nee)\W{1,3})?(?:(?:we|i|you|wij|we|ik)\s)?"
    r"(?:(?:can(?:['\u2019]?t| ?not)|may ?not|must ?not|won['\u2019]?t|(?:['\u2019]re |are |am )?not (?:allowed|able)"
    r" to)"
    r"\s(?:share|disclose|pass (?:this|that|it) on|give (?:this|that|it|you)|hand (?:this|that|it) over)"
    r"|(?:dat |dit |daar )?(?:mag|mogen|kan|kunnen) (?:wij |we |ik )?(?:(?:dit|dat|het|er|daar)\s)?"
    r"(?:niets (?:over )?|niet )(?:delen|zeggen|geven))\b",
    re.IGNORECASE,
)
"""So somebody refuses who does not say the word: they are asked for the ground."""
_NOTHING = frozenset(
    {
        *("no", "none", "nope", "no records", "no record", "nothing here", "nope, nothing here", "no, nothing"),
        *("nee", "geen", "niets hier", "nee, niets"),
    }
)
"""So somebody says who was asked what is known; to a question each is an answer first."""
commands.say("request", Sayings(also=("vraag",), instead=("ask", "question", "vragen")))
commands.say(
    "answer",
    Sayings(
        also=("antwoord", "antwoorden"),
        nearly=("the answer", "het antwoord"),
        instead=("reply", "respond", "tell"),
        answers=lambda text: False if may_answer(text) else None,
    ),
)
commands.say("narrow", Sayings(asks=True))
commands.say("pass", Sayings(also=("geef door",), instead=("passon", "forward", "doorgeven")))
commands.say("partly", Sayings(also=("deels", "gedeeltelijk"), instead=("partial", "partially", "partlyanswer")))
commands.say(
    "nothing",
    Sayings(
        also=("niets", "niks", "nothing known", "niets bekend"),
        meant=dict.fromkeys(("have nothing", "hold nothing", "hebben niets", "heb niets"), ""),
        nearly=(
            *("dont know", "do not know", "not known", "unknown", "dont have anything", "do not have anything", "nil"),
            *("nog niets", "weten het niet", "weet het niet", "weet ik niet", "onbekend"),
        ),
        instead=("none", "nil", "geen"),
        answers=lambda text: False if folded(text).strip(" .!") in _NOTHING else None,
    ),
)
commands.say(
    "refuse",
    Sayings(
        also=("weiger",),
        instead=("reject", "deny", "refused"),
        answers=lambda text: True if _WONT_SHARE.match(text) and "?" not in text else None,
    ),
)
commands.say(
    "moretime", Sayings(also=("more time", "meer tijd"), instead=("extend", "delay", "postpone", "later", "time"))
)


_COUNTS = frozenset(
    {
        *("yes", "no", "none", "never", "once", "twice", "not", "nobody", "neither", "both", "one", "two", "three"),
        *("four", "five", "six", "seven"),
        *("eight", "nine", "ten", "nope", "zero", "several", "many", "few"),
        *("ja", "nee", "nooit", "geen", "niemand", "een", "twee", "drie", "vier", "vijf", "zes", "zeven", "acht"),
        *("negen", "tien"),
    }
)
"""With what an answer to a question begins, if it doesn't with a number."""
_AN_ID = re.compile(r"\b[A-Za-z]-?[0-9]+\b")
_BEFORE = frozenset({"ok", "okay", "sure", "well", "hi", "hello", "hey", "hallo", "hoi", "so"})
_ASKS = frozenset(
    {"who", "what", "when", "where", "why", "how", "which", "see", "ask", "call", "can", "could", "wie", "wat"}
)
_TELLS = frozenset({"he", "she", "they", "there", "hij", "zij", "ze", "er"})
"""Of whom or what an answer tells."""
_NUMBERS = frozenset(
    {"once", "twice", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "zero"}
)
_FIRST_WORDS = 6


def may_answer(text: str) -> bool:
    """Whether a text may be the answer to a question: it tells something, or counts, and promises nothing."""
    said = words(_AN_ID.sub("", text))
    while said and said[0].text in _BEFORE:
        del said[0]
    if not said or STILL_TO_COME.search(text) or said[0].text in _ASKS:
        return False
    first = said[0].text
    counts = any(word.text[:1].isdigit() or word.text in _NUMBERS for word in said[:_FIRST_WORDS])
    return counts or first in _COUNTS or first in _TELLS
