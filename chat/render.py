"""From a template and its facts to a message: HTML and plain text from the one source, safe and of a readable length.

A template is plain text with a few tags (``<b>``); its line breaks are the message's. Whatever people typed is escaped.
"""

import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from string import whitespace
from zoneinfo import ZoneInfo

from jinja2 import Environment, FunctionLoader, StrictUndefined
from jinja2.runtime import Context as Facts
from jinja2.utils import pass_context
from markupsafe import Markup

from cases.followups import Followup
from cases.scheme import Clock
from cases.time import shorten, show, show_day
from cases.verbs import Phrase
from chat.languages import ENGLISH, Language
from chat.layout import confine, fit, formatted, mark, mention, plain, words
from storage.find import Directory
from storage.messages import Message

_PAGE_CHARACTERS = 12_000
"""So much of a text is read at a time."""
_PAGE_BYTES = 40_000
"""Of the JSON of a message, plain and HTML. Encrypted and in base64 it has a third more: with what belongs to an event,
such as hashes and signatures, this stays under its 65,536 bytes (specification: Size limits)."""
_MENTIONS_BYTES = 8_000
_SHORT_LINE = 500
"""Characters: so many fit a page, whatever they are."""
_AROUND_BYTES, _LABEL_BYTES = 18, 40
"""Of a line in both bodies: what ends it, and its block; and what stands around the label of a quotation."""
_CHARACTER_BYTES = 14
"""Of a character in both bodies, whatever it is: six each, and a hyphen's two."""
_in_json = json.JSONEncoder(ensure_ascii=False).encode
HERE = Path(__file__).parent
_MORE = "…"
_MARK = re.compile(r"<(/?)(b|code|blockquote|li|soft)>")
_TOKEN = re.compile(r"&[#a-z0-9]+;|<[^<>]{1,300}>|[^\s&<]{1,500}\s{0,20}|\s{1,20}|.", re.DOTALL)
_BLANK_LINES = re.compile(r"\n{3,}")


@dataclass(frozen=True, repr=False)
class Voice:
    """How texts sound in one room: which names people have there, and in which zone and language they are told."""

    directory: Directory
    zone: ZoneInfo
    language: Language = ENGLISH
    alone: bool = False
    """Whether one person reads it: whoever is mentioned is not named to themselves."""
    mark: str | None = None
    """The template of what stands first in all that is said (chat/marks.py)."""

    def message(
        self,
        template: str,
        facts: Mapping[str, object],
        *,
        subject: str | None = None,
        wake: tuple[str, ...] = (),
        answers_to: str | None = None,
        beside: bool = True,
    ) -> list[Message]:
        """Render a message, as one page or more; ``wake``: who must act and is mentioned."""
        groups = self._groups(wake)
        pages = _pages(self.text(template, facts))
        # However many must act, each of them is mentioned once at least.
        pages += [_MORE] * (len(groups) - len(pages))
        messages: list[Message] = []
        first = f"<b>{self.text(self.mark, {})}</b>\n" if self.mark else ""
        for number, page in enumerate(pages):
            people = groups[number % len(groups)]
            # In a line of its own, which names them; whoever is alone with the bot needs none.
            named = f"\n\n{self.text('mentioned', {'people': people})}" if people and not self.alone else ""
            html = formatted(first + page + named)
            messages.append(Message(plain(first + page), html, people, not wake, subject, answers_to, beside))
        return messages

    def text(self, template: str, facts: Mapping[str, object]) -> str:
        """The rendered template: escaped text with a few tags."""
        rendered = _environment.get_template(f"{template}.html").render({**facts, "voice": self})
        # Blanks only: what parts the places of a line may stand at its end.
        return _BLANK_LINES.sub("\n\n", rendered).strip(whitespace)

    def poll(self, template: str, facts: Mapping[str, object]) -> tuple[str, tuple[tuple[str, str], ...]]:
        """What a poll asks, and what each tap says and how it is shown: a line of its template, ``LINE = LABEL``."""
        question, *answers = (line for line in plain(self.text(template, facts)).split("\n") if line)
        parted = (line.partition(" = ") for line in answers)
        return self.marked(question), tuple((said, label) for said, _, label in parted)

    def marked(self, title: str) -> str:
        """A text of one line behind the mark, such as the title of a paper; without either the other."""
        return " · ".join(filter(None, (plain(self.text(self.mark, {})) if self.mark else "", title)))

    def _groups(self, people: tuple[str, ...]) -> list[tuple[str, ...]]:
        """The people in groups that fit a message beside its text."""
        groups: list[tuple[str, ...]] = [()]
        room = _MENTIONS_BYTES
        for person in people:
            weight = _bytes(person) + _weight(mention(person, self.directory.name(person)))
            room -= weight
            if room < 0 and groups[-1]:
                groups.append(())
                room = _MENTIONS_BYTES - weight
            groups[-1] += (person,)
        return groups


def _pages(text: str) -> list[str]:
    """The text in pieces that fit a message, each of whole lines as far as these fit."""
    lines = 1 + text.count("\n")
    # Nearly all that is said is short, whatever stands in it: that need not be weighed.
    if len(text) * _CHARACTER_BYTES + lines * (_AROUND_BYTES + _LABEL_BYTES) <= _PAGE_BYTES - _MENTIONS_BYTES:
        return [text]
    if len(text) <= _PAGE_CHARACTERS and _weight(text) <= _PAGE_BYTES - _MENTIONS_BYTES:
        return [text]
    pages: list[list[str]] = [[]]
    characters, room = _PAGE_CHARACTERS, _PAGE_BYTES - _MENTIONS_BYTES
    for line in text.split("\n"):
        for part in _parts(line):
            weight = _weight_of_line(part)
            if pages[-1] and (len(part) > characters or weight > room):
                pages.append([])
                characters, room = _PAGE_CHARACTERS, _PAGE_BYTES - _MENTIONS_BYTES
            pages[-1].append(part)
            characters -= len(part) + 1
            room -= weight
    return ["\n".join(page) for page in pages]


def _parts(line: str) -> list[str]:
    """A line in pieces that fit a page, never cut inside an entity, and between words as far as these fit.

    What was marked is marked in each of the pieces.
    """
    parts, marks = [""], list[str]()
    characters, room = _PAGE_CHARACTERS, _PAGE_BYTES - _MENTIONS_BYTES - _weight("\n")
    for token in _TOKEN.findall(line):
        # As it stands in both bodies; the hyphen of an id is longer in the HTML.
        weight = _bytes(plain(token)) + _bytes(token) + 2 * token.count("-")
        if len(token) > characters or weight > room:
            parts[-1] += "".join(f"</{name}>" for name in reversed(marks))
            parts.append("".join(f"<{name}>" for name in marks))
            characters, room = _PAGE_CHARACTERS, _PAGE_BYTES - _MENTIONS_BYTES - _weight("\n")
        parts[-1] += token
        if found := _MARK.fullmatch(token):
            marks = marks[:-1] if found[1] else [*marks, found[2]]
        characters -= len(token)
        room -= weight
    return parts


def _weight_of_line(line: str) -> int:
    """At least what a line adds to a message: worked out for each of many, so without its HTML.

    What stands around a quotation is dropped there, or stands once for all its lines; an id has a longer hyphen.
    """
    bare = line.replace("<blockquote>", "").replace("</blockquote>", "")
    labelled = _LABEL_BYTES if "<blockquote>" in line and not line.startswith("<blockquote>") else 0
    return _bytes(plain(line)) + _bytes(bare) + 2 * line.count("-") + _AROUND_BYTES + labelled


def _weight(text: str) -> int:
    """The bytes that a piece of a rendered text has in the JSON of its message, where it stands twice."""
    return _bytes(plain(text)) + _bytes(formatted(text))


def _bytes(text: str) -> int:
    """The bytes of a text in JSON, in which some signs have six."""
    return len(_in_json(text).encode(errors="replace")) - len('""')


def _voice(facts: Facts) -> Voice:
    voice = facts["voice"]
    if not isinstance(voice, Voice):
        raise TypeError("voice")
    return voice


@pass_context
def _gettext(facts: Facts, text: str) -> str:
    return mark(_voice(facts).language.text(text))


@pass_context
def _ngettext(facts: Facts, one: str, many: str, count: int) -> str:
    return mark(_voice(facts).language.plural(one, many, count))


@pass_context
def _translated(facts: Facts, text: str) -> str:
    """A text of ours that stands in Python, such as the summary of a command; it is escaped like any other."""
    return _voice(facts).language.text(text)


@pass_context
def _marked(facts: Facts, title: str | Markup) -> Markup:
    """The title of a paper behind the mark of its case, if it has one."""
    return Markup(" · ").join(filter(None, (_voice(facts).marked(""), title)))


@pass_context
def _choice(facts: Facts, word: str) -> str:
    """A word that can be chosen, such as a role or an urgency."""
    return _voice(facts).language.choice(word)


@pass_context
def _state(facts: Facts, word: str) -> str:
    """How a question or an action stands."""
    return _voice(facts).language.state(word)


@pass_context
def _grouped(facts: Facts, word: str) -> str:
    """The word that opens a group of commands in the help."""
    return _voice(facts).language.group(word)


@pass_context
def _dated(facts: Facts, text: str) -> str:
    """A date that was put into words already."""
    return _voice(facts).language.date(text)


@pass_context
def _when(facts: Facts, moment: datetime) -> str:
    voice = _voice(facts)
    return voice.language.date(show(moment, voice.zone))


@pass_context
def _day(facts: Facts, moment: datetime) -> str:
    voice = _voice(facts)
    return voice.language.date(show_day(moment, voice.zone))


@pass_context
def _clock(facts: Facts, moment: datetime) -> str:
    return f"{moment.astimezone(_voice(facts).zone):%H:%M}"


@pass_context
def _name(facts: Facts, user_id: str) -> str:
    return confine(_voice(facts).directory.name(user_id))


@pass_context
def _agency(facts: Facts, short: str) -> str:
    return confine(_voice(facts).directory.agency_name(short))


@pass_context
def _party(facts: Facts, whose: str) -> str:
    """An agency or a person."""
    return _name(facts, whose) if whose.startswith("@") else _agency(facts, whose)


@pass_context
def _who(facts: Facts, user_id: str) -> str:
    """A person with the agency: ``Ada (Police)``."""
    directory = _voice(facts).directory
    person = directory.known(user_id)
    return f"{confine(person.name)} ({_agency(facts, person.agency)})" if person else user_id


@pass_context
def _mention(facts: Facts, user_id: str) -> Markup:
    return mention(user_id, _name(facts, user_id))


@pass_context
def _phrased(facts: Facts, phrase: Phrase) -> Markup:
    """What is told of a step; its places are escaped, and those that have a name are shown by it."""
    shown: dict[str, Callable[[Facts, str], str]] = {"person": _name, "agency": _agency, "state": _state}
    places = {name: shown[name](facts, value) if name in shown else value for name, value in phrase.places.items()}
    return Markup(_voice(facts).language.text(phrase.text)).format(**places)  # noqa: S704 format escapes


@pass_context
def _lasts(facts: Facts, clock: Clock) -> str:
    """How long something may take: ``5 working days``."""
    return _voice(facts).language.plural(*clock.unit.counted, clock.number).format(count=clock.number)


@pass_context
def _move(facts: Facts, item: Followup) -> Markup:
    """What is to be done about something unresolved."""
    return Markup(_voice(facts).language.text(item.what.move)).format(id=item.id)  # noqa: S704 format escapes


def _line(text: str) -> str:
    """What was typed, on one line."""
    return confine(" ".join(text.split()))


def _short(text: str, most: int) -> str:
    """The beginning of what was typed, on one line."""
    return confine(shorten(text, most))


def fours(key: str) -> str:
    """A public key in groups of four, for people to compare."""
    return " ".join(key[start : start + 4] for start in range(0, len(key), 4))


def find_templates() -> dict[str, Path]:
    """Every template, by name: ``concern/raised`` stands in the folder ``templates`` of that concept.

    ``refused/concern/x`` stands in its folder ``refused``. What stands in a folder in either has that folder's name
    instead of the concept's.
    """
    found: dict[str, Path] = {}
    for root in (HERE, HERE.parent / "commands"):
        for kind, before in (("templates", ""), ("refused", "refused/")):
            for folder in sorted((root / kind, *root.glob(f"*/{kind}"))):
                for parent, _, files in os.walk(folder):
                    own = "" if folder.parent == HERE else folder.parent.name
                    inside = os.path.relpath(parent, folder) if parent != str(folder) else own
                    for file in sorted(name for name in files if name.endswith(".html")):
                        name = "/".join(filter(None, (inside, file.removesuffix(".html"))))
                        found[before + name] = Path(parent, file)
    return found


def _source(name: str) -> str | None:
    path = _templates.get(name.removesuffix(".html"))
    return None if path is None else path.read_text("utf-8")


def _make_environment() -> Environment:
    environment = Environment(
        loader=FunctionLoader(_source),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.install_gettext_callables(_gettext, _ngettext, newstyle=True)  # type: ignore[attr-defined]  # i18n
    filters: dict[str, Callable[..., object]] = {
        "when": _when,
        "day": _day,
        "clock": _clock,
        "dated": _dated,
        "translated": _translated,
        "marked": _marked,
        "choice": _choice,
        "state": _state,
        "grouped": _grouped,
        "name": _name,
        "agency": _agency,
        "party": _party,
        "who": _who,
        "mention": _mention,
        "phrased": _phrased,
        "move": _move,
        "lasts": _lasts,
        "short": _short,
        "line": _line,
        "fours": fours,
        "fit": fit,
        "words": words,
    }
    environment.filters.update(filters)
    return environment


_templates = find_templates()
_environment = _make_environment()
