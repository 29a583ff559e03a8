"""What is counted for Prometheus: counts, ages and codes of this process; never who, where, or what."""

from collections import Counter
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from structlog.types import EventDict, WrappedLogger


class Counted(NamedTuple):
    """Something that is counted."""

    help: str
    by: tuple[str, ...] = ()
    """What tells one from another, such as the outcome."""


COUNTED = {
    "commands": Counted("Messages carried out or refused, by outcome.", ("outcome",)),
    "sent": Counted("What went out of the outbox."),
    "given_up": Counted("What could not be sent for good, by kind.", ("kind",)),
    "log_lines": Counted("Lines of the log, by what they tell.", ("level", "event")),
}
FIGURES = {
    "well": "1 if /healthz answers 200.",
    "running": "1 if this process runs its account, 0 if it stands by.",
    "last_sync_seconds": "Since a sync was handled to its end.",
    "last_sent_seconds": "Since something was sent.",
    "last_tick_seconds": "Since everything that falls due was looked through.",
    "outbox_waiting": "What waits to be sent.",
    "outbox_oldest_seconds": "How long the oldest of it has waited.",
    "outbox_given_up": "What could not be sent for good, since the bot began.",
    "asked_to_wait_seconds": "How long the homeserver still asks us to wait.",
    "invitations_waiting": "People who are yet to be invited into a room.",
    "invitations_oldest_seconds": "How long the first of them has waited.",
    "undecryptable_waiting": "Messages whose keys have not come.",
    "rooms_failing": "Rooms in which nothing could be said at the last try.",
    "cases_unreadable": "Cases that could not be read when they were last looked at.",
}
"""What the health check knows, and what it means."""
_counts = Counter[tuple[str, ...]]()
_counting = Lock()


def read() -> dict[tuple[str, ...], int]:
    """How often each was counted, by its name and what tells one from another."""
    with _counting:
        return dict(_counts)


def count_command(outcome: str) -> None:
    """A message was carried out (``done``) or refused (the code)."""
    _count("commands", outcome)


def count_sent() -> None:
    """Something went out."""
    _count("sent")


def count_given_up(kind: str) -> None:
    """Something of this kind could not be sent for good."""
    _count("given_up", kind)


def count_line(_logger: "WrappedLogger", _method: str, line: "EventDict") -> "EventDict":
    """Count a line of the log by its level and event, which are words of our own; a processor of structlog."""
    _count("log_lines", str(line.get("level")), str(line.get("event")))
    return line


def _count(*what: str) -> None:
    # Several threads write into the log.
    with _counting:
        _counts[what] += 1
