"""From the bytes of an answer or of a message to values: whoever wrote them, what comes out can be handled.

JSON allows more than Matrix does, and Python's reader more than JSON. One value that makes no sense must not make the
whole of a sync unreadable, for then whoever can send us anything could make us deaf: it is None, and judged where it is
used.
"""

import json
import math
import re
from typing import Any

LARGE = 1024 * 1024
"""Bytes: from here on reading takes so long that it is done beside everything else, and looked through before."""
LONGEST_NUMBER = 16
"""Digits: numbers of Matrix are at most 2^53 - 1 (specification: Canonical JSON)."""
MOST_NESTED = 100
BYTES_OF_A_VALUE = 8
"""At least, on the average of a large text: Matrix's own have twice as many. Empty lists of three bytes take sixty."""
_HALVES = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[dD][89a-fA-F][0-9a-fA-F]{2}|.)", re.DOTALL
)
_HALF = len(r"\ud800")
_TOKENS = re.compile(r'"(?:[^"\\]+|\\.)*(?:"|$)|[^"\[\]{}]+|.', re.DOTALL)
_MARKS = re.compile(r'"(?:[^"\\]+|\\.)*(?:"|$)|[\[{,]', re.DOTALL)


def parse(raw: bytes) -> Any:  # noqa: ANN401 - whatever they wrote
    """The value of a JSON text in UTF-8.

    None stands for a number that Matrix has not, for an object in which a key stands twice, and for what is nested too
    deeply; the replacement character for half of a surrogate pair. Raises ValueError for what is not JSON, or for more
    values than any answer of Matrix holds in so many bytes.
    """
    text = raw.decode()
    if len(raw) > LARGE:
        _look_through(text)
    if "\\ud" in text or "\\uD" in text:
        text = _HALVES.sub(_replace_half, text)
    try:
        return _read(text)
    except RecursionError:
        return _read(_flatten(text))


def _read(text: str) -> object:
    read: object = json.loads(
        text,
        object_pairs_hook=_make_object,
        parse_int=_read_integer,
        parse_float=_read_fraction,
        parse_constant=lambda _: None,
    )
    return read


def _make_object(pairs: list[tuple[str, object]]) -> dict[str, object] | None:
    # Called for each object: so others get their turn while a large text is read in a thread.
    made = dict(pairs)
    return made if len(made) == len(pairs) else None


def _read_integer(digits: str) -> int | None:
    return int(digits) if len(digits.lstrip("-")) <= LONGEST_NUMBER else None


def _read_fraction(digits: str) -> float | None:
    number = float(digits)
    return number if math.isfinite(number) else None


def _replace_half(found: re.Match[str]) -> str:
    part = found.group()
    return r"\ufffd" if len(part) == _HALF else part


def _flatten(text: str) -> str:
    """The same text without what is nested too deeply."""
    kept, depth = [], 0
    for found in _TOKENS.finditer(text):
        part = found.group()
        depth += part in "[{"
        if depth <= MOST_NESTED:
            kept.append(part)
        elif depth == MOST_NESTED + 1 and part in "[{":
            kept.append("null")
        depth -= part in "]}"
    return "".join(kept)


def _look_through(text: str) -> None:
    most = len(text) // BYTES_OF_A_VALUE
    for found in _MARKS.finditer(text):
        most -= found.end() - found.start() == 1
        if most < 0:
            raise ValueError("more values than there can be")
