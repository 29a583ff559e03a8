"""One comparison of names, as people type them and as the directory has them.

Case, accents, apostrophes, dashes, blanks, emoji and titles make no difference, and particles may be left out:
``sean obrien`` is ``Sean O’Brien``, ``Marie Louise Smit`` is ``Marie-Louise Smit``, ``dr. Boer`` is ``Finn de Boer``.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

_APOSTROPHES = "'\u2018\u2019\u201b\u00b4`\u02b9\u02bb\u02bc\u02bd\u2032"
_WORDS = re.compile(r"[^\W_]+")
_TITLES = frozenset(
    {
        *("dr", "mr", "mrs", "ms", "mx", "miss", "sir", "prof", "the", "drs", "dhr", "mevr", "mevrouw", "mw"),
        *("meneer", "heer"),
    }
)
_PARTICLES = frozenset(
    {
        *("de", "den", "der", "van", "von", "vd", "v", "d", "la", "le", "el", "al", "da", "di", "do", "dos", "du"),
        *("ten", "ter", "te", "t", "zu", "bin", "het"),
    }
)
MOST_LETTERS = 255
"""Of a name: what is longer is none."""
LONGEST_NAME = 12
"""In words as they are typed, with titles, particles, and dashes that stand alone."""


@lru_cache(maxsize=4096)
def words_of(name: str) -> tuple[str, ...]:
    """The words of a name that are compared."""
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name[:MOST_LETTERS]).casefold())
    return tuple(_WORDS.findall("".join(c for c in text if not unicodedata.combining(c) and c not in _APOSTROPHES)))


def same(name: str) -> str:
    """What two spellings of one name have in common."""
    return "".join(words_of(name))


def bare(name: str) -> tuple[str, ...]:
    """The words of a name without titles and particles; all of them if nothing else is left."""
    words = words_of(name)
    left = tuple(word for word in words if word not in _TITLES and word not in _PARTICLES)
    return left or words


def untitled(name: str) -> str:
    """As ``same``, without the titles in front."""
    words = list(words_of(name))
    while len(words) > 1 and words[0] in _TITLES:
        del words[0]
    return "".join(words)


def is_part(typed: str, name: str) -> bool:
    """Whether what was typed is one or more words of a name, next to each other."""
    return same_words(bare(typed)) in parts(name)


@lru_cache(maxsize=4096)
def parts(name: str) -> frozenset[str]:
    """Each run of words of a name, without titles and particles."""
    words = bare(name)
    return frozenset(
        same_words(words[start:end]) for start in range(len(words)) for end in range(start + 1, len(words) + 1)
    )


def same_words(words: Iterable[str]) -> str:
    """Words as one, so that a blank or a dash more makes no difference."""
    return "".join(words)


def is_particle(word: str) -> bool:
    """Whether a word only belongs to a name that follows: ``de``, ``van``."""
    return word.casefold() in _PARTICLES


def ends_in_the_middle(typed: str) -> bool:
    """Whether a text ends with what belongs to a word that follows: ``Finn de``, ``dr.``, ``Marie -``."""
    words = words_of(typed.rsplit(maxsplit=1)[-1]) if typed.split() else ()
    return not words or words[-1] in _PARTICLES or words[-1] in _TITLES
