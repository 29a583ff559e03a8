"""What is stored of a step, and what is refused as unreadable."""

import subprocess
import sys

import pytest

from cases.record import KINDS
from cases.verbs import VERBS
from commands import registry_of_all
from storage import codec
from tests.cases.story import STORY, told


def test_every_step_is_read_as_it_was_written() -> None:
    for step in told(len(STORY)).steps:
        read = codec.decode(codec.encode(step))
        assert (read.verb, read.subject, read.at, read.entries, read.changes) == (
            step.verb,
            step.subject,
            step.at,
            step.entries,
            step.changes,
        )


@pytest.mark.parametrize("what", ["verb", "kind", "field"])
def test_what_was_never_declared_is_refused(what: str) -> None:
    step = next(step for step in told(len(STORY)).steps if step.verb == "concern")
    stored = codec.encode(step)
    assert codec.decode(stored).verb == "concern"
    names = {"verb": b'"verb":"concern"', "kind": b'"kind":"concern"', "field": b'"source"'}
    with pytest.raises(KeyError):
        codec.decode(stored.replace(names[what], names[what].replace(b"concern", b"x").replace(b"source", b"x")))


def test_whatever_process_opens_a_store_knows_every_kind_of_record() -> None:
    """And every verb: what it can't name it can't read. A shell command loads no commands for that."""
    registry_of_all()
    script = (
        "import sys; from bot import database; from cases.record import KINDS; from cases.verbs import VERBS;"
        "print(*sorted(VERBS), *sorted(KINDS), 'chat.registry' in sys.modules, sep='|')"
    )
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    kinds = sorted(name for name, kind in KINDS.items() if kind.kept_as.__module__.startswith(("cases.", "commands.")))
    assert said.stdout.strip().split("|") == [*sorted(VERBS), *kinds, "False"]
