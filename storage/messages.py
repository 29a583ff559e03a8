"""What the bot says and posts, as it waits in the outbox: its form, and how its body is sealed."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from storage.crypto import Keyring, WrongKeyError

OUTBOX_BODY = "outbox.body"
EMPTY = "{}"
INVITE = "invite"
LARGEST_ATTACHMENT = 4 * 1024 * 1024
"""In bytes; every homeserver's default limit is far above it (Synapse: 50 MiB)."""
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,63}")
"""Ids and versions, so that the name of a saved file says nothing about anybody."""


@dataclass(frozen=True, repr=False)
class Message:
    """What the bot says: one text in two forms, and who must act on it.

    ``subject`` is the record that a reply to this message is about.
    """

    plain: str
    html: str
    mentions: tuple[str, ...] = ()
    notice: bool = True
    """An ``m.notice`` wakes nobody; an ``m.text`` is for people who must act."""
    subject: str | None = None
    answers_to: str | None = None
    """The event that it answers."""
    beside: bool = True
    """Whether apps show it beside that."""


@dataclass(frozen=True, repr=False)
class Poll:
    """A question that is answered by a tap (MSC3381).

    ``answers``: what each tap says, as it would be typed in reply, and how it is shown. ``mentions``: who is asked.
    """

    question: str
    answers: tuple[tuple[str, str], ...]
    mentions: tuple[str, ...]
    subject: str | None


@dataclass(frozen=True, repr=False)
class Attachment:
    """A file that the bot posts, encrypted like a message; its name holds references only."""

    name: str
    content_type: str
    data: bytes

    def __post_init__(self) -> None:
        _check_name(self.name)
        if len(self.data) > LARGEST_ATTACHMENT:
            raise ValueError("an attachment is too large")


@dataclass(frozen=True, repr=False)
class Paper:
    """A document that is typeset when it is posted: that takes its time, and nothing is committed meanwhile.

    ``layout``: the name of what it is set by. ``facts``: what JSON can hold. ``at``: the date of the document.
    """

    name: str
    layout: str
    facts: Mapping[str, Any]
    at: datetime

    def __post_init__(self) -> None:
        _check_name(self.name)


def _check_name(name: str) -> None:
    if not _FILE_NAME.fullmatch(name):
        raise ValueError("the name of an attachment must be a reference")


def sealed_for(txn_id: str, channel: str, kind: str, person: str | None, subject: str | None) -> str:
    """What a body of the outbox is sealed for: it goes to this room, as this, about that, and to no other."""
    return json.dumps([txn_id, channel, kind, person, subject])


def open_body(ring: Keyring, row: Any) -> str:  # noqa: ANN401 a row of the outbox
    """The body of a row of the outbox; raises WrongKeyError when it does not belong to all that the row says."""
    where = sealed_for(row.txn_id, row.channel, row.kind, row.person, row.subject)
    try:
        return ring.open(row.body, scope=row.scope, place=OUTBOX_BODY, row=where)
    except WrongKeyError:
        # What was emptied says nothing, wherever it goes; nobody is invited or removed by it.
        if row.kind in {"message", "file"} and _opens_empty(ring, row):
            return EMPTY
        raise


def _opens_empty(ring: Keyring, row: Any) -> bool:  # noqa: ANN401 a row of the outbox
    return ring.open(row.body, scope=row.scope, place=OUTBOX_BODY, row=row.txn_id) == EMPTY


def emptied(ring: Keyring, scope: str, txn_id: str) -> dict[str, object]:
    """What to write into a row of the outbox whose body is needed no longer; nothing if its key is gone anyway."""
    if not ring.knows(scope):
        return {}
    return {"body": ring.seal(EMPTY, scope=scope, place=OUTBOX_BODY, row=txn_id)}
