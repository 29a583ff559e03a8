"""What translators find in the catalogue beside the templates: help, keys, choices, phrases, states, dates.

It stands in Python, and is asked of the commands themselves: what is put together there is found as it is said.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic.fields import FieldInfo

from cases.followups import TODOS
from cases.gates import Phase
from cases.roles import Role
from cases.scheme import DIFFERENCE_IS_WELCOME, USUAL_LADDER, Runs, Unit
from cases.verbs import VERBS
from chat.arguments import key_of, nouns
from chat.groups import GROUPS
from chat.languages import ARTICLES, CHOICE, DATE, DATE_NAMES, GROUP, KEY, LANGUAGE, OUR_ARTICLES, OUR_NAME, STATE
from chat.reading import choices_of, positional
from commands import registry_of_all
from commands.action import rules as action
from commands.board.parts import list_columns, list_labels
from commands.overview.lines import list_lines
from commands.referral import rules as referral
from commands.request import rules as request


@dataclass(frozen=True, repr=False)
class Plural:
    """A text about one, and about many."""

    one: str
    many: str


Message = str | tuple[str, str] | Plural
"""A text, or its context and the text."""


def messages() -> list[Message]:
    """Each of them once, in the order of the commands."""
    return list(dict.fromkeys(_messages()))


def extract(_file: object, _keywords: object, _tags: object, options: object) -> Iterator[tuple[object, ...]]:
    """The same for pybabel, which asks beside the templates (``babel.cfg``)."""
    del options
    for message in messages():
        if isinstance(message, Plural):
            yield 1, "ngettext", (message.one, message.many), []
        else:
            yield 1, "gettext" if isinstance(message, str) else "pgettext", message, []


def _messages() -> Iterator[Message]:
    yield LANGUAGE, OUR_NAME
    yield ARTICLES, OUR_ARTICLES
    yield from ((DATE, name) for name in DATE_NAMES)
    yield from ((CHOICE, word) for word in (*Role, *nouns().values(), "record", *Runs, *request.Consent))
    yield from (Plural(*unit.counted) for unit in Unit)
    yield from (DIFFERENCE_IS_WELCOME, *(rung.level for rung in USUAL_LADDER))
    yield from ((STATE, word) for word in (*request.State, *action.State, *referral.State, *Phase))
    for group in GROUPS:
        yield from ((GROUP, group.word), group.title)
    commands = registry_of_all().commands.values()
    for name in sorted(VERBS):
        yield from VERBS[name].phrases
    for name in sorted(TODOS):
        yield from (TODOS[name].move, TODOS[name].told)
    yield from (Plural(*words) for words in list_lines())
    yield from list_labels()
    yield from ((STATE, word) for column in list_columns() for word in column.states)
    for command in commands:
        yield command.summary
        for name, field in command.arguments.model_fields.items():
            yield from _of_field(name, field)


def _of_field(name: str, field: FieldInfo) -> Iterator[Message]:
    marker = positional(field)
    if marker is None:
        yield KEY, key_of(name)
    yield from ((CHOICE, choice) for choice in choices_of(field))
    texts = (field.title, field.description, *((marker and (marker.placeholder, *(marker.missing or ()))) or ()))
    yield from filter(None, texts)
