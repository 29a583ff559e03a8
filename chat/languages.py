"""The languages that the bot speaks: English, and each that has a catalogue in ``locale``.

A catalogue is read as translators write it (``.po``): nothing compiled lies beside it that could say something else.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from cases.time import MONTHS, WEEKDAYS

DOMAIN = "roundtable"
LOCALE = Path(__file__).parent / "locale"
KEY, CHOICE, STATE, DATE, LANGUAGE, ARTICLES, GROUP = "key", "choice", "state", "date", "language", "articles", "group"
"""Contexts in the catalogue: what is typed before a colon, what can be chosen there, how something stands, …."""
OUR_NAME = "English"
"""Translated in the context of languages it is what a language calls itself."""
OUR_ARTICLES = "a an the"
DATE_NAMES = tuple(dict.fromkeys(name for full in (*WEEKDAYS, *MONTHS) for name in (full, full[:3])))
_NAME = re.compile(rf"\b({'|'.join(DATE_NAMES)})\b")
_KEY_ENTRY = re.compile(rf'(?<!fuzzy\n)^msgctxt "{KEY}"\nmsgid "([^"\\]+)"\nmsgstr "([^"\\]+)"$', re.MULTILINE)


@dataclass(frozen=True, repr=False)
class Language:
    """One language; whatever it has no words for is said in English."""

    code: str
    _words: NullTranslations

    @property
    def name(self) -> str:
        """What its speakers call it."""
        return self._words.pgettext(LANGUAGE, OUR_NAME)

    def text(self, english: str) -> str:
        """A text of ours."""
        # What stands for the empty text in a catalogue is its head.
        return self._words.gettext(english) if english else ""

    def plural(self, one: str, many: str, count: int) -> str:
        """A text of ours about so many."""
        return self._words.ngettext(one, many, count)

    def key(self, key: str) -> str:
        """What is typed before a colon."""
        return keys(self.code).get(key, key)

    def choice(self, value: str) -> str:
        """One of the words that can be chosen."""
        return self._words.pgettext(CHOICE, value)

    def state(self, value: str) -> str:
        """How a question or an action stands."""
        return self._words.pgettext(STATE, value)

    def group(self, word: str) -> str:
        """What opens a group of commands in the help."""
        return self._words.pgettext(GROUP, word)

    @property
    def articles(self) -> list[str]:
        """What is left out before a noun where there is little room."""
        return self._words.pgettext(ARTICLES, OUR_ARTICLES).split()

    def date(self, english: str) -> str:
        """A date as ``cases.time`` writes it, with the names of days and months in this language."""
        return _NAME.sub(lambda found: self._words.pgettext(DATE, found[0]), english)


ENGLISH = Language("en", NullTranslations())


def _path(code: str) -> Path:
    return LOCALE / code / "LC_MESSAGES" / f"{DOMAIN}.po"


@lru_cache
def keys(code: str) -> Mapping[str, str]:
    """What is typed before a colon in a language, by what that is in English, as far as it has words for it.

    Of every language this is asked with the first command, when nothing else of most of them is needed: so it is found
    by its form, in a fiftieth of the time that it takes to read a catalogue.
    """
    return {} if code == ENGLISH.code else dict(_KEY_ENTRY.findall(_path(code).read_text("utf-8")))


@lru_cache
def language(code: str | None) -> Language:
    """The language with this code; English when there is no such catalogue (any more)."""
    if code is None or code not in codes() or code == ENGLISH.code:
        return ENGLISH
    # Loaded with the first translation: a start must be quick.
    from babel.messages.mofile import write_mo  # noqa: PLC0415
    from babel.messages.pofile import read_po  # noqa: PLC0415

    compiled = BytesIO()
    with _path(code).open("rb") as file:
        write_mo(compiled, read_po(file))
    compiled.seek(0)
    return Language(code, GNUTranslations(compiled))


@lru_cache
def codes() -> tuple[str, ...]:
    """The codes of the languages, English first."""
    return (ENGLISH.code, *sorted(path.parts[-3] for path in LOCALE.glob(f"*/LC_MESSAGES/{DOMAIN}.po")))


def find(typed: str) -> Language | None:
    """The language of this code (``nl``, ``nl-BE``) or of this name in itself (``Nederlands``)."""
    word = typed.strip().casefold()
    for known in map(language, codes()):
        if word == known.name.casefold() or re.split(r"[-_]", word)[0] == known.code:
            return known
    return None
