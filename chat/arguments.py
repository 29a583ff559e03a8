# lines: a flat list of the kinds of arguments, each a few lines
"""The kinds of things that a command takes, each with how it is found in a message and what makes it valid.

A command's arguments are one model. A field whose type carries a ``Positional`` marker is taken from the beginning of
the text, in the order of declaration; every other field is typed as ``key: value`` at the end.
"""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from difflib import get_close_matches
from enum import StrEnum
from functools import cache
from itertools import islice
from typing import Annotated, NoReturn, Protocol
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationInfo

from cases.errors import Refusal
from cases.people import Addressee
from cases.record import KINDS
from cases.time import read_past, read_span, read_when, shorten
from chat import names
from chat.languages import ENGLISH, Language
from chat.recurrence import Rhythm, read_rhythm

LONGEST_TEXT = 8000
LONGEST_SHORT_TEXT = 300
LONGEST_VALUE = 1000
"""Characters of what is no text: a date, a name, a list of agencies."""
MOST_MINUTES = 12 * 60
_TO_COME = {"X": "referral"}

# People's keyboards and word processors put several dashes where one is meant.
_LONGEST_ID = 40
_ID = re.compile(r"([a-z])[-\u2010-\u2014]?0*([1-9][0-9]{0,8})[:,.;!]{0,2}", re.IGNORECASE | re.ASCII)
_PARAGRAPH = re.compile(r"\s*(?:§ ?)?([0-9]{1,3})[.:,)]?(?=\s|\Z)", re.ASCII)
_AN_ID = re.compile(r"[a-z][-\u2010-\u2014]?[0-9]{1,9}", re.IGNORECASE | re.ASCII)
_BETWEEN_TIMES = re.compile(r"[|;\n\uff5c]|\s/\s|\s(?:or|of)\s|(?<=[0-9m])\s?,\s{0,3}(?=[a-z]{2,9}\.? )", re.IGNORECASE)
_SEVERAL_IDS = re.compile(
    r"\s*[a-z][-\u2010-\u2014]?[0-9]{1,9}(?:(?:\s{0,2}[,;&+/]\s{0,2}|\s{1,2}(?:and|en)\s{1,2}|\s{1,2})[a-z][-\u2010-\u2014]?[0-9]{1,9}(?!\w)){1,20}",
    re.IGNORECASE | re.ASCII,
)
_TO = frozenset({"to", "aan", "over", "it"})
_SET_OFF = re.compile(r"\A[-:\u2010-\u2015]\s+")
_MOST_BEFORE_A_NAME = 3
"""Words, such as in ``hand it over to health``."""
_AND = re.compile(r"(?:[,;&+]|and\b|en\b)\s*", re.IGNORECASE)
_ANDS = re.compile(r"\s*[,;&+\n]\s*|\s+(?:and|en)\s+", re.IGNORECASE)
_SIGNS = re.compile(r"\s{0,3}[^\w\s\"'\u2018-\u201f()<>\[\]|:;,.?!\u2010-\u2015/*_`~&+#@-]{1,4}(?=\s|\Z)")
_LINK = re.compile(r"(?:https://matrix\.to/#/(?:@|%40)|matrix:u/)([^\s\"'<>?/)]{1,255})(?:[?/]\S{0,255})?\Z")
_AROUND_A_NAME = ' \t:,;.!*_~`"\u201c\u201d\u201e()<>[]'
_MOST_WORDS_IN_A_TYPO = 3
_MOST_WORDS_IN_A_MOMENT = 6
_NEAR = 0.75
_BEGINS_A_SENTENCE = frozenset(
    {
        *("was", "is", "are", "were", "did", "does", "do", "has", "have", "had", "when", "what", "where", "who"),
        "which",
        *("why", "how", "can", "could", "will", "would", "should", "may", "any", "i", "he", "she", "they", "we"),
        *("you", "it"),
        *("since", "on", "in", "at", "the", "please", "if", "whether", "not", "no", "last", "about", "his", "her"),
        "their",
        *("this", "that", "there", "after", "before", "for", "and", "to", "question", "hi", "hello", "could", "also"),
        *("wat", "waar", "wie", "waarom", "hoe", "heeft", "kan", "wanneer", "welke", "zijn", "kent", "hij", "zij"),
        "ze",
        *("of", "graag", "vraag", "weet", "en", "ik", "wij", "jullie", "u", "er", "op", "na", "voor", "heb", "hebben"),
    }
)
"""Behind a part of a name these go on with what is said, whatever letter they begin with."""
_HOURS = re.compile(r"(?P<hours>[0-9]{1,2}) ?(?:h|hr|hrs|hour|hours|:) ?(?:(?P<minutes>[0-5]?[0-9]) ?m?(?:in)?)?")
_NUMBER = re.compile(r"[0-9]{1,2}", re.ASCII)
_MINUTES = re.compile(r"(?P<minutes>[0-9]{1,4}) ?(?:m|min|mins|minute|minutes)?")


class Person(Protocol):
    """Somebody who can be named."""

    @property
    def user_id(self) -> str:
        """The full Matrix id."""

    @property
    def name(self) -> str:
        """What people call them."""

    @property
    def agency(self) -> str:
        """The short name of the agency that they speak for."""


class Lookup(Protocol):
    """Whom a typed name means."""

    def agency(self, text: str) -> str | None:
        """The short name of the agency that is called so."""

    def agencies(self) -> list[str]:
        """The short names of all agencies."""

    def people(self, text: str) -> Sequence[Person]:
        """Those who bear this name or id."""

    def names(self) -> list[str]:
        """Everything that an agency or a person is called by."""


@dataclass(frozen=True, repr=False)
class ReadingContext:
    """What has to be known to understand a message."""

    now: datetime
    zone: ZoneInfo
    lookup: Lookup
    mentions: tuple[str, ...] = ()
    """User ids from m.mentions: they tell apart people of one name, nothing else."""
    card: str | None = None
    """The id of the record whose card is replied to."""
    agency: str | None = None
    """The agency of the person who typed."""
    example: str = ""
    """A line that shows how the command is typed."""
    holidays: Collection[date] = ()
    """The days that ``+5 working days`` leaves out beside weekends."""
    vocabulary: Collection[str] = ()
    """The keys of all commands, in English; with none nothing is taken for another command's key."""
    languages: tuple[Language, ...] = (ENGLISH,)
    """Those whose keys and choices are understood beside the English ones; the first is that of the answer."""

    @property
    def language(self) -> Language:
        """The language of the answer."""
        return self.languages[0]


class Arguments(BaseModel):
    """What one command takes. The first line of a subclass's docstring is its summary in the help."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True)

    def __repr_args__(self) -> Iterator[tuple[str | None, object]]:
        """Nothing: what a person typed is content, and a repr ends up in logs."""
        return iter(())


Take = Callable[[str, ReadingContext], tuple[str | None, str]]


@dataclass(frozen=True, repr=False)
class Positional:
    """Marks a field that is typed without a key.

    ``take`` splits the text into what belongs to the field (None: nothing does) and what is left.
    """

    take: Take
    placeholder: str | None = None
    """What usage shows; None: the title of the field."""
    missing: tuple[str, str] | None = None
    """Label and hint when it is missing; None: title and description of the field."""
    also: str | None = None
    """A key behind which it may stand, too: people who give a reason type ``because:``."""


def plain(text: str) -> str:
    """A short value on one line, without the invisible characters that free text may keep."""
    return " ".join("".join(c for c in text if unicodedata.category(c) != "Cf").split())


def take_rest(text: str, context: ReadingContext) -> tuple[str | None, str]:
    """Everything that is left."""
    del context
    return text.strip() or None, ""


def take_word(text: str, context: ReadingContext) -> tuple[str | None, str]:
    """The first word."""
    del context
    first, *rest = text.split(maxsplit=1) or [""]
    return first or None, rest[0] if rest else ""


def take_name(text: str, context: ReadingContext) -> tuple[str | None, str]:
    """The longest beginning that somebody or some agency is called by, else the first word.

    A name fits whole: ``Gina Decker`` is not the Gina who is called Dekker, and is taken as the name of nobody.
    """
    head = text[:LONGEST_VALUE]
    pieces = islice(re.finditer(r"\S+", head), names.LONGEST_NAME)
    ends = [piece.end() for piece in pieces if piece.end() <= names.MOST_LETTERS] or [len(head)]
    for end in reversed(ends):
        typed = head[:end].strip()
        if names.ends_in_the_middle(typed) and end != ends[0]:
            continue
        if context.lookup.agency(_name(typed)):
            return typed, text[end:].lstrip()
        if called := _called(typed, context):
            return _whole(typed, _SIGNS.sub("", text[end:], count=1).lstrip(), called)
    for end in reversed(ends[:_MOST_WORDS_IN_A_TYPO]):
        if suggest_name(head[:end], context):
            return head[:end].strip(), text[end:].lstrip()
    return take_word(text, context)


def suggest_name(text: str, context: ReadingContext) -> str | None:
    """The name that comes nearest to one that nobody bears; only to be shown."""
    known = {names.untitled(name): name for name in context.lookup.names()}
    nearest = get_close_matches(names.untitled(_name(text)), known, n=1, cutoff=_NEAR)
    return known[nearest[0]] if nearest else None


def names_in(text: str) -> list[str]:
    """What stands apart by commas or ``and`` in a list of names."""
    return [piece for piece in _ANDS.split(text) if piece.strip()]


def _called(typed: str, context: ReadingContext) -> list[str]:
    """The names of those who are called so, be it agencies or people."""
    name = _name(typed)
    if agency := context.lookup.agency(name):
        return [agency]
    return [person.name for person in context.lookup.people(name)]


def _whole(typed: str, rest: str, called: list[str]) -> tuple[str, str]:
    """A part of a name, with the word behind it if that can only be meant as the rest of the name."""
    following, *_ = rest.split(maxsplit=1) or [""]
    word = names.same(following)
    if not word or typed[-1:] in ":,." or any(names.same(typed) == names.same(name) for name in called):
        return typed, rest
    others = [part for name in called for part in names.bare(name) if part not in names.bare(typed)]
    if len(word) == 1 and any(part.startswith(word) for part in others):
        # The first letter of the rest of the name: ``Hugo P.``
        return typed, rest[len(following) :].lstrip()
    named = following[:1].isupper() and word not in _BEGINS_A_SENTENCE and following[-1:] not in "?!"
    if (
        len(word) > 1
        and (named or get_close_matches(word, others, n=1, cutoff=_NEAR))
        and not begins_with_id(following)
    ):
        return f"{typed} {following}", rest[len(following) :].lstrip()
    return typed, rest


def take_whom(text: str, context: ReadingContext) -> tuple[str | None, str]:
    """The same, behind a ``to`` that people put before a name; several are refused."""
    for _ in range(_MOST_BEFORE_A_NAME):
        first, _, rest = text.lstrip().partition(" ")
        if first.casefold().rstrip(":") not in _TO or not rest.strip() or _called(first, context):
            break
        text = rest
    typed, rest = take_name(text, context)
    rest = _SET_OFF.sub("", rest, count=1)
    if typed and _called(typed, context):
        following = _AND.sub("", rest, count=1) if _AND.match(rest) else rest if typed.endswith((",", ";")) else ""
        other, _ = take_name(following, context) if following else (None, "")
        if other and _called(other, context):
            raise Refusal("reading/one_at_a_time", each=[_name(typed), _name(other)], key=None)
    return typed, rest


def _take_id(letters: str) -> Take:
    def take(text: str, context: ReadingContext) -> tuple[str | None, str]:
        word, rest = take_word(text, context)
        if word and (typed := _SEVERAL_IDS.match(text)):
            found = dict.fromkeys(filter(None, map(_parse_id, _AN_ID.findall(typed[0]))))
            # Only what the command takes is offered: the line is there to be copied.
            each = [record_id for record_id in found if record_id[0] in letters]
            if len(each) > 1:
                raise Refusal("reading/one_at_a_time", each=each, key=None)
        # One that nothing can have (``V-0000``) is no text, either.
        if word and (_parse_id(word) or (_AN_ID.fullmatch(word) and word[0].upper() in letters)):
            return word, rest
        if context.card and context.card[0] in letters:
            return context.card, text
        return None, text

    return take


def _parse_id(text: str) -> str | None:
    found = _ID.fullmatch(plain(text)) if len(text) <= _LONGEST_ID else None
    if found is None or found[1].upper() not in nouns():
        return None
    return f"{found[1].upper()}-{int(found[2])}"


def id_at_beginning(text: str) -> str | None:
    """The id of a record that a text begins with."""
    return _parse_id(text.split(maxsplit=1)[0]) if text.strip() else None


def begins_with_id(text: str) -> bool:
    """Whether a text begins with the id of a record."""
    return id_at_beginning(text) is not None


def names_another(text: str, record_id: str) -> bool:
    """Whether a text begins with the id of a record of another kind: ``A-3 fri 15:00`` for ``M-1``."""
    found = _parse_id(text.split(maxsplit=1)[0]) if text.strip() else None
    return found is not None and found[0] != record_id[0]


@cache
def nouns() -> Mapping[str, str]:
    """What a letter before a number means, once every concept is declared."""
    return _TO_COME | {kind.letter: kind.noun for kind in KINDS.values() if kind.letter}


def record_id(letters: str, example: str = "", shown: str = "") -> tuple[BeforeValidator, Positional]:
    """The id of a record with one of these letters, as a type of argument; ``shown``: what usage says of several."""
    noun = nouns().get(letters, "record")
    example = example or f"{letters[0]}-1"

    def check(value: str) -> str:
        found = _parse_id(value)
        if found is None or found[0] not in letters:
            raise Refusal("reading/wrong_kind", typed=shorten(value), wanted=noun, example=example)
        return found

    missing = (f"the {noun}", f"which {noun}? e.g. {example}")
    shown = shown or ("ID" if len(letters) > 1 else example)
    return BeforeValidator(check), Positional(_take_id(letters), shown, missing)


def take_paragraph(text: str, context: ReadingContext) -> tuple[str | None, str]:
    """The number of a paragraph in front: ``3``, ``§3``, ``3.``; not the hour in ``12:00`` nor the ``3`` in ``3rd``."""
    del context
    found = _PARAGRAPH.match(text)
    return (found[1], text[found.end() :]) if found else (None, text)


REST = Positional(take_rest)
WORD = Positional(take_word)
NAME = Positional(take_name)


class Preview(StrEnum):
    """Before what can't be undone: only shown is what would happen."""

    PREVIEW = "preview"


def take_preview(text: str, context: ReadingContext) -> tuple[str | None, str]:
    """The word itself, and no other that stands in its place: ``!close he is back`` lacks its keys."""
    word, rest = take_word(text, context)
    return (word, rest) if word and word.strip(_AROUND_A_NAME).casefold() == Preview.PREVIEW else (None, text)


IfPreview = Annotated[Preview, Positional(take_preview)]


def _text(limit: int, tidy: Callable[[str], str]) -> BeforeValidator:
    def check(value: str, info: ValidationInfo) -> str:
        text = tidy(value)
        if len(text) > limit:
            key = key_of(info.field_name or "")
            raise Refusal("reading/too_long", key=key, limit=limit, length=len(text))
        return text

    return BeforeValidator(check)


Validator = Callable[[str, ReadingContext], object]


def _typed(check: Validator) -> BeforeValidator:
    """Check what a person typed; what code passes as a value of the right type goes through."""

    def validate(value: object, info: ValidationInfo) -> object:
        context = info.context
        if not isinstance(value, str) or not isinstance(context, ReadingContext):
            return value
        if len(value) > LONGEST_VALUE:
            key = key_of(info.field_name or "")
            raise Refusal("reading/too_long", key=key, limit=LONGEST_VALUE, length=len(value))
        return check(value, context)

    return BeforeValidator(validate)


def _when(value: str, context: ReadingContext) -> datetime:
    return read_when(value, now=context.now, zone=context.zone, holidays=context.holidays)


def _past(value: str, context: ReadingContext) -> datetime:
    return read_past(value, now=context.now, zone=context.zone)


def _any_when(value: str, context: ReadingContext) -> datetime:
    """Ahead if it can be, else past."""
    try:
        return _when(value, context)
    except Refusal as refusal:
        if refusal.code not in {"when/past", "when/unreadable"}:
            raise
        return _past(value, context)


def take_when(text: str, context: ReadingContext) -> tuple[str | None, str]:
    """The longest beginning that is a moment, past or ahead."""
    pieces = islice(re.finditer(r"\S+", text[:LONGEST_VALUE]), _MOST_WORDS_IN_A_MOMENT)
    for end in reversed([piece.end() for piece in pieces]):
        try:
            _any_when(text[:end].rstrip(":,"), context)
        except Refusal:
            continue
        return text[:end].rstrip(":,"), text[end:].lstrip()
    return None, text


@dataclass(frozen=True, repr=False)
class Slot:
    """When something begins and, if it was typed as from–to, how long it takes."""

    starts_at: datetime
    minutes: int | None = None


def _slot(value: str, context: ReadingContext) -> Slot:
    start, end = read_span(value, now=context.now, zone=context.zone, holidays=context.holidays)
    minutes = (end - start) // timedelta(minutes=1) if end else None
    return Slot(start, None if minutes is None else _allowed_minutes(minutes))


def _slots(value: str, context: ReadingContext) -> tuple[Slot, ...]:
    return tuple(_slot(part, context) for part in _BETWEEN_TIMES.split(value) if part.strip())


def _slot_choice(value: str, context: ReadingContext) -> Slot | int:
    return int(plain(value)) if _NUMBER.fullmatch(plain(value)) else _slot(value, context)


def _rhythm(value: str, context: ReadingContext) -> Rhythm:
    del context
    return read_rhythm(plain(value))


def _name(text: str) -> str:
    """A typed name without what a mention, a phone or emphasis puts around it."""
    name = plain(text).strip(_AROUND_A_NAME)
    linked = _LINK.match(name)
    return f"@{unquote(linked[1])}" if linked else name


def _agency(value: str, context: ReadingContext) -> str:
    found = context.lookup.agency(_name(value))
    if found is None:
        _refuse_agency(value, context)
    return found


def _refuse_agency(value: str, context: ReadingContext) -> NoReturn:
    nearest = suggest_name(value, context)
    meant = {"suggestion": short} if nearest and (short := context.lookup.agency(nearest)) else {}
    raise Refusal("reading/agency", agencies=context.lookup.agencies(), **meant)


def are_agencies(value: str, context: ReadingContext) -> bool:
    """Whether a text is nothing but names of agencies."""
    try:
        return bool(_agencies(value, context))
    except Refusal:
        return False


def _agencies(value: str, context: ReadingContext) -> tuple[str, ...]:
    """Short or long names, apart by commas, blanks, or ``and``."""
    found: list[str] = []
    for piece in re.split(r"[,;\n]", value):
        words = plain(piece).split()
        while words:
            if words[0].casefold() in {"and", "&", "+", "en"}:
                del words[0]
                continue
            for length in range(min(len(words), 8), 0, -1):
                agency = context.lookup.agency(" ".join(words[:length]))
                if agency:
                    found.append(agency)
                    del words[:length]
                    break
            else:
                _refuse_agency(words[0], context)
    return tuple(dict.fromkeys(found))


def _parties(value: str, context: ReadingContext) -> tuple[str, ...]:
    """Agencies and persons, apart by commas, ``and``, or blanks between agencies."""
    found: list[str] = []
    for piece in names_in(value):
        if context.lookup.agency(_name(piece)) is None and context.lookup.people(_name(piece)):
            found.append(_person(piece, context).user_id)
        else:
            found += _agencies(piece, context)
    return tuple(dict.fromkeys(found))


def _person(value: str, context: ReadingContext) -> Person:
    people: Sequence[Person] = context.lookup.people(_name(value))
    if len(people) > 1:
        people = [person for person in people if person.user_id in context.mentions] or people
    if len(people) > 1:
        raise Refusal(
            "reading/which_person",
            typed=shorten(value),
            people=[{"name": person.name, "id": person.user_id} for person in people],
        )
    if not people:
        nearest = suggest_name(value, context)
        meant = {"suggestion": nearest} if nearest else {}
        raise Refusal("reading/nobody", agencies=context.lookup.agencies(), **meant)
    return people[0]


def _person_id(value: str, context: ReadingContext) -> str:
    """Where no agency will do, none is offered."""
    try:
        return _person(value, context).user_id
    except Refusal as refusal:
        if refusal.code != "reading/nobody":
            raise
        nearest = suggest_name(value, context)
        meant = {"suggestion": nearest} if nearest and context.lookup.agency(nearest) is None else {}
        agency = context.lookup.agency(_name(value))
        raise Refusal("reading/nobody", agencies=[], agency=agency, **meant) from None


def _whom(value: str, context: ReadingContext) -> Addressee:
    pieces = names_in(value)
    if len(pieces) > 1 and not _called(value, context) and all(_called(piece, context) for piece in pieces):
        raise Refusal("reading/one_at_a_time", each=[_name(piece) for piece in pieces], key="for")
    agency = context.lookup.agency(_name(value))
    if agency:
        return Addressee(agency)
    person = _person(value, context)
    return Addressee(person.agency, person.user_id)


def _minutes(value: str, context: ReadingContext) -> int:
    del context
    text = re.sub("^(?:an?|one|een) ", "1 ", plain(value).lower())
    found = _MINUTES.fullmatch(text) or _HOURS.fullmatch(text)
    parts = found.groupdict() if found else {}
    return _allowed_minutes(60 * int(parts.get("hours") or 0) + int(parts.get("minutes") or 0))


def _allowed_minutes(minutes: int) -> int:
    if not 0 < minutes <= MOST_MINUTES:
        raise Refusal("reading/minutes", most=MOST_MINUTES, examples=["60m", "1h30", "2 hours"])
    return minutes


Text = Annotated[str, _text(LONGEST_TEXT, str.strip)]
ShortText = Annotated[str, _text(LONGEST_SHORT_TEXT, plain)]
Rest = Annotated[Text, REST]
"""Free text without a key: everything that the fields before it have left."""

When = Annotated[datetime, _typed(_when)]
PastWhen = Annotated[datetime, _typed(_past)]
LeadingPastWhen = Annotated[PastWhen, Positional(take_when, "DATE")]
"""The same without a key, and a text behind it."""
AnyWhen = Annotated[datetime, _typed(_any_when)]
"""Ahead if it can be, else past."""
RestWhen = Annotated[When, REST]
RestSlot = Annotated[Slot, _typed(_slot), REST]
"""A moment, or from–to."""
Slots = Annotated[tuple[Slot, ...], _typed(_slots), REST]
"""Several of them, with ``|`` between them."""
SlotChoice = Annotated[Slot | int, _typed(_slot_choice), REST]
"""One of them, or the number of one that was proposed."""
Every = Annotated[Rhythm, _typed(_rhythm)]
Minutes = Annotated[int, _typed(_minutes)]

AgencyName = Annotated[str, _typed(_agency)]
ToAgency = Annotated[AgencyName, Positional(take_name, "AGENCY")]
"""The same without a key."""
Agencies = Annotated[tuple[str, ...], _typed(_agencies)]
Parties = Annotated[tuple[str, ...], _typed(_parties)]
"""Agencies by short name, and persons by Matrix id."""
CALLED = "called"
"""Marks a name that people go on behind, without a key: ``deputy: Iris Kok on leave``."""
PersonId = Annotated[str, _typed(_person_id), CALLED]
Whom = Annotated[Addressee, _typed(_whom)]
"""An agency or a person behind a key; ``To`` is the same without one."""
To = Annotated[Whom, Positional(take_whom, "AGENCY-or-PERSON")]

Paragraph = Annotated[int, Positional(take_paragraph, "§")]
"""A paragraph of minutes, by its number."""


def key_of(name: str) -> str:
    """What a field is typed as: ``for_`` is a Python name for the key ``for``, ``brought_by`` for ``brought by``."""
    return name.rstrip("_").replace("_", " ")
