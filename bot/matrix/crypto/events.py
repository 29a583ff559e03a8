"""What the rest of the bot sees of Matrix: plain values, checked in form, judged in origin.

Everything outside the encryption is the homeserver's word: its table in docs/trust.md says what may depend on each.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from bot.matrix.crypto.trust import Verdict
from storage.identifiers import is_event_id, is_short, is_user_id, is_visible

RELATION = "m.relates_to"
VERIFICATION = "m.key.verification."
LARGEST_EVENT = 65_536
"""In bytes (specification: Size limits)."""


class Ciphertext(NamedTuple):
    """What no homeserver can choose of an encrypted event: the device's key, its session, and the place in that."""

    sender_key: str
    session_id: str
    position: int


@dataclass(frozen=True, repr=False)
class Relation:
    """To which other events an event refers."""

    replaces: str | None = None
    replies_to: str | None = None
    refers_to: str | None = None


@dataclass(frozen=True, repr=False)
class Event:
    """One message of a room. Act on it only if its verdict is TRUSTED.

    sent_at is the server's claim (aware, UTC). When it could not be decrypted, content is empty, session_id names the
    missing key, withheld says why its owner did not give it to us if they told, and source is what
    HardenedClient.retry takes later (None: it is larger than an event can be). device is the identity key of the device
    that wrote it, if it could be decrypted, and ciphertext is what was. Of an encrypted event replaces, replies_to and
    refers_to are what stood inside the encryption; outside is what stood only there, where the server can have put it:
    a hint at most.
    """

    event_id: str
    room_id: str
    sender: str
    sent_at: datetime
    type: str
    content: Mapping[str, Any]
    encrypted: bool
    verdict: Verdict
    replaces: str | None = None
    replies_to: str | None = None
    refers_to: str | None = None
    mentions: frozenset[str] = frozenset()
    redacts: str | None = None
    session_id: str | None = None
    source: Mapping[str, Any] | None = None
    withheld: str | None = None
    device: str | None = None
    ciphertext: Ciphertext | None = None
    outside: Relation = Relation()

    def __repr__(self) -> str:
        # Content must not reach a log by way of a traceback.
        return f"Event({self.event_id}, {self.type}, {self.verdict.value})"

    @property
    def trusted(self) -> bool:
        """Whether the sender's own, signed device wrote it."""
        return self.verdict is Verdict.TRUSTED


@dataclass(frozen=True, repr=False)
class StateChange:
    """One state event of a room. State is never encrypted: it is the server's word."""

    event_id: str
    type: str
    state_key: str
    sender: str
    content: Mapping[str, Any]

    def __repr__(self) -> str:
        return f"StateChange({self.event_id}, {self.type})"


@dataclass(frozen=True, repr=False)
class RoomBatch:
    """What one sync brought for a room we are in: events oldest first, and changes of state.

    With limited, events are missing before the first one: page back from prev_batch.
    """

    room_id: str
    events: tuple[Event, ...] = ()
    changes: tuple[StateChange, ...] = ()
    limited: bool = False
    prev_batch: str | None = None


@dataclass(frozen=True, repr=False)
class Invitation:
    """A room that we are invited to, and by whom."""

    room_id: str
    sender: str


@dataclass(frozen=True, repr=False)
class ToDevice:
    """A part of a verification, sent to our device unencrypted. Nothing of it is proven, not even who sent it."""

    sender: str
    type: str
    content: Mapping[str, Any]

    def __repr__(self) -> str:
        return f"ToDevice({self.type})"


@dataclass(frozen=True, repr=False)
class Batch:
    """One sync. Save next_batch only after everything in it was handled.

    unlocked names the sessions whose keys came with it: events that waited for one of them can be retried. to_device is
    for Verification.hear_device.
    """

    next_batch: str
    joined: tuple[RoomBatch, ...] = ()
    invited: tuple[Invitation, ...] = ()
    left: tuple[str, ...] = ()
    unlocked: frozenset[str] = frozenset()
    to_device: tuple[ToDevice, ...] = ()


def read_to_device(raw: object) -> ToDevice | None:
    """A part of a verification as we see it, or None for everything else."""
    if not isinstance(raw, dict):
        return None
    sender, kind, content = raw.get("sender"), raw.get("type"), raw.get("content")
    if not is_user_id(sender) or not is_visible(kind) or not isinstance(content, dict):
        return None
    return ToDevice(sender, kind, content) if kind.startswith(VERIFICATION) else None


def is_event(raw: object) -> bool:
    """Whether this has the form that every event has, and every id in it the form of its kind."""
    return (
        isinstance(raw, dict)
        and is_event_id(raw.get("event_id"))
        and is_user_id(raw.get("sender"))
        and is_visible(raw.get("type"))
        and isinstance(raw.get("content"), dict)
        and ("state_key" not in raw or _is_state_key(raw["type"], raw["state_key"]))
    )


def is_invitation(raw: object) -> bool:
    """Whether this says by whom we are invited. It has fewer fields than other events."""
    return (
        isinstance(raw, dict)
        and raw.get("type") == "m.room.member"
        and is_user_id(raw.get("sender"))
        and isinstance(raw.get("content"), dict)
        and raw["content"].get("membership") == "invite"
    )


def is_state(raw: Mapping[str, Any]) -> bool:
    """Whether an event is about the state of the room."""
    return isinstance(raw.get("state_key"), str)


def is_redacted(raw: Mapping[str, Any]) -> bool:
    """Whether an event was withdrawn, so that nothing is left of it."""
    unsigned = raw.get("unsigned")
    return isinstance(unsigned, dict) and "redacted_because" in unsigned


def is_echo(raw: Mapping[str, Any]) -> bool:
    """Whether the homeserver says that this very device sent an event (specification: unsigned.transaction_id).

    Of an event of ours: what it says of it has no effect but that the event is not read.
    """
    unsigned = raw.get("unsigned")
    return isinstance(unsigned, dict) and isinstance(unsigned.get("transaction_id"), str)


def read_change(raw: Mapping[str, Any]) -> StateChange:
    """A state event as we see it."""
    return StateChange(raw["event_id"], raw["type"], raw["state_key"], raw["sender"], raw["content"])


def read_event(
    raw: Mapping[str, Any],
    room_id: str,
    verdict: Verdict,
    *,
    decrypted: tuple[str, Mapping[str, Any]] | None = None,
    ciphertext: Ciphertext | None = None,
    session_id: str | None = None,
    withheld: str | None = None,
) -> Event:
    """An event as we see it; decrypted is its type and content when it came encrypted and could be read."""
    encrypted = raw["type"] == "m.room.encrypted"
    kind, content = decrypted or (raw["type"], {} if encrypted else raw["content"])
    # The relation may stand inside, outside, or on both sides of the encryption: only the inner one is the sender's.
    relation = _read_relation(content.get(RELATION))
    only_outside = encrypted and RELATION not in content
    return Event(
        event_id=raw["event_id"],
        room_id=room_id,
        sender=raw["sender"],
        sent_at=_read_time(raw.get("origin_server_ts")),
        type=kind,
        content=content,
        encrypted=encrypted,
        verdict=verdict,
        replaces=relation.replaces,
        replies_to=relation.replies_to,
        refers_to=relation.refers_to,
        mentions=_read_mentions(content),
        redacts=_read_redacted(raw) if raw["type"] == "m.room.redaction" else None,
        session_id=session_id,
        source=_keep(raw, room_id) if verdict is Verdict.UNDECRYPTABLE else None,
        withheld=withheld,
        device=ciphertext.sender_key if ciphertext else None,
        ciphertext=ciphertext,
        outside=_read_relation(raw["content"].get(RELATION)) if only_outside else Relation(),
    )


def _read_time(milliseconds: object) -> datetime:
    try:
        return datetime.fromtimestamp(int(str(milliseconds)) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC)


def _keep(raw: Mapping[str, Any], room_id: str) -> Mapping[str, Any] | None:
    kept = {key: raw[key] for key in ("event_id", "sender", "type", "content", "origin_server_ts") if key in raw}
    # Its key may never come: what is larger than an event can be is not kept for it.
    return {**kept, "room_id": room_id} if len(json.dumps(kept)) <= LARGEST_EVENT else None


def _is_state_key(kind: str, state_key: object) -> bool:
    if kind == "m.room.member":
        return is_user_id(state_key)
    return state_key == "" or is_short(state_key)


def _read_relation(relation: object) -> Relation:
    return Relation(
        _read_related(relation, "m.replace"), _read_replied(relation), _read_related(relation, "m.reference")
    )


def _read_related(relation: object, kind: str) -> str | None:
    if not isinstance(relation, dict) or relation.get("rel_type") != kind:
        return None
    target = relation.get("event_id")
    return target if is_event_id(target) else None


def _read_replied(relation: object) -> str | None:
    reply = relation.get("m.in_reply_to") if isinstance(relation, dict) else None
    # A client that knows no threads needs the reply; in a thread it only says which message came before.
    if not isinstance(reply, dict) or (isinstance(relation, dict) and relation.get("is_falling_back") is True):
        return None
    target = reply.get("event_id")
    return target if is_event_id(target) else None


def _read_mentions(content: Mapping[str, Any]) -> frozenset[str]:
    mentions = content.get("m.mentions")
    users = mentions.get("user_ids") if isinstance(mentions, dict) else None
    return frozenset(user for user in users if is_user_id(user)) if isinstance(users, list) else frozenset()


def _read_redacted(raw: Mapping[str, Any]) -> str | None:
    target = raw["content"].get("redacts", raw.get("redacts"))
    return target if is_event_id(target) else None
