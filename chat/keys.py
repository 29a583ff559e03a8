"""What stands in a text like a key, but is none of this command's: it is asked about, never taken as text.

Whoever types ``see: social`` or ``until: fri`` means it to have an effect. The rule, in one place:

- A word of letters with a colon behind it stands like a key at the beginning, after a blank, or after a mark such as
  ``(`` or ``,``; not in ``http://x``, ``10:30``, ``@finn:example.org``, ``stand-by:`` or ``you'll see :)``.
- It is asked about when it is a key of *any* command, in English or in a language that is spoken here (of other
  languages the longer ones, which are no English words), or what people say for one (``until``, ``reason``); and,
  with a blank before it and behind its colon, when it is one slip away from a longer one of these (``becuase:``).
- Where a command has ``see:``, anything with a colon before nothing but names of agencies is asked about, and so is its
  key with another mark (``only: social``, ``see; social``, ``*see:* social``): what was meant for a few is not posted.
- Every other word stays text: ``mother: …``, ``NB: …``, ``note: …``.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from chat import languages
from chat.languages import Language

LONGEST = 24
_NEAR_FROM = 5
"""In letters: so long is a word that may be a mistyped key, and a key of a language that is not spoken here."""
_STANDS_LIKE_A_KEY = re.compile(
    rf"(?<![\w/@#&=\u2010\u2011-])(?P<word>[^\W\d_]{{2,{LONGEST}}})(?P<gap>[ \t]{{0,3}})"
    r"[:\uff1a\ufe55\u2236](?!//)(?P<blank>\s|\Z)?(?P<value>[\w\"'\u2018\u201c])?"
)
_STANDS_LIKE_AN_AUDIENCE = re.compile(
    rf"(?P<before>[^\w\s]?)(?<!\w)(?P<word>[^\W\d_]{{1,{LONGEST}}})(?P<gap>[*_~`\s]{{0,5}})"
    r"(?P<mark>[:;=\uff1a\ufe55\u2236\u2010-\u2014-])(?=(?P<value>[^:;=\n]{1,200})"
    rf"(?:[;\n]|\Z|\s[^\W\d_]{{1,{LONGEST}}} ?[:\uff1a]))"
)
_EMPHASISED = re.compile(
    rf"(?<!\S)(?P<marks>[*_]{{1,3}})(?P<word>[^\W\d_]{{2,{LONGEST}}})"
    r"(?:(?P=marks) ?[:\uff1a](?!//)| ?[:\uff1a] ?(?P=marks))[ \t]?"
)
_COLONS = ":\uff1a\ufe55\u2236"
_AROUND = " \t*_~`()[]<>{}.!?\"'\u2018\u2019\u201c\u201d\u00ab\u00bb"
_ONLY = re.compile(r"\b(?:only|alone|alleen)\b", re.IGNORECASE)
_BLANK = re.compile(r"[\s\u200c-\u200f]")
SAID_FOR: Mapping[str, Mapping[str, Collection[str]]] = {
    "en": {
        "by": ("until", "till", "deadline", "before", "due", "when"),
        "because": ("reason", "reasons", "why", "motive"),
        "with": ("together",),
        "for": ("owner", "responsible", "length", "duration"),
        "see": ("visible", "audience", "viewers", "readers", "restricted"),
        "where": ("place", "location", "venue"),
        "about": ("subject", "topic", "purpose", "why"),
        "urgency": ("priority",),
        "withheld": ("withhold", "withholding"),
        "ground": ("grounds",),
        "instead": ("alternative", "alternatives"),
        "review": ("evaluation",),
        "every": ("repeat", "repeats"),
        "chair": ("chairperson", "chairman", "chairwoman"),
        "deputy": ("substitute", "replacement"),
        "why": ("because", "reason"),
        "owner": ("for",),
        "until": ("by", "till", "deadline", "before", "due"),
        "suggest": ("suggestion", "suggests", "proposal"),
    },
    "nl": {
        "by": ("tot", "deadline"),
        "because": ("reden", "redenen", "waarom"),
        "with": ("samen",),
        "for": ("eigenaar", "duur"),
        "see": ("zichtbaar",),
        "where": ("plaats", "locatie", "plek"),
        "about": ("onderwerp",),
        "urgency": ("prioriteit",),
        "suggest": ("voorstel",),
    },
}
"""What people type for a key, by the language that they speak."""
ORDINARY = frozenset(
    {
        "abort",
        "bases",
        "basic",
        "basics",
        "chain",
        "chairs",
        "choir",
        "directory",
        "eager",
        "enger",
        "gezin",
        "grand",
        "inzake",
        "minute",
        "minuten",
        "organisatie",
        "owned",
        "palace",
        "peace",
        "placed",
        "plane",
        "plate",
        "raden",
        "redden",
        "safely",
        "schema",
        "schemas",
        "short",
        "sourced",
        "sport",
        "tonic",
        "verse",
        "whore",
        "worst",
    }
)
"""One slip away from a key, and words of their own."""


@dataclass(frozen=True, repr=False)
class Stray:
    """A word that stands like a key, and the key of this command that it may have been meant for."""

    typed: str
    meant: str | None


def find_stray(
    text: str, own: Mapping[str, str], vocabulary: Collection[str], spoken: Collection[Language]
) -> Stray | None:
    """The first word that stands like a key and is none of this command's.

    ``own``: the command's keys, by all that may be typed for them, in small letters; ``vocabulary``: the English keys
    of all commands.
    """
    known = _meanings(frozenset((*vocabulary, *own.values())), tuple(spoken))
    for found in _STANDS_LIKE_A_KEY.finditer(text):
        word = found["word"].casefold()
        apart = found.start() == 0 or _BLANK.match(text[found.start() - 1]) is not None
        before = text[max(0, found.start() - LONGEST) : found.start()].casefold().split()
        of_two = " ".join((*before[-1:], word))
        if {word, of_two} & own.keys() and apart and len(found["gap"]) <= 1:
            continue
        blank = found["blank"] is not None
        if not blank and (found["gap"] or not apart or found["value"] is None):
            continue
        # One of what this command takes several of: ``case:`` for ``cases:``, ``agency:`` for ``agencies:``.
        several = [own[many] for many in (f"{word}s", f"{word[:-1]}ies") if many in own]
        meanings = known.get(word)
        if meanings is None and apart and blank and not found["gap"]:
            meanings = several or _near(word, own, known)
        if meanings is not None:
            ours = (meaning for meaning in (*meanings, *several) if meaning in own.values())
            return Stray(word, own.get(word) or next(ours, None))
    return None


def without_emphasis(
    text: str, own: Mapping[str, str], vocabulary: Collection[str], spoken: Collection[Language]
) -> str:
    """A text whose keys have lost the marks around them: ``*because:* x`` and ``**because**: x``; as above."""
    known = _meanings(frozenset((*vocabulary, *own.values())), tuple(spoken))

    def bare(found: re.Match[str]) -> str:
        return f"{found['word']}: " if found["word"].casefold() in known else found[0]

    return _EMPHASISED.sub(bare, text)


@cache
def keys_of_others(key: str) -> tuple[str, ...]:
    """What a key is called in each language, as far as that is long enough to be no word of another."""
    called = (languages.keys(code).get(key, key) for code in languages.codes())
    return tuple(typed for typed in called if len(typed) >= _NEAR_FROM)


def names_an_audience(text: str, own: Mapping[str, str], are_agencies: Callable[[str], bool]) -> bool:
    """Whether a text names those who may read it, in a way that no key is read; ``own`` as above."""
    if "see" not in own.values():
        return False
    for found in _STANDS_LIKE_AN_AUDIENCE.finditer(text):
        meaning = own.get(found["word"].casefold())
        means_it = found["mark"] in _COLONS if meaning is None else meaning == "see"
        is_read = found["mark"] in ":\uff1a" and not found["before"].strip() and found["gap"] in {"", " "}
        if meaning is not None and is_read:
            continue
        value = _ONLY.sub("", found["value"]).strip(_AROUND)
        if means_it and value and are_agencies(value):
            return True
    return False


@lru_cache(maxsize=16)
def _meanings(vocabulary: frozenset[str], spoken: tuple[Language, ...]) -> dict[str, list[str]]:
    """All that is typed for a key, in small letters, with the English keys that it may mean; a key's own word first."""
    found: dict[str, list[str]] = {}
    here = {language.code for language in spoken} | {languages.ENGLISH.code}
    for code in languages.codes():
        for typed, key in _typed_in(code, vocabulary):
            if code in here or len(typed) >= _NEAR_FROM:
                found.setdefault(typed.casefold(), []).append(key)
    return found


def _typed_in(code: str, vocabulary: Collection[str]) -> Iterator[tuple[str, str]]:
    called = languages.keys(code)
    for key in sorted(vocabulary):
        yield called.get(key, key), key
    for key, words in SAID_FOR.get(code, {}).items():
        if key in vocabulary:
            yield from ((word, key) for word in words)


def _near(word: str, own: Mapping[str, str], known: Mapping[str, list[str]]) -> list[str] | None:
    """What a mistyped word means, those of this command first; None for a word of its own."""
    if len(word) < _NEAR_FROM or word in ORDINARY:
        return None
    near = [typed for typed in (*own, *known) if len(typed) >= _NEAR_FROM and is_one_slip(word, typed)]
    return [own.get(typed, meaning) for typed in near for meaning in known.get(typed, [""])] or None


def is_one_slip(typed: str, meant: str) -> bool:
    """Whether one letter is missing, too many, another, or has changed places with the next; never the first one."""
    if abs(len(typed) - len(meant)) > 1 or typed[:1] != meant[:1]:
        return False
    same = next(
        (at for at, (a, b) in enumerate(zip(typed, meant, strict=False)) if a != b), min(len(typed), len(meant))
    )
    rest, right = typed[same:], meant[same:]
    swapped = rest[:2] == right[1::-1] and rest[2:] == right[2:]
    return rest[1:] == right[1:] or rest[1:] == right or rest == right[1:] or swapped
