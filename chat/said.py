"""What people say: for a command beside its own word, for yes, and what is only courtesy.

All of it is compared as ``folded`` gives it: small letters, without apostrophes and marks.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

_WORD = re.compile(r"[^\W_]+(?:['\u2019\u2018\u00b4`][^\W_]+)*", re.UNICODE)


@dataclass(frozen=True, repr=False)
class Sayings:
    """What people say for one command beside its own word. A concept declares it for its commands (``said.py``)."""

    also: tuple[str, ...] = ()
    """Other words that are the command, such as those of another language: with a prefix, and in reply to a card."""
    meant: Mapping[str, str] = field(default_factory=dict[str, str])
    """What is said to a card and can mean nothing else, and what the command takes then."""
    nearly: tuple[str, ...] = ()
    """What is said to a card and may be meant as the command: it is asked about."""
    instead: tuple[str, ...] = ()
    """Words for which the command is suggested, behind a prefix."""
    assent: str | None = None
    """What the command takes when somebody says yes to its card; None: a yes does not mean it."""
    about: str = ""
    """The letters of the records to whose cards this is said; empty: of all that the command takes."""
    asks: bool = False
    """Whether its text is a question itself."""
    adjective: bool = False
    """Whether its word alone says that something is right, and is talk."""
    answers: Callable[[str], bool | None] = lambda _text: None
    """Whether a text alone is what the command takes: True, False: it may be and is asked about, None: it is not."""


ASSENT = frozenset(
    {
        *("ok", "okay", "okey", "k", "yes", "yep", "yeah", "yup", "y", "sure", "fine", "good", "great", "agreed"),
        "right",
        *("no problem", "np", "can do", "happy to", "roger", "works", "that works", "works for me", "works for us"),
        *("sounds good to us", "sounds good to me", "fine for me", "fine for us", "yes i can", "yes we can"),
        "yes we can do that",
        *("alright", "sounds good", "fine by us", "fine by me", "fine with us", "fine with me", "yes please"),
        *("ja", "jawel", "ja hoor", "ja graag", "akkoord", "prima", "goed", "is goed", "oke", "top"),
    }
)
"""Says yes to whatever a card asks for."""
ASSENTING_SIGNS = frozenset(
    "\N{THUMBS UP SIGN}\N{WHITE HEAVY CHECK MARK}\N{HEAVY CHECK MARK}\N{CHECK MARK}\N{OK HAND SIGN}"
)
YES = frozenset(
    {"yes", "y", "yep", "yeah", "ok", "okay", "sure", "ja", "jawel", "ja hoor", "yes please", "ja graag", "oui", "si"}
)
"""Answers to a question of the bot."""

_LONGEST_YES = 40
_MOST_WORDS = 200
_LONGEST_SAYING = 100

COURTESY = frozenset(
    {
        *("please", "pls", "plz", "thanks", "thank", "you", "thx", "ty", "ta", "cheers", "sorry", "hi", "hello"),
        *("hey", "all", "so", "much", "a", "lot"),
        *("morning", "afternoon", "evening", "great", "good", "ok", "okay", "super", "nice", "perfect", "welcome"),
        *("many", "very", "well", "bye"),
        *("dank", "je", "jullie", "u", "wel", "bedankt", "graag", "alsjeblieft", "alvast", "hallo", "goedemorgen"),
        *("goedemiddag", "hoi", "groet", "groeten"),
    }
)
"""Words that may stand beside anything, and say nothing of it."""
BESIDE_YES = COURTESY | {"then", "hoor", "sir", "boss", "for", "me", "us", "by", "from"}
"""What may stand behind a yes and leaves it one."""
LOOSE = frozenset({"me", "it", "this", "here", "is", "i", "with", "dit", "het", "to", "the", "us", "ok"})
"""What people add to a command that takes nothing: ``accept it``, ``who is here``."""

OPENINGS = frozenset({"yes", "ok", "okay", "ja", "no", "nee", "sorry", "well", "sure"})
WE = frozenset({"i", "we", "ik", "wij"})
GOES_ON = frozenset(
    {
        *("is", "are", "was", "were", "isnt", "arent", "has", "had", "will", "wont", "would", "should", "could"),
        *("can", "may", "might", "must"),
        *("soon", "tomorrow", "later", "tonight", "next", "yet", "coming", "comes", "follows", "follow", "when"),
        *("whenever", "if", "unless"),
        *("almost", "nearly", "by", "so", "to", "wrong", "new", "better", "or", "before", "after", "until", "for"),
        *("but", "me"),
        *("noted", "taken", "understood", "reached", "recorded", "welcome", "volgt", "volgen", "komt", "wordt"),
        *("morgen", "straks", "nog", "nieuws", "zodra", "als", "maar"),
    }
)
"""Behind a command's word they go on with a sentence, of which that word is a part."""
STILL_TO_COME = re.compile(
    r"\?|\b(?:(?:i|we)['\u2019\u2018]ll|will|let me|let us|soon|tomorrow|later|yet|idea|please|not sure"
    r"|check\w*|look\w*|worr(?:y|ies)|thanks"
    r"|[0-9]+ minutes?|moment|morgen|straks|even|nog|bedankt|ask)\b",
    re.IGNORECASE,
)
"""In a message that answers nothing yet."""
BECAUSE = frozenset({"because", "since", "as", "omdat", "want"})
UNABLE = frozenset({"cant", "cannot"})
"""What cannot be done follows: ``can't hear you`` is talk, where nothing sets it off."""
UNABLE_WHEN = (
    COURTESY
    | LOOSE
    | BECAUSE
    | {"today", "tomorrow", "tonight", "then", "on", "at", "that", "next", "due", "any", "either", "im", "we", "were"}
)
"""What goes with it and says when or why, so that it may still be meant."""


@dataclass(frozen=True, repr=False)
class Word:
    """A word of a message, as these are compared, and where it stands."""

    text: str
    start: int
    end: int


def words(text: str) -> list[Word]:
    """The words at the beginning of a message."""
    return list(_each_word(text))


def _each_word(text: str) -> Iterator[Word]:
    return (Word(folded(found[0]), *found.span()) for found in islice(_WORD.finditer(text), _MOST_WORDS))


def is_courtesy(text: str, also: frozenset[str] = frozenset()) -> bool:
    """Whether a text says nothing beyond thanks, a greeting, a sign."""
    return len(text) <= _LONGEST_SAYING and all(w.text in COURTESY or w.text in also for w in _each_word(text))


def folded(text: str) -> str:
    """A word or phrase in the form in which these are compared."""
    text = text[:_LONGEST_SAYING]
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c) and c not in "'\u2019\u2018\u00b4`")


def is_yes(text: str) -> bool:
    """Whether a text says yes to a question, and nothing else."""
    if "?" in text or len(text) > _LONGEST_YES:
        return False
    spoken = [word.text for word in words(text)]
    if not spoken:
        return bool(ASSENTING_SIGNS.intersection(text))
    return " ".join(spoken) in YES or (spoken[0] in YES and all(word in COURTESY for word in spoken[1:]))
