import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog

from bot.logs import configure, describe_fault

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """The log, as JSON, line by line."""
    stream = io.StringIO()
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    configure("info", "json", stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


def test_a_line_has_what_happened_and_its_codes(lines: Lines) -> None:
    structlog.get_logger("bot.matrix.hearing").info("turned away", event_id="$abc", verdict="plaintext", tries=2)
    (line,) = lines()
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "turned away",
        "event_id": "$abc",
        "verdict": "plaintext",
        "tries": 2,
        "level": "info",
        "logger": "bot.matrix.hearing",
    }


def test_what_is_content_or_secret_is_dropped_at_any_depth(lines: Lines) -> None:
    structlog.get_logger("bot.x").warning(
        "sent",
        body="canary",
        Formatted_Body="canary",
        access_token="canary",
        raw={"content": {"a": "canary"}, "deep": [{"password": "canary"}]},
        problem=ValueError("canary"),
        thing=object(),
        deepest={"a": {"a": {"a": {"a": {"a": {"a": "canary"}}}}}},
    )
    (line,) = lines()
    assert "canary" not in json.dumps(line)
    assert (line["body"], line["problem"], line["thing"]) == ("[dropped]", "ValueError", "object")


def test_an_exception_is_told_by_kind_and_place(lines: Lines) -> None:
    def fail() -> None:
        try:
            raise KeyError("canary")  # noqa: TRY301
        except KeyError as problem:
            raise ValueError("canary") from problem

    try:
        fail()
    except ValueError:
        structlog.get_logger("bot.x").exception("failed")
    (line,) = lines()
    assert "canary" not in json.dumps(line)
    assert line["fault"].startswith("ValueError at test_logs.py:")
    assert ", from KeyError at test_logs.py:" in line["fault"]


@pytest.mark.parametrize("library", ["peewee", "aiohttp.client", "asyncio", "sqlalchemy.engine"])
def test_a_library_is_heard_from_warning_on_but_not_quoted(lines: Lines, library: str) -> None:
    logger = logging.getLogger(library)
    logger.info("canary")
    logger.warning("canary in %s", {"body": "canary"}, extra={"other": "canary"})
    try:
        raise RuntimeError("canary")  # noqa: TRY301
    except RuntimeError:
        logger.exception("canary")
    told = lines()
    assert "canary" not in json.dumps(told)
    assert [line["event"] for line in told] == ["a library complained"] * 2
    assert [line["logger"] for line in told] == [library] * 2
    assert told[0]["at"].startswith("test_logs.py:")
    assert told[1]["fault"].startswith("RuntimeError at test_logs.py:")


def test_less_than_the_level_is_left_out(lines: Lines) -> None:
    structlog.get_logger("bot.x").debug("small")
    structlog.get_logger("storage.x").info("large")
    assert [line["event"] for line in lines()] == ["large"]


def test_the_console_form_drops_the_same(lines: Lines) -> None:
    stream = io.StringIO()
    configure("info", "console", stream)
    structlog.get_logger("bot.x").info("sent", body="canary", event_id="$abc")
    assert "$abc" in stream.getvalue()
    assert "canary" not in stream.getvalue()


def test_a_fault_that_was_never_raised_has_no_place() -> None:
    assert describe_fault(ValueError("canary")) == "ValueError at no known place"
