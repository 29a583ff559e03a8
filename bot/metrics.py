"""Metrics for Prometheus: counts, ages and codes of this process; never who, where, or what."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from bot.imports import later

# Its own web server: ours answers.
with later("http.server", "wsgiref.simple_server"):
    from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

if TYPE_CHECKING:
    from structlog.types import EventDict, WrappedLogger

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_ours = CollectorRegistry()
"""Ours alone: what a library may count of itself is not ours to publish."""
_commands = Counter("roundtable_commands", "Messages carried out or refused, by outcome.", ["outcome"], registry=_ours)
_sent = Counter("roundtable_sent", "What went out of the outbox.", registry=_ours)
_given_up = Counter("roundtable_given_up", "What could not be sent for good, by kind.", ["kind"], registry=_ours)
_lines = Counter("roundtable_log_lines", "Lines of the log, by what they tell.", ["level", "event"], registry=_ours)
_well = Gauge("roundtable_well", "1 if /healthz answers 200.", registry=_ours)
_running = Gauge("roundtable_running", "1 if this process runs its account, 0 if it stands by.", registry=_ours)
_figures = {
    name: Gauge(f"roundtable_{name}", help_, registry=_ours)
    for name, help_ in {
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
    }.items()
}


def count_command(outcome: str) -> None:
    """A message was carried out (``done``) or refused (the code)."""
    _commands.labels(outcome).inc()


def count_sent() -> None:
    """Something went out."""
    _sent.inc()


def count_given_up(kind: str) -> None:
    """Something of this kind could not be sent for good."""
    _given_up.labels(kind).inc()


def count_line(_logger: "WrappedLogger", _method: str, line: "EventDict") -> "EventDict":
    """Count a line of the log by its level and event, which are words of our own; a processor of structlog."""
    _lines.labels(str(line.get("level")), str(line.get("event"))).inc()
    return line


def render(figures: Mapping[str, object], *, well: bool) -> bytes:
    """Everything in Prometheus's text format; ``figures``: those of the health check, an unknown one is NaN."""
    _well.set(well)
    _running.set(figures.get("status") != "standby")
    for name, gauge in _figures.items():
        figure = figures.get(name)
        gauge.set(figure if isinstance(figure, int) else float("nan"))
    return generate_latest(_ours)
