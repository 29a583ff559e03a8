# lines: one way from the raw text of a message to a command's arguments
"""From the raw text of a message to a command's arguments: pure functions, nothing guessed."""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping
from difflib import get_close_matches
from enum import Enum
from functools import cache
from typing import Any, NoReturn, TypeVar, get_args, get_origin
from urllib.parse import unquote

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from cases.errors import Refusal
from chat.arguments import (
    CALLED,
    Arguments,
    Positional,
    ReadingContext,
    ShortText,
    Text,
    are_agencies,
    key_of,
    plain,
    take_name,
    take_rest,
    take_whom,
)
from chat.keys import find_stray, keys_of_others, names_an_audience, without_emphasis
from chat.languages import ENGLISH, Language
from chat.said import LOOSE, is_courtesy

__all__ = [
    "SURELY_MEANT",
    "ReadingContext",
    "addressed",
    "beginning",
    "choices_of",
    "is_prefixed",
    "keys",
    "missing",
    "normalise",
    "positional",
    "prefixed",
    "read",
    "suggest",
    "take_fields",
    "unlink",
    "unquoted",
    "usage",
]

A = TypeVar("A", bound=Arguments)

_LINE_ENDS = re.compile("\r\n|[\r\n\x0b\x0c\x85\u2028\u2029]")
# Controls, the overrides and isolates that show text in another order than it is stored, blanks without width, and
# halves of surrogate pairs, which cannot be stored. Joiners stay: emoji and Persian need them.
_DISGUISES = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\xad\u200b\u2060-\u2064\u2066-\u206f\u202a-\u202e\ufeff\ud800-\udfff]"
)
_QUOTED_REPLY = re.compile(r"[\s\u061c\u200c-\u200f]*> (?:\* )?<@[^\n]*(?:\n>[^\n]*)*(?:\n+|\Z)")
# A keyboard for right-to-left writing may put its marks before the first letter.
_LEADING_MARKS = re.compile("[\\s\u061c\u200c-\u200f]*")
_PREFIX = re.compile(r"!|\uff01|//?")
# What phones and habits put before it: a bullet, a number, emphasis, quotes, a second mark, a blank behind it.
_LOOSE_PREFIX = re.compile(
    r"(?:(?:[-*+\u2022\u2023\u25e6\u2013\u2014]|[0-9]{1,2}[.)])[ \t]{1,4})?"
    r"(?P<around>[*_~`\"'\u2018\u2019\u201c\u201d\u201e\u00ab(]{0,4})"
    r"(?:[!\uff01]{1,2}|//?)[ \t]{0,4}(?=[^\W\d_])"
)
_AROUND_A_CHOICE = " .,;:!?*_~`\"'\u2018\u2019\u201c\u201d()"
_BETWEEN_CHOICES = re.compile(r"[,;&+\n]|\s(?:and|en)\s")
_CLOSES = "*_~`\"'\u2018\u2019\u201c\u201d\u00bb)"
_MENTION = re.compile(
    r"\[(?P<name>[^\[\]\n]{1,255})\]\(<?(?:https://matrix\.to/#/(?:@|%40)|matrix:u/)"
    r"(?P<id>[^\s\"'<>?/)]{1,255})[^\s)]{0,255}\)"
)
_MANY_CHOICES = 4
_WORDS: frozenset[object] = frozenset({Text, ShortText, str, type(None)})
_CLOSE_ENOUGH = 0.6
SURELY_MEANT = 0.8
"""So near is a mistyped second word to the word that was meant: ``strat`` to ``start``, but not ``fri`` to ``fix``."""
_LONGEST_WORD = 40
LONGEST_REPLY = 10_000
"""Characters: more than any command takes."""
_BEGINNING = 1_000
"""Characters in which it shows whether a message is for the bot."""
_MOST_MARKS = 30
"""On one letter, as in the stream-safe text format (UAX #15): no language needs more, and sorting them is quadratic."""
_GRAPHEME_JOINER = "\u034f"


def normalise(text: str) -> str:
    """The same text without what disguises it: NFC, plain blanks, LF as line end, no control or bidi override.

    Quotes, emoji, and right-to-left letters stay as they were typed.
    """
    text = _DISGUISES.sub("", _LINE_ENDS.sub("\n", text))
    if text.isascii():
        return text
    text = "".join(" " if unicodedata.category(c) == "Zs" else c for c in text)
    return _stream_safe(unicodedata.normalize("NFC", _stream_safe(text)))


def _stream_safe(text: str) -> str:
    """The same, with endless runs of combining marks cut into runs that take no time (UAX #15, section 13)."""
    safe: list[str] = []
    marks = 0
    for c in text:
        marks = marks + 1 if unicodedata.combining(c) else 0
        if marks > _MOST_MARKS:
            safe.append(_GRAPHEME_JOINER)
            marks = 1
        safe.append(c)
    return "".join(safe)


def beginning(body: str) -> str:
    """As much of a message as shows whether it is for the bot, behind the fallback quote of a reply.

    Whatever is decided before anybody is trusted is decided by this, in a time that nobody can make long.
    """
    return _unquoted(body)[:_BEGINNING]


def unquoted(body: str) -> str:
    """What a message says behind the fallback quote, as it is read; only its beginning where it has no end."""
    return normalise(_unquoted(body)[:LONGEST_REPLY]).strip()


def _unquoted(body: str) -> str:
    """A message without the fallback quote of what it replies to."""
    quoted = _QUOTED_REPLY.match(body)
    return body[quoted.end() :] if quoted else body


def unlink(body: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """A text with names where some clients write links to people; those names, and the user ids they stand for."""
    if "matrix" not in body:
        return body, ()
    pills: list[tuple[str, str]] = []

    def name(found: re.Match[str]) -> str:
        shown = " ".join(found["name"].split())
        pills.append((shown, f"@{unquote(found['id']).removeprefix('@')}"))
        return shown

    return _MENTION.sub(name, body), tuple(pills)


def addressed(
    body: str,
    *,
    bot_id: str,
    bot_name: str,
    is_direct: bool,
    is_reply_to_card: bool,
    is_mentioned: bool | None = None,
    also_called: Collection[str] = (),
    is_command: Callable[[str], bool] = lambda _text: False,
) -> str | None:
    """The text of a command without its prefix, or None for ordinary talk.

    A message is for the bot after ``!`` or ``/``, or after its name. ``is_mentioned``: whether m.mentions names the
    bot; when it is known not to, a bare name (``Roundtable is at three``) is talk unless a colon or ``@`` makes it an
    address. In a direct chat, or in reply to a card, the prefix may be left out. ``also_called``: what a client calls
    the bot in this message. ``is_command``: whether a text begins as a command does, without which a prefix that stands
    apart or among other marks (``! Attention``, ``- !!``) is talk.
    """

    def command_in(text: str) -> str | None:
        text = _LEADING_MARKS.sub("", normalise(text), count=1).rstrip()
        if command := _behind_prefix(text):
            return _bare(command)
        loose = _behind_loose_prefix(text)
        if loose and is_command(loose):
            return _bare(loose)
        behind = _behind_name(text, {bot_id, bot_name, *also_called}, bare=is_mentioned is not False)
        if behind is None and not (is_direct or is_reply_to_card):
            return None
        text = text if behind is None else behind or "help"
        text = _bare(_behind_prefix(text) or text)
        return text if text[:1].isalpha() or (is_reply_to_card and text[:1].isdigit()) else None

    # Ordinary talk is not read to its end.
    text = _unquoted(body)
    command = command_in(text[:_BEGINNING])
    return command if command is None or len(text) <= _BEGINNING else command_in(text)


def prefixed(line: str) -> str | None:
    """What a line says behind ``!`` or ``/``, if it has one and a word follows; as ``addressed``, for a later line."""
    line = _LEADING_MARKS.sub("", line, count=1)
    command = _behind_prefix(line) or _behind_loose_prefix(line)
    return _bare(command) if command else None


def is_prefixed(body: str) -> bool:
    """Whether a message begins with ``!`` or ``/``."""
    return _PREFIX.match(_LEADING_MARKS.sub("", normalise(beginning(body)), count=1)) is not None


def _behind_prefix(text: str) -> str | None:
    """What follows ``!`` or ``/``, if it is a word: ``!!!`` and ``/ 2`` are talk."""
    prefix = _PREFIX.match(text)
    return text[prefix.end() :] if prefix and text[prefix.end() :][:1].isalpha() else None


def _behind_loose_prefix(text: str) -> str | None:
    """The same, where marks stand around it: ``**!concern he left**``, ``- !done A-1``, ``! next``."""
    found = _LOOSE_PREFIX.match(text)
    if found is None:
        return None
    behind = text[found.end() :]
    if around := found["around"]:
        word, blank, rest = re.match(r"(\S*)(\s*)(.*)", behind, re.DOTALL).groups()  # type: ignore[union-attr]
        shut = word.rstrip(_CLOSES)
        behind = shut + blank + rest if shut != word else behind.rstrip().removesuffix(around[::-1]).rstrip(_CLOSES)
    return behind


def _behind_name(text: str, called: Collection[str], *, bare: bool) -> str | None:
    """What follows the bot's name at the beginning, as a mention pill leaves it in the plain body."""
    called = {*called, *(name.partition(":")[0] for name in called if name.startswith("@"))}
    names = sorted(filter(None, called), key=len, reverse=True)
    for name in names:
        pattern = rf"(?P<at>@?){re.escape(name.removeprefix('@'))}(?P<mark>\s?[:,\uff1a])?(?=\s|[!/\uff01]|\Z)\s*"
        if found := re.match(pattern, text, re.IGNORECASE):
            behind = text[found.end() :]
            certain = found["at"] or found["mark"] or bare or _behind_prefix(behind)
            return behind if certain else None
    return None


def _bare(text: str) -> str:
    """A command text whose first word has no invisible characters left."""
    word, *rest = re.split(r"(\s)", text, maxsplit=1)
    return plain(word) + "".join(rest)


def take_fields(rest: str, keys: Collection[str], also: Mapping[str, str] | None = None) -> tuple[str, dict[str, str]]:
    """Split ``text key: value key: value`` into the text and the values, for these keys and no others.

    A key stands at the beginning or after a blank or line break, its colon directly behind it or after one blank;
    ``http://`` is no key. A value runs to the next key. Text and values lose the blanks around them, nothing else.
    ``also``: what else may be typed for a key, and for which.

    Raises:
        Refusal: ``reading/twice`` for a key that stands there twice, each time with a value.

    """
    if not keys:
        return rest.strip(), {}
    known = {key.casefold(): key for key in keys}
    # A key's own word is never another's translation.
    known = {typed.casefold(): key for typed, key in (also or {}).items()} | known
    words = "|".join(re.escape(typed) for typed in sorted(known, key=len, reverse=True))
    # Marks of direction may hide before a word that follows right-to-left text: they count as a blank.
    keyed = re.finditer(rf"(?<![^\s\u200c-\u200f])({words}) ?[:\uff1a](?!//)", rest, re.IGNORECASE)
    # A few letters of other alphabets equal ours when case is ignored, and make another word.
    found = [match for match in keyed if match[1].casefold() in known]
    fields: dict[str, str] = {}
    ends = [match.start() for match in found[1:]] + [len(rest)]
    for match, end in zip(found, ends, strict=False):
        key = known[match[1].casefold()]
        value = rest[match.end() : end].strip()
        # A key that was typed with nothing behind it, and then again as it is offered, is one.
        if fields.get(key) and value:
            raise Refusal("reading/twice", key=key)
        fields[key] = value or fields.get(key, "")
    return (rest[: found[0].start()] if found else rest).strip(), fields


@cache
def keys(arguments: type[Arguments], *, but_remarks: bool = False) -> tuple[str, ...]:
    """The keys of a command, as they are typed, in order of declaration.

    ``but_remarks``: without those that may be left out and take any words.
    """
    return tuple(
        key_of(name)
        for name, field, marker in _fields(arguments)
        if marker is None and not (but_remarks and is_remark(field))
    )


def is_remark(field: FieldInfo) -> bool:
    """Whether a field may be left out and takes any words."""
    kinds = frozenset(get_args(field.annotation)) or {field.annotation}
    return not field.is_required() and kinds <= _WORDS


@cache
def _fields(arguments: type[Arguments]) -> tuple[tuple[str, FieldInfo, Positional | None], ...]:
    """The name, the declaration and the marker of each field: looked up once, not with each message."""
    return tuple((name, field, positional(field)) for name, field in arguments.model_fields.items())


@cache
def _typed_for(arguments: type[Arguments], languages: tuple[Language, ...]) -> dict[str, str]:
    """Each key of a command by what is typed for it in other languages, those first that are spoken here."""
    also = tuple(marker.also for _, _, marker in _fields(arguments) if marker and marker.also)
    known = (*keys(arguments), *also)
    others = {typed: key for key in known for typed in keys_of_others(key)}
    return others | {key: key for key in also} | {spoken.key(key): key for spoken in languages for key in known}


@cache
def usage(path: str, arguments: type[Arguments], language: Language = ENGLISH) -> str:
    """How a command is typed: ``!request AGENCY-or-PERSON QUESTION because: REASON [by: DATE]``."""
    ordered = sorted(
        arguments.model_fields.items(),
        key=lambda item: 0 if positional(item[1]) else 1 if item[1].is_required() else 2,
    )
    return " ".join([f"!{path}", *(_usage_of(name, field, language) for name, field in ordered)])


def read(arguments: type[A], rest: str, context: ReadingContext) -> A:
    """Bind what was typed after the command's words to its arguments.

    Raises:
        Refusal: ``reading/…`` and ``when/…``; the facts never repeat more than the beginning of a short value.

    """
    also = _typed_for(arguments, context.languages)
    rest = normalise(rest)
    if context.vocabulary:
        own = {typed.casefold(): key for typed, key in also.items()} | {key: key for key in keys(arguments)}
        rest = without_emphasis(rest, own, context.vocabulary, context.languages)
        _refuse_stray(rest, own, arguments, context)
    text, typed = take_fields(rest, keys(arguments), also)
    text = _take_up(arguments, text, typed, context)
    values: dict[str, object] = {}
    lacking: list[str] = []
    for name, field, marker in _fields(arguments):
        value: str | None
        if marker:
            value, text = _take(marker, field, text, context)
        else:
            value = typed.get(key_of(name))
        if value:
            values[name] = _choose(name, field, value, context)
        elif field.is_required() or value is not None:
            lacking.append(name)
    if any(positional(arguments.model_fields[name]) for name in lacking):
        _refuse_missing(arguments, lacking, context)
    if text.strip() and not is_courtesy(text, LOOSE):
        named = [context.language.key(key) for key in keys(arguments)]
        raise Refusal("reading/too_much", keys=named, example=context.example)
    return _bind(arguments, values, lacking, context)


def _bind(arguments: type[A], values: dict[str, object], lacking: list[str], context: ReadingContext) -> A:
    """The arguments; what is wrong with a value is told before what is missing, so that a line to add always works."""
    try:
        bound = arguments.model_validate(values, context=context)
    except Refusal as refusal:
        raise _in_words(refusal, arguments, context.language) from None
    except ValidationError as fault:
        if lacking:
            _refuse_missing(arguments, lacking, context)
        # What pydantic finds wrong beyond the types above is a short value that a command declared itself.
        name = str(fault.errors(include_input=False, include_url=False)[0]["loc"][0])
        key, hint = context.language.key(key_of(name)), arguments.model_fields[name].description or ""
        raise Refusal("reading/invalid", key=key, hint=context.language.text(hint), example=context.example) from None
    if lacking:
        _refuse_missing(arguments, lacking, context)
    return bound


def _take(marker: Positional, field: FieldInfo, text: str, context: ReadingContext) -> tuple[str | None, str]:
    """What stands in a text for a field; thanks are no choice, unless it is called so."""
    value, rest = marker.take(text, context)
    choices = () if field.is_required() else choices_of(field)
    thanks = value and choices and is_courtesy(value, LOOSE) and value.casefold() not in choices
    # ``!brief please`` and ``!sitting ?`` ask to see what stands there.
    thanks = thanks or (value and not field.is_required() and marker.take is take_rest and is_courtesy(value))
    return (None, rest) if thanks else (value, rest)


def _take_up(arguments: type[Arguments], text: str, typed: dict[str, str], context: ReadingContext) -> str:
    """The text, with what stands behind a name that was typed for a key, or behind a key that it may have itself."""
    if not any(marker and marker.take is take_rest for _, _, marker in _fields(arguments)):
        return text
    for name, field, marker in _fields(arguments):
        if marker and marker.also:
            text = f"{text} {typed.get(marker.also, '')}".strip()
        value = typed.get(key_of(name))
        if marker is None and value and _is_called(field):
            whom, rest = take_name(value, context)
            if whom and rest and context.lookup.people(whom.strip(" ,.;")):
                typed[key_of(name)] = whom
                text = f"{text} {rest}".strip()
    return text


def _is_called(field: FieldInfo) -> bool:
    return CALLED in _marks(field)


def is_text(field: FieldInfo) -> bool:
    """Whether a field takes words of one's own, be it behind a key or without one."""
    return Text.__metadata__[0] in _marks(field)  # type: ignore[attr-defined]


def _marks(field: FieldInfo) -> list[Any]:
    inner = [part for kind in get_args(field.annotation) for part in getattr(kind, "__metadata__", ())]
    return [*inner, *field.metadata]


def _in_words(refusal: Refusal, arguments: type[Arguments], language: Language) -> Refusal:
    """The same, but what is typed without a key is called by its title: nobody has ever seen its key."""
    key = refusal.facts.get("key")
    for name, field in arguments.model_fields.items():
        if key_of(name) == key:
            named = language.text(field.title or key) if positional(field) else language.key(key)
            return Refusal(refusal.code, **{**refusal.facts, "key": named})
    return refusal


def suggest(word: str, known: Iterable[str], *, closeness: float = _CLOSE_ENOUGH) -> str | None:
    """The known word that comes nearest to a mistyped one, if any is near; to be shown, never to be run."""
    typed = plain(word[:_BEGINNING])[:_LONGEST_WORD].lower()
    nearest = get_close_matches(typed, sorted(set(known)), n=1, cutoff=closeness)
    return nearest[0] if nearest else None


def positional(field: FieldInfo) -> Positional | None:
    """The marker of a field without a key, be it ``Rest`` or ``Rest | None``; the outermost one counts."""
    markers = [part for part in _marks(field) if isinstance(part, Positional)]
    return markers[-1] if markers else None


def _choices(field: FieldInfo) -> type[Enum] | None:
    kinds = [field.annotation, *get_args(field.annotation)]
    kinds += [get_args(kind)[0] for kind in kinds if hasattr(kind, "__metadata__")]
    return next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Enum)), None)


def choices_of(field: FieldInfo) -> list[str]:
    """The words that can be chosen for a field; none when anything can be typed."""
    return [str(choice.value) for choice in _choices(field) or ()]


def _choose(name: str, field: FieldInfo, value: str, context: ReadingContext) -> object:
    """A value of an enumerated field in its own spelling; anything else as it was typed."""
    choices = _choices(field)
    if choices is None:
        return value
    # What is typed without a key has none that anybody has seen.
    key = None if positional(field) else context.language.key(key_of(name))
    if get_origin(field.annotation) is tuple:
        return tuple(dict.fromkeys(_choose_one(key, choices, one, context) for one in _several(value)))
    return _choose_one(key, choices, value, context)


def _several(value: str) -> list[str]:
    return [one for one in _BETWEEN_CHOICES.split(value) if one.strip()]


def _choose_one(key: str | None, choices: type[Enum], value: str, context: ReadingContext) -> Enum:
    known = {spoken.choice(str(c.value)).casefold(): c for spoken in context.languages for c in choices}
    known |= {str(choice.value).casefold(): choice for choice in choices}
    word = plain(value).casefold()
    for chosen in (word, word.strip(_AROUND_A_CHOICE)):
        if chosen in known:
            return known[chosen]
    raise Refusal(
        "reading/choice",
        key=key,
        choices=[context.language.choice(str(choice.value)) for choice in choices],
        suggestion=suggest(word.strip(_AROUND_A_CHOICE), known),
    )


def _refuse_stray(text: str, own: Mapping[str, str], arguments: type[Arguments], context: ReadingContext) -> None:
    """Refuse what stands like a key, or names those who may read it, and would be taken as text."""
    # ``!hand A-1 to: youth``: whom it is handed to is typed without a key, and many say its name before it.
    unnamed = {
        key_of(name): key_of(name) for name, _, marker in _fields(arguments) if marker and marker.take is take_whom
    }
    stray = find_stray(text, {**unnamed, **own}, context.vocabulary, context.languages)
    if stray is not None:
        named = [context.language.key(key) for key in keys(arguments)]
        meant = stray.meant and context.language.key(stray.meant)
        texts = any(is_text(field) for _, field, _ in _fields(arguments))
        raise Refusal("reading/unknown_key", key=stray.typed, meant=meant, keys=named, texts=texts)
    if names_an_audience(text, own, lambda value: are_agencies(value, context)):
        raise Refusal("reading/audience", key=context.language.key("see"))


def missing(arguments: type[Arguments], names: Iterable[str], language: Language, example: str) -> Refusal:
    """What is said when these fields are missing: also those that not the command asks for, but a scheme."""
    told = [_describe(name, arguments.model_fields[name], language) for name in names]
    return Refusal("reading/missing", field=told[0]["key"], hint=told[0]["hint"], missing=told, example=example)


def _refuse_missing(arguments: type[Arguments], fields: list[str], context: ReadingContext) -> NoReturn:
    raise missing(arguments, fields, context.language, context.example)


def _describe(name: str, field: FieldInfo, language: Language) -> dict[str, Any]:
    """What is missing, what to type for it, the key it goes by, and what can be chosen."""
    key = language.key(key_of(name))
    label = language.text(field.title) if field.title else key
    description = language.text(field.description or "") or label
    marker = positional(field)
    if marker is None:
        choices = list(map(language.choice, choices_of(field)))
        hint = _placeholder(name, field, language) if choices else description
        many = choices if len(choices) >= _MANY_CHOICES else []
        return {"label": label, "hint": f"{key}: {hint}", "key": key, "choices": many}
    if marker.missing:
        label, hint = map(language.text, marker.missing)
        return {"label": label, "hint": hint, "key": key, "choices": []}
    return {"label": label, "hint": description, "key": key, "choices": []}


def _usage_of(name: str, field: FieldInfo, language: Language) -> str:
    marker = positional(field)
    placeholder = language.text(marker.placeholder) if marker and marker.placeholder else None
    placeholder = placeholder or _placeholder(name, field, language)
    shown = placeholder if marker else f"{language.key(key_of(name))}: {placeholder}"
    return shown if field.is_required() else f"[{shown}]"


def _placeholder(name: str, field: FieldInfo, language: Language) -> str:
    """The few choices there are, else the title in capitals without its article."""
    choices = choices_of(field)
    if 0 < len(choices) < _MANY_CHOICES:
        return "|".join(map(language.choice, choices))
    title = language.text(field.title) if field.title else language.key(key_of(name))
    title = re.sub(rf"^(?:{'|'.join(language.articles)}) ", "", title)
    return title.upper() if title == title.lower() else title
