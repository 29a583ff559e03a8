"""From the raw text of a message to a command's arguments: pure functions, nothing guessed."""

import re
import unicodedata
from collections.abc import Collection, Iterable
from difflib import get_close_matches
from enum import Enum
from typing import Any, TypeVar, get_args

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from cases.errors import Refusal
from commands.arguments import Arguments, Positional, ReadingContext, key_of, plain

__all__ = ["ReadingContext", "addressed", "keys", "normalise", "read", "suggest", "take_fields", "usage"]

A = TypeVar("A", bound=Arguments)

_LINE_ENDS = re.compile("\r\n|[\r\n\x0b\x0c\x85\u2028\u2029]")
# Controls, the overrides and isolates that show text in another order than it is stored, blanks without width, and
# halves of surrogate pairs, which cannot be stored. Joiners stay: emoji and Persian need them.
_DISGUISES = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\xad\u200b\u2060-\u2064\u2066-\u206f\u202a-\u202e\ufeff\ud800-\udfff]"
)
_QUOTED_REPLY = re.compile(r"> (?:\* )?<@[^\n]*(?:\n>[^\n]*)*(?:\n+|\Z)")
# A keyboard for right-to-left writing may put its marks before the first letter.
_LEADING_MARKS = re.compile("[\\s\u061c\u200c-\u200f]*")
_PREFIX = re.compile(r"!|\uff01|//?")
_MANY_CHOICES = 4
_CLOSE_ENOUGH = 0.6
_LONGEST_WORD = 40


def normalise(text: str) -> str:
    """The same text without what disguises it: NFC, plain blanks, LF as line end, no control or bidi override.

    Quotes, emoji, and right-to-left letters stay as they were typed.
    """
    text = _DISGUISES.sub("", _LINE_ENDS.sub("\n", text))
    return unicodedata.normalize("NFC", "".join(" " if unicodedata.category(c) == "Zs" else c for c in text))


def addressed(
    body: str,
    *,
    bot_id: str,
    bot_name: str,
    is_direct: bool,
    is_reply_to_card: bool,
    is_mentioned: bool | None = None,
) -> str | None:
    """The text of a command without its prefix, or None for ordinary talk.

    A message is for the bot after ``!`` or ``/``, or after its name. ``is_mentioned``: whether m.mentions names the
    bot; when it is known not to, a bare name (``Roundtable is at three``) is talk unless a colon or ``@`` makes it an
    address. In a direct chat, or in reply to a card, the prefix may be left out.
    """
    text = _LEADING_MARKS.sub("", normalise(body), count=1).rstrip()
    text = _QUOTED_REPLY.sub("", text, count=1).strip() if _QUOTED_REPLY.match(text) else text
    if command := _behind_prefix(text):
        return _bare(command)
    behind = _behind_name(text, bot_id, bot_name, bare=is_mentioned is not False)
    if behind is None and not (is_direct or is_reply_to_card):
        return None
    text = text if behind is None else behind or "help"
    text = _bare(_behind_prefix(text) or text)
    return text if text[:1].isalpha() or (is_reply_to_card and text[:1].isdigit()) else None


def _behind_prefix(text: str) -> str | None:
    """What follows ``!`` or ``/``, if it is a word: ``!!!`` and ``/ 2`` are talk."""
    prefix = _PREFIX.match(text)
    return text[prefix.end() :] if prefix and text[prefix.end() :][:1].isalpha() else None


def _behind_name(text: str, bot_id: str, bot_name: str, *, bare: bool) -> str | None:
    """What follows the bot's name at the beginning, as a mention pill leaves it in the plain body."""
    names = sorted(filter(None, {bot_id, bot_id.partition(":")[0], bot_name}), key=len, reverse=True)
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


def take_fields(rest: str, keys: Collection[str]) -> tuple[str, dict[str, str]]:
    """Split ``text key: value key: value`` into the text and the values, for these keys and no others.

    A key stands at the beginning or after a blank or line break, its colon directly behind it or after one blank;
    ``http://`` is no key. A value runs to the next key. Text and values lose the blanks around them, nothing else.

    Raises:
        Refusal: ``reading/twice`` for a key that stands there twice.

    """
    if not keys:
        return rest.strip(), {}
    words = "|".join(re.escape(key) for key in sorted(keys, key=len, reverse=True))
    # Marks of direction may hide before a word that follows right-to-left text: they count as a blank.
    found = list(re.finditer(rf"(?<![^\s\u200c-\u200f])({words}) ?[:\uff1a](?!//)", rest, re.IGNORECASE))
    known = {key.casefold(): key for key in keys}
    fields: dict[str, str] = {}
    ends = [match.start() for match in found[1:]] + [len(rest)]
    for match, end in zip(found, ends, strict=False):
        key = known[match[1].casefold()]
        if key in fields:
            raise Refusal("reading/twice", key=key)
        fields[key] = rest[match.end() : end].strip()
    return (rest[: found[0].start()] if found else rest).strip(), fields


def keys(arguments: type[Arguments]) -> list[str]:
    """The keys of a command, as they are typed, in order of declaration."""
    return [key_of(name) for name, field in arguments.model_fields.items() if _positional(field) is None]


def usage(path: str, arguments: type[Arguments]) -> str:
    """How a command is typed: ``!request AGENCY-or-PERSON QUESTION because: REASON [by: DATE]``."""
    ordered = sorted(
        arguments.model_fields.items(),
        key=lambda item: 0 if _positional(item[1]) else 1 if item[1].is_required() else 2,
    )
    return " ".join([f"!{path}", *(_usage_of(name, field) for name, field in ordered)])


def read(arguments: type[A], rest: str, context: ReadingContext) -> A:
    """Bind what was typed after the command's words to its arguments.

    Raises:
        Refusal: ``reading/…`` and ``when/…``; the facts never repeat more than the beginning of a short value.

    """
    text, typed = take_fields(normalise(rest), keys(arguments))
    values: dict[str, object] = {}
    missing: list[tuple[str, FieldInfo]] = []
    for name, field in arguments.model_fields.items():
        marker = _positional(field)
        value: str | None
        if marker:
            value, text = marker.take(text, context)
        else:
            value = typed.get(key_of(name))
        if value:
            values[name] = _choose(name, field, value)
        elif field.is_required() or value is not None:
            missing.append((name, field))
    if missing:
        _refuse_missing(missing, context)
    if text.strip():
        raise Refusal("reading/too_much", keys=keys(arguments), example=context.example)
    try:
        return arguments.model_validate(values, context=context)
    except Refusal as refusal:
        raise _in_words(refusal, arguments) from None
    except ValidationError as fault:
        # What pydantic finds wrong beyond the types above is a short value that a command declared itself.
        name = str(fault.errors(include_input=False, include_url=False)[0]["loc"][0])
        hint = arguments.model_fields[name].description
        raise Refusal("reading/invalid", key=key_of(name), hint=hint, example=context.example) from None


def _in_words(refusal: Refusal, arguments: type[Arguments]) -> Refusal:
    """The same, but what is typed without a key is called by its title: nobody has ever seen its key."""
    key = refusal.facts.get("key")
    untyped = [f for name, f in arguments.model_fields.items() if key_of(name) == key and _positional(f)]
    return Refusal(refusal.code, **{**refusal.facts, "key": untyped[0].title or key}) if untyped else refusal


def suggest(word: str, known: Iterable[str], *, closeness: float = _CLOSE_ENOUGH) -> str | None:
    """The known word that comes nearest to a mistyped one, if any is near; to be shown, never to be run."""
    nearest = get_close_matches(plain(word)[:_LONGEST_WORD].lower(), sorted(set(known)), n=1, cutoff=closeness)
    return nearest[0] if nearest else None


def _positional(field: FieldInfo) -> Positional | None:
    """The marker of a field, be it ``Rest`` or ``Rest | None``; the outermost one counts."""
    inner = [part for kind in get_args(field.annotation) for part in getattr(kind, "__metadata__", ())]
    markers = [part for part in [*inner, *field.metadata] if isinstance(part, Positional)]
    return markers[-1] if markers else None


def _choices(field: FieldInfo) -> type[Enum] | None:
    kinds = [field.annotation, *get_args(field.annotation)]
    kinds += [get_args(kind)[0] for kind in kinds if hasattr(kind, "__metadata__")]
    return next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Enum)), None)


def _choose(name: str, field: FieldInfo, value: str) -> object:
    """A value of an enumerated field in its own spelling; anything else as it was typed."""
    choices = _choices(field)
    if choices is None:
        return value
    known = {str(choice.value).casefold(): choice for choice in choices}
    word = plain(value).casefold()
    if word in known:
        return known[word]
    raise Refusal(
        "reading/choice",
        key=key_of(name),
        choices=[str(choice.value) for choice in choices],
        suggestion=suggest(word, known),
    )


def _refuse_missing(fields: list[tuple[str, FieldInfo]], context: ReadingContext) -> None:
    missing = [_describe(name, field) for name, field in fields]
    raise Refusal(
        "reading/missing", field=missing[0]["key"], hint=missing[0]["hint"], missing=missing, example=context.example
    )


def _describe(name: str, field: FieldInfo) -> dict[str, Any]:
    """What is missing, what to type for it, the key it goes by, and what can be chosen."""
    key = key_of(name)
    label = field.title or key
    marker = _positional(field)
    if marker is None:
        choices = [str(choice.value) for choice in _choices(field) or ()]
        hint = _placeholder(name, field) if choices else field.description or label
        many = choices if len(choices) >= _MANY_CHOICES else []
        return {"label": label, "hint": f"{key}: {hint}", "key": key, "choices": many}
    if marker.missing:
        return {"label": marker.missing[0], "hint": marker.missing[1], "key": key, "choices": []}
    return {"label": label, "hint": field.description or label, "key": key, "choices": []}


def _usage_of(name: str, field: FieldInfo) -> str:
    marker = _positional(field)
    placeholder = (marker and marker.placeholder) or _placeholder(name, field)
    shown = placeholder if marker else f"{key_of(name)}: {placeholder}"
    return shown if field.is_required() else f"[{shown}]"


def _placeholder(name: str, field: FieldInfo) -> str:
    """The few choices there are, else the title in capitals without its article."""
    choices: Any = _choices(field) or ()
    if 0 < len(choices) < _MANY_CHOICES:
        return "|".join(str(choice.value) for choice in choices)
    title = re.sub(r"^(?:an?|the) ", "", field.title or key_of(name))
    return title.upper() if title == title.lower() else title
