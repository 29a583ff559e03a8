"""The log: event ids and codes, never content. What a library says is not repeated, only where it said it."""

import logging
import sys
import traceback
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Literal, TextIO

from bot.imports import without
from bot.metrics import count_line

# Coloured tracebacks, which are never shown, and loops that do not run here.
with without("rich", "twisted", "greenlet"):
    import structlog
    from structlog.types import EventDict, Processor, WrappedLogger

CONTENT = frozenset(
    {
        "access_token",
        "body",
        "ciphertext",
        "content",
        "formatted_body",
        "headers",
        "html",
        "key",
        "m.new_content",
        "master_key",
        "passphrase",
        "password",
        "plain",
        "recovery_key",
        "secret",
        "source",
        "store_key",
        "text",
        "token",
    }
)
"""Keys whose values are content or secrets; dropped at any depth."""
DROPPED = "[dropped]"
LONGEST = 300
DEEPEST = 5
HOUSE = ("bot", "commands", "storage", "cases")


def configure(level: str, form: Literal["json", "console"], stream: TextIO | None = None) -> None:
    """Send every log line, also those of libraries from WARNING on, to standard error."""
    out = stream or sys.stderr
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        count_line,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        locate_exception,
        redact,
    ]
    render: Processor = (
        structlog.processors.JSONRenderer()
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=out.isatty(), pad_event_to=0)
    )
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[silence_library, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in HOUSE:
        logging.getLogger(name).setLevel(level.upper())


def redact(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """Drop what is content or a secret by its key, and whatever is no plain value."""
    return {key: _redact(key, value, 0) for key, value in line.items()}


def locate_exception(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """An exception is told by its kind and its place: its message may repeat what somebody wrote."""
    given = line.pop("exc_info", None)
    line.pop("stack_info", None)
    if isinstance(given, BaseException):
        line["fault"] = describe_fault(given)
    elif isinstance(given, tuple) and isinstance(given[1], BaseException):
        line["fault"] = describe_fault(given[1])
    elif given and (current := sys.exception()):
        line["fault"] = describe_fault(current)
    return line


def silence_library(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """Say where a library complained. Its words are left out: nio, for one, writes whole events into them."""
    record: logging.LogRecord = line["_record"]
    line["event"] = "a library complained"
    line["at"] = f"{Path(record.pathname).name}:{record.lineno}"
    # What structlog takes over from the record, its arguments among it, is the library's too.
    if record.exc_info:
        line["exc_info"] = record.exc_info
    return line


def describe_fault(problem: BaseException) -> str:
    """Kind and place of an exception and of what caused it, such as ``KeyError at work.py:12 of look``."""
    told, parts = set(), []
    current: BaseException | None = problem
    while current is not None and id(current) not in told:
        told.add(id(current))
        parts.append(f"{type(current).__name__} at {_place(current.__traceback__)}")
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return ", from ".join(parts)


def complain(*sentences: str) -> None:
    """Tell a person at a shell what is wrong, on standard error."""
    for sentence in sentences:
        sys.stderr.write(f"roundtable: {sentence}\n")


def _place(trace: TracebackType | None) -> str:
    frames = traceback.extract_tb(trace, limit=-1)
    return f"{Path(frames[0].filename).name}:{frames[0].lineno} of {frames[0].name}" if frames else "no known place"


def _redact(key: str, value: object, depth: int) -> object:
    if key.lower() in CONTENT:
        return DROPPED
    if value is None or isinstance(value, bool | int | float) or key.startswith("_"):
        return value
    if isinstance(value, str | datetime | Path):
        return str(value)[:LONGEST]
    if depth < DEEPEST:
        if isinstance(value, Mapping):
            return {str(name): _redact(str(name), inner, depth + 1) for name, inner in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [_redact("", inner, depth + 1) for inner in value]
    # The text form of any other object, an exception above all, can hold anything.
    return type(value).__name__
