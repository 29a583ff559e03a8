from collections.abc import Iterator
from pathlib import Path

from babel.messages.pofile import read_po
from jinja2.ext import extract_from_ast

from commands import render

COMMANDS = Path(render.__file__).parent


def what_is_said(template: Path) -> Iterator[str | tuple[str, ...]]:
    """Each text of a template, or its singular and plural, by the very words that a translation is looked up by."""
    syntax = render._environment.parse(template.read_text(encoding="utf-8"))
    for _line, function, message in extract_from_ast(syntax, babel_style=False):
        # What stands behind the words are the values that are filled in.
        words = message[: 2 if function == "ngettext" else 1] if isinstance(message, tuple) else [message]
        texts = tuple(word or "" for word in words)
        yield texts if len(texts) > 1 else texts[0]


def test_the_catalogue_holds_what_the_templates_say() -> None:
    said = {text for template in (COMMANDS / "templates").rglob("*.html") for text in what_is_said(template)}
    with (COMMANDS / "locale" / "roundtable.pot").open("rb") as file:
        catalogue = {message.id for message in read_po(file) if message.id}
    assert catalogue == said, "the templates have changed: run make catalogue"
