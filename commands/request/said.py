"""What people say to the card of a question."""

from chat.registry import commands
from chat.said import STILL_TO_COME, Sayings, words

commands.say("request", Sayings(also=("vraag",), instead=("ask", "question", "vragen")))
commands.say(
    "answer",
    Sayings(
        also=("antwoord", "antwoorden"),
        nearly=("the answer", "het antwoord"),
        instead=("reply", "respond", "tell"),
        answers=lambda text: False if _may_answer(text) else None,
    ),
)
commands.say("narrow", Sayings(asks=True))
commands.say("partly", Sayings(also=("deels", "gedeeltelijk"), instead=("partial", "partially", "partlyanswer")))
commands.say(
    "nothing",
    Sayings(
        also=("niets", "niks"),
        meant=dict.fromkeys(("have nothing", "hold nothing", "hebben niets", "heb niets"), ""),
        nearly=("nog niets",),
        instead=("none", "nil", "geen"),
    ),
)
commands.say("refuse", Sayings(also=("weiger",), instead=("reject", "deny", "refused")))
commands.say(
    "moretime", Sayings(also=("more time", "meer tijd"), instead=("extend", "delay", "postpone", "later", "time"))
)


_COUNTS = frozenset(
    {
        *("yes", "no", "none", "never", "once", "twice", "not", "nobody", "neither", "both", "one", "two", "three"),
        *("four", "five", "six", "seven"),
        *("eight", "nine", "ten", "nope", "several", "many", "few"),
        *("ja", "nee", "nooit", "geen", "niemand", "een", "twee", "drie", "vier", "vijf", "zes", "zeven", "acht"),
        *("negen", "tien"),
    }
)
"""With what an answer to a question begins, if it doesn't with a number."""
_SOMETIME = frozenset({"on", "in", "since", "from", "between", "op", "sinds", "van", "tussen", "about", "around"})
"""The same, if there is a number in it."""


def _may_answer(text: str) -> bool:
    """Whether a text may be the answer to a question: it begins as one, and promises nothing."""
    said = words(text)
    if not said or STILL_TO_COME.search(text):
        return False
    first = said[0].text
    counts = any(map(str.isdigit, text)) if first in _SOMETIME else first in _COUNTS
    return counts or first[:1].isdigit()
