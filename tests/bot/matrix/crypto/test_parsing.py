"""Whatever an answer holds, what comes out can be handled, and it takes no longer than its length."""

import json
import time
from contextlib import suppress

import pytest

from bot.matrix.crypto import parsing
from bot.matrix.crypto.parsing import MOST_NESTED, parse

TRIES = 5


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r'{"a": 1, "b": [true, null, -2.5, "\"\\n\u00e9"]}', {"a": 1, "b": [True, None, -2.5, '"\\n\u00e9']}),
        ('{"body": "\u03b1 \u4f60 \U0001f600"}', {"body": "\u03b1 \u4f60 \U0001f600"}),
        # Halves of a surrogate pair, which no text can hold: alone, twice the same half, in a key.
        (r'["\ud83d\ude00", "\ud83d", "\udE00\uD83d", "\\ud83d"]', ["\U0001f600", "\ufffd", "\ufffd\ufffd", "\\ud83d"]),
        (r'{"\ud83d": 1}', {"\ufffd": 1}),
        # What Matrix has not.
        ("[NaN, Infinity, -Infinity, 1e999, 9007199254740991]", [None, None, None, None, 9007199254740991]),
        ('{"ts": ' + "9" * 5_000 + "}", {"ts": None}),
        ('{"good": 1, "twice": {"a": 1, "a": 2}}', {"good": 1, "twice": None}),
        (r'{"good": 1, "halves": {"\ud83d": 1, "\ude00": 2}}', {"good": 1, "halves": None}),
    ],
)
def test_what_makes_no_sense_is_none_and_spoils_nothing_else(text: str, value: object) -> None:
    assert parse(text.encode()) == value
    json.dumps(parse(text.encode()), ensure_ascii=False).encode()


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_what_is_nested_too_deeply_spoils_nothing_else(opening: str) -> None:
    closing = "]" if opening == "[" else "}"
    deep = opening * 50_000 + ("1" if opening != "[" else "") + closing * 50_000
    read = parse(f'{{"deep": {deep}, "quoted": "[[[ \\" {{", "good": 1}}'.encode())
    assert (read["quoted"], read["good"]) == ('[[[ " {', 1)
    depth, inner = 0, read
    while inner:
        depth, inner = depth + 1, next(iter(inner.values() if isinstance(inner, dict) else inner), None)
    assert depth == MOST_NESTED


@pytest.mark.parametrize(
    "raw", [b"", b"<html>", b'{"a": ', b"[" * 100_000, b'"' + b'\\"' * 100_000, b"\xff\xfe", b"[1]\x00", b"'a'"]
)
def test_what_is_no_json_is_told(raw: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 whatever it says, nobody is told
        parse(raw)


def test_few_bytes_do_not_become_many_values() -> None:
    empty = b"[" + b"[]," * parsing.LARGE + b"1]"
    with pytest.raises(ValueError, match="more values"):
        parse(empty)
    # Somebody's commas are their words.
    words = json.dumps({"body": ",[{" * parsing.LARGE}).encode()
    assert len(parse(words)["body"]) == 3 * parsing.LARGE


@pytest.mark.parametrize(
    "piece",
    [b"[", b'{"a":', b'\\"', b"\\", b'"', b'"\\ud83d",', b"9", b"1e9", b"[],", b'{"a":1,"a":2},', b",", b"\\ud"],
)
@pytest.mark.parametrize("around", [(b"", b""), (b"[", b"1]"), (b'"', b'"')])
def test_the_worst_text_takes_time_as_its_length(piece: bytes, around: tuple[bytes, bytes]) -> None:
    def measure(times: int) -> float:
        raw = around[0] + piece * times + around[1]
        begun = time.process_time()
        for _ in range(3):
            with suppress(ValueError):
                parse(raw)
        return time.process_time() - begun

    once = max(min(measure(10_000) for _ in range(TRIES)), 0.02)
    # Four times as long takes four times as long, not sixteen; unless another process is in the way each time.
    assert any(measure(40_000) < 10 * once for _ in range(TRIES))
