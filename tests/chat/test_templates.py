"""Every refusal and every answer has its words, and no words are left over."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from jinja2.meta import find_referenced_templates

from chat import dispatch
from chat.render import _environment, find_templates

HERE = Path(__file__).parents[2]
TEMPLATES = find_templates()
TREES = [
    ast.parse(path.read_text("utf-8"))
    for house in ("cases", "chat", "commands")
    for path in HERE.glob(f"{house}/**/*.py")
]
NODES = [node for tree in TREES for node in ast.walk(tree)]
TEXTS = {node.value for node in NODES if isinstance(node, ast.Constant) and isinstance(node.value, str)}
"""Every text in the sources: a code may reach its refusal through a function."""
NAMES = sorted(TEMPLATES)

GLUED = re.compile(
    r"(?:\}\}|endfor %\}|endif %\}) \{% trans[^%]*%\}[a-z]"  # a value, and what is said of it
    r"|[A-Za-z,]\{% endtrans %\} \{(?:\{|% for)"  # words that do not end before the value
)
"""Halves that cannot be put into another order in another language; a label with its colon is no half."""
INCLUDED = {
    str(found).removesuffix(".html")
    for name in NAMES
    for found in find_referenced_templates(_environment.parse(TEMPLATES[name].read_text("utf-8")))
}


def literals(node: ast.expr) -> Iterator[str]:
    """The texts that an expression may be: ``"a" if … else "b"`` is either."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from literals(node.body)
        yield from literals(node.orelse)


def first_arguments(name: str) -> Iterator[ast.expr]:
    """What stands first in the calls of this name, in all sources."""
    for node in NODES:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name and node.args:
            yield node.args[0]


def made_from(name: str) -> set[str]:
    """The beginnings of names that are put together, such as ``action/`` in ``f"action/{what}"``."""
    joined = [node for node in first_arguments(name) if isinstance(node, ast.JoinedStr)]
    begun = {str(node.values[0].value) for node in joined if isinstance(node.values[0], ast.Constant)}
    return begun - {"refused/"}


@pytest.mark.parametrize("code", sorted({code for node in first_arguments("Refusal") for code in literals(node)}))
def test_every_refusal_has_its_words(code: str) -> None:
    assert f"refused/{code}" in NAMES


@pytest.mark.parametrize("name", sorted({name for node in first_arguments("Reply") for name in literals(node)}))
def test_every_reply_has_its_words(name: str) -> None:
    assert name in NAMES


@pytest.mark.parametrize("code", sorted({*dispatch.TRUST_CODES, "other"}))
def test_every_doubt_about_a_device_has_its_words(code: str) -> None:
    assert f"refused/trust/{code}" in NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_template_compiles(name: str) -> None:
    assert _environment.get_template(f"{name}.html").name == f"{name}.html"


@pytest.mark.parametrize("name", NAMES)
def test_no_text_is_half_of_a_sentence_around_a_value(name: str) -> None:
    lines = TEMPLATES[name].read_text("utf-8").splitlines()
    assert [line for line in lines if GLUED.search(line)] == []


@pytest.mark.parametrize(
    ("line", "glued"),
    [
        ("{{ by | who }} {% trans %}has gone.{% endtrans %}", True),
        ("{% trans %}Moved by{% endtrans %} {{ by | who }}.", True),
        ("{% trans %}It is for{% endtrans %} {% for agency in see %}", True),
        ("{% trans person=by | who %}Moved by {{ person }}.{% endtrans %}", False),
        ("{% trans %}Because:{% endtrans %} {{ because }}", False),
    ],
)
def test_what_is_half_of_a_sentence(line: str, glued: bool) -> None:
    assert bool(GLUED.search(line)) is glued


@pytest.mark.parametrize("name", NAMES)
def test_no_sentence_runs_into_the_next(name: str) -> None:
    """The newline behind a tag is none: a line of its own takes an empty one."""
    text = TEMPLATES[name].read_text("utf-8")
    assert not re.search(r"endtrans %\}\n(\{% if [^\n]*%\}\n)?(<b>)?\{% trans", text)


@pytest.mark.parametrize("name", NAMES)
def test_no_template_is_left_over(name: str) -> None:
    assert (
        name in TEXTS | INCLUDED
        or name.removeprefix("refused/") in TEXTS
        or name.removeprefix("refused/trust/") in {*dispatch.TRUST_CODES, "other"}
        or (name.startswith("poll/") and name.removeprefix("poll/") in TEXTS)
        or any(name.startswith(start) and name.removeprefix(start) in TEXTS for start in made_from("Reply"))
    )
