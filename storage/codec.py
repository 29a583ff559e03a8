"""Steps as JSON. Every field is written, defaults too: a later default must not change what was.

What a journal may hold the concepts declare: whoever opens a store imports ``commands`` first.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

import msgspec

from cases.record import KINDS, Added, Change, Step
from cases.verbs import VERBS


class _Added(msgspec.Struct):
    kind: str
    fields: dict[str, msgspec.Raw]
    said: int | None = None


class _Change(msgspec.Struct):
    kind: str
    id: str
    field: str
    old: msgspec.Raw
    new: msgspec.Raw
    said: int | None = None


class _Step(msgspec.Struct):
    number: int
    verb: str
    subject: str
    by: str
    agency: str
    at: datetime
    entries: list[_Added]
    changes: list[_Change]
    undoes: tuple[int, ...] = ()
    lapses: tuple[int, ...] = ()
    redoes: tuple[int, ...] = ()
    erases: int | None = None


_PLAIN = ("number", "verb", "subject", "by", "agency", "at", "undoes", "lapses", "redoes", "erases")
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Step).decode


def encode(step: Step) -> bytes:
    """What is stored of a step."""
    return _encode(
        {
            **{name: getattr(step, name) for name in _PLAIN},
            "entries": [vars(entry) for entry in step.entries],
            "changes": [vars(change) for change in step.changes],
        }
    )


def decode(stored: bytes) -> Step:
    """The step behind what is stored; raises KeyError for a verb, kind or field that was never declared."""
    s = _decode(stored)
    plain = {name: getattr(s, name) for name in _PLAIN} | {"verb": VERBS[s.verb].name}
    entries = tuple(Added(entry.kind, _fields(entry.kind, entry.fields), entry.said) for entry in s.entries)
    changes = tuple(
        Change(c.kind, c.id, c.field, _value(c.kind, c.field)(c.old), _value(c.kind, c.field)(c.new), c.said)
        for c in s.changes
    )
    return Step(**plain, entries=entries, changes=changes)


def _fields(kind: str, stored: Mapping[str, msgspec.Raw]) -> dict[str, object]:
    return {name: _value(kind, name)(value) for name, value in stored.items()}


@cache
def _value(kind: str, name: str) -> Any:  # noqa: ANN401 a decoder of whatever the field holds
    return msgspec.json.Decoder(KINDS[kind].hints[name]).decode
