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
from functools import cache
from typing import Annotated, NoReturn, Protocol
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationInfo

from cases.errors import Refusal
from cases.people import Addressee
from cases.record import KINDS
from cases.time import read_past, read_span, read_when, shorten
from chat.languages import ENGLISH, Language
from chat.recurrence import Rhythm, read_rhythm

LONGEST_TEXT = 8000
LONGEST_SHORT_TEXT = 300
LONGEST_VALUE = 1000
"""Characters of what is no text: a date, a name, a list of agencies."""
MOST_WORDS_IN_A_NAME = 20
MOST_MINUTES = 12 * 60
_TO_COME = {"S": "assessment", "X": "referral"}

# People's keyboards and word processors put several dashes where one is meant.
_LONGEST_ID = 40
_ID = re.compile(r"([a-z])[-\u2010-\u2014]?0*([1-9][0-9]{0,8})[:,.]?", re.IGNORECASE | re.ASCII)
_PARAGRAPH = re.compile(r"\s*(?:§ ?)?([0-9]{1,3})[.:,)]?(?=\s|\Z)", re.ASCII)
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
    """The longest beginning that somebody or some agency is called by, else the first word."""
    known = {name.casefold() for name in context.lookup.names()}
    longest = max((len(name.split()) for name in known), default=1)
    head = text[:LONGEST_VALUE]
    for length in range(min(longest, MOST_WORDS_IN_A_NAME), 1, -1):
        found = re.match(rf"\s*((?:\S+\s+){{{length - 1}}}\S+)\s*", head)
        if found and _name(found[1]).casefold() in known:
            return found[1], text[found.end() :]
    return take_word(text, context)


def take_whom(text: str, context: ReadingContext) -> tuple[str | None, str]:
    """The same, behind a ``to`` that people put before a name."""
    first, rest = take_name(text, context)
    said = _name(first or "").casefold() == "to" and "to" not in {name.casefold() for name in context.lookup.names()}
    return take_name(rest, context) if said and rest else (first, rest)


def _take_id(letters: str) -> Take:
    def take(text: str, context: ReadingContext) -> tuple[str | None, str]:
        word, rest = take_word(text, context)
        if word and _parse_id(word):
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


def begins_with_id(text: str) -> bool:
    """Whether a text begins with the id of a record."""
    return bool(text.strip()) and _parse_id(text.split(maxsplit=1)[0]) is not None


def names_another(text: str, record_id: str) -> bool:
    """Whether a text begins with the id of a record of another kind: ``A-3 fri 15:00`` for ``M-1``."""
    found = _parse_id(text.split(maxsplit=1)[0]) if text.strip() else None
    return found is not None and found[0] != record_id[0]


@cache
def nouns() -> Mapping[str, str]:
    """What a letter before a number means, once every concept is declared."""
    return _TO_COME | {kind.letter: kind.noun for kind in KINDS.values() if kind.letter}


def record_id(letters: str, example: str = "") -> tuple[BeforeValidator, Positional]:
    """The id of a record with one of these letters, as a type of argument."""
    noun = nouns().get(letters, "record")
    example = example or f"{letters[0]}-1"

    def check(value: str) -> str:
        found = _parse_id(value)
        if found is None or found[0] not in letters:
            raise Refusal("reading/wrong_kind", typed=shorten(value), wanted=noun, example=example)
        return found

    missing = (f"the {noun}", f"which {noun}? e.g. {example}")
    return BeforeValidator(check), Positional(_take_id(letters), "ID" if len(letters) > 1 else example, missing)


def take_paragraph(text: str, context: ReadingContext) -> tuple[str | None, str]:
    """The number of a paragraph in front: ``3``, ``§3``, ``3.``; not the hour in ``12:00`` nor the ``3`` in ``3rd``."""
    del context
    found = _PARAGRAPH.match(text)
    return (found[1], text[found.end() :]) if found else (None, text)


REST = Positional(take_rest)
WORD = Positional(take_word)
NAME = Positional(take_name)


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
    return tuple(_slot(part, context) for part in re.split(r"[|;\n\uff5c]", value) if part.strip())


def _slot_choice(value: str, context: ReadingContext) -> Slot | int:
    return int(plain(value)) if _NUMBER.fullmatch(plain(value)) else _slot(value, context)


def _rhythm(value: str, context: ReadingContext) -> Rhythm:
    del context
    return read_rhythm(plain(value))


def _name(text: str) -> str:
    """A typed name without the colon or comma that a mention leaves behind it."""
    return plain(text).rstrip(":,")


def _agency(value: str, context: ReadingContext) -> str:
    found = context.lookup.agency(_name(value))
    if found is None:
        _refuse_agency(value, context)
    return found


def _refuse_agency(value: str, context: ReadingContext) -> NoReturn:
    raise Refusal("reading/agency", agencies=context.lookup.agencies())


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
            if words[0].casefold() in {"and", "&"}:
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
        raise Refusal("reading/nobody", agencies=context.lookup.agencies())
    return people[0]


def _person_id(value: str, context: ReadingContext) -> str:
    return _person(value, context).user_id


def _whom(value: str, context: ReadingContext) -> Addressee:
    agency = context.lookup.agency(_name(value))
    if agency:
        return Addressee(agency)
    person = _person(value, context)
    return Addressee(person.agency, person.user_id)


def _minutes(value: str, context: ReadingContext) -> int:
    del context
    text = plain(value).lower()
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
PersonId = Annotated[str, _typed(_person_id)]
Whom = Annotated[Addressee, _typed(_whom)]
"""An agency or a person behind a key; ``To`` is the same without one."""
To = Annotated[Whom, Positional(take_whom, "AGENCY-or-PERSON")]

Paragraph = Annotated[int, Positional(take_paragraph, "§")]
"""A paragraph of minutes, by its number."""


def key_of(name: str) -> str:
    """What a field is typed as: ``for_`` is a Python name for the key ``for``."""
    return name.rstrip("_")
