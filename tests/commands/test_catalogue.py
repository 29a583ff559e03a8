from collections.abc import Iterator
from pathlib import Path

from babel.messages.pofile import read_po
from jinja2.ext import extract_from_ast

from chat import render
from chat.render import find_templates
from commands.catalogue import Plural, messages

CHAT = Path(render.__file__).parent


def what_is_said(template: Path) -> Iterator[str | tuple[str, ...]]:
    """Each text of a template, or its singular and plural, by the very words that a translation is looked up by."""
    syntax = render._environment.parse(template.read_text(encoding="utf-8"))
    for _line, function, message in extract_from_ast(syntax, babel_style=False):
        # What stands behind the words are the values that are filled in.
        words = message[: 2 if function == "ngettext" else 1] if isinstance(message, tuple) else [message]
        texts = tuple(word or "" for word in words)
        yield texts if len(texts) > 1 else texts[0]


def test_the_catalogue_holds_what_the_templates_say() -> None:
    said: set[object] = {text for template in find_templates().values() for text in what_is_said(template)}
    assert in_the_catalogue(without_context=True) == said | texts_in_python(), "run make catalogue"


def test_the_catalogue_holds_what_stands_in_python() -> None:
    with_context = {message for message in messages() if isinstance(message, tuple)}
    assert in_the_catalogue(without_context=False) == with_context, "run make catalogue"
    # What is put together in Python, such as a summary with its docstring, is found as it is said.
    assert "Raise a concern, so that the table hears it." in texts_in_python()
    assert ("key", "because") in with_context
    assert ("date", "Nov") in with_context


def in_the_catalogue(*, without_context: bool) -> set[object]:
    with (CHAT / "locale" / "roundtable.pot").open("rb") as file:
        found = [message for message in read_po(file) if message.id and (message.context is None) == without_context]
    return {message.id if without_context else (message.context, message.id) for message in found}


def texts_in_python() -> set[object]:
    texts = [message for message in messages() if not isinstance(message, tuple)]
    return {(text.one, text.many) if isinstance(text, Plural) else text for text in texts}
