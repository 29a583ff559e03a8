"""What a unit of work lets be said first in a channel, for whoever says it: the outbox need not be read for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(repr=False)
class Put:
    """A row of the outbox as a unit of work wrote it, its ``body`` still open."""

    txn_id: str
    channel: str
    kind: str
    person: str | None
    scope: str
    subject: str | None
    created_at: datetime
    body: Mapping[str, object]
    alone: bool = True
    """Whether the unit of work wrote nothing else into its channel."""


@dataclass(frozen=True, repr=False)
class Fresh:
    """It is committed, and nothing waits before it: its number, its channel's room, and who may read it."""

    put: Put
    id: int
    room_id: str | None
    audience: frozenset[str]
