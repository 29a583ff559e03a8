"""What we know of the rooms we are in, and how a room is made. nio's own model of rooms is not used (faults 11, 13)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from bot.matrix.crypto.events import VERIFICATION, StateChange
from bot.matrix.crypto.wire import Json

MEGOLM = "m.megolm.v1.aes-sha2"
ROOM_VERSION = "12"
# Limits of what a room may ask for: nobody may make us keep one key for ever, or a new one for each word.
MESSAGES = range(1, 10_001)
PERIOD = (timedelta(hours=1), timedelta(days=30))
# Element sends these unencrypted, even in an encrypted room.
VERIFYING = tuple(VERIFICATION + step for step in ("ready", "start", "accept", "key", "mac", "cancel", "done"))

Content = Mapping[str, Any]


@dataclass(repr=False)
class Room:
    """A room we are in: who may read it, and when its key must change."""

    room_id: str
    complete: bool = False
    """Whether all of its state was read, and not only what changed of late."""
    encrypted: bool = False
    joined: set[str] = field(default_factory=set)
    invited: set[str] = field(default_factory=set)
    created: Content = field(default_factory=dict)
    key_messages: int = 100
    key_period: timedelta = timedelta(days=7)

    def apply(self, kind: str, state_key: str, content: Content) -> None:
        """Take over one state event; forms that make no sense change nothing."""
        if kind == "m.room.member":
            self._apply_membership(state_key, content.get("membership"))
        elif kind == "m.room.create" and state_key == "":
            self.created = content
        elif kind == "m.room.encryption" and state_key == "" and content.get("algorithm") == MEGOLM:
            # Once encrypted, always encrypted: no later state can take it back.
            self.encrypted = True
            messages, period = content.get("rotation_period_msgs"), content.get("rotation_period_ms")
            if isinstance(messages, int):
                self.key_messages = min(max(messages, MESSAGES.start), MESSAGES.stop - 1)
            if isinstance(period, int):
                # Compared as numbers first: the server's may be larger than a period can be.
                shortest, longest = (limit.total_seconds() * 1000 for limit in PERIOD)
                self.key_period = timedelta(milliseconds=min(max(period, shortest), longest))

    def contradicts(self, change: StateChange) -> bool:
        """Whether a state event says of somebody that they are in the room, or not, and we know otherwise."""
        if not self.complete or change.type != "m.room.member":
            return False
        return (change.content.get("membership") == "join") is not (change.state_key in self.joined)

    def loses(self, change: StateChange) -> bool:
        """Whether a state event says that somebody whom we know in the room is not in it."""
        return change.state_key in self.joined and self.contradicts(change)

    def _apply_membership(self, user_id: str, membership: object) -> None:
        self.joined.discard(user_id)
        self.invited.discard(user_id)
        if membership == "join":
            self.joined.add(user_id)
        elif membership == "invite":
            self.invited.add(user_id)


def describe_room(
    *,
    name: str,
    topic: str,
    creation_content: Mapping[str, object] | None,
    invite: Iterable[str],
    space: bool,
    parent: str | None,
    picture: str | None = None,
    server: str,
) -> Json:
    """The request that makes a room as we want it from its first event on.

    Never trusted_private_chat: it makes each invited person an irrevocable creator. The creator has all power by the
    rules of version 12 and must not be listed.
    """
    return {
        "room_version": ROOM_VERSION,
        "preset": "private_chat",
        "visibility": "private",
        "name": name,
        "topic": topic,
        "invite": list(invite),
        "creation_content": {**(creation_content or {}), **({"type": "m.space"} if space else {})},
        "initial_state": _describe_state(space=space, parent=parent, picture=picture, server=server),
        "power_level_content_override": _describe_power(space=space),
    }


def _describe_state(*, space: bool, parent: str | None, picture: str | None, server: str) -> list[Json]:
    def state(kind: str, content: Json, state_key: str = "") -> Json:
        return {"type": kind, "state_key": state_key, "content": content}

    states = [
        state("m.room.history_visibility", {"history_visibility": "joined"}),
        state("m.room.guest_access", {"guest_access": "forbidden"}),
        state("m.room.join_rules", {"join_rule": "invite"}),
    ]
    if not space:
        states.append(state("m.room.encryption", {"algorithm": MEGOLM}))
    if picture is not None:
        states.append(state("m.room.avatar", {"url": picture}))
    if parent is not None:
        states.append(state("m.space.parent", {"via": [server], "canonical": True}, parent))
    return states


def _describe_power(*, space: bool) -> Json:
    # What members may send. In a space, nobody says anything.
    theirs = 100 if space else 0
    sent = ("m.room.message", "m.room.encrypted", "m.reaction", "m.room.redaction", *VERIFYING)
    return {
        "users": {},
        "users_default": 0,
        "events_default": 100,
        "events": {
            **dict.fromkeys(sent, theirs),
            # Said again although it is the default for state: what the server would add by itself is lower or higher.
            "m.room.name": 100,
            "m.room.topic": 100,
            "m.room.avatar": 100,
            "m.room.canonical_alias": 100,
            "m.room.power_levels": 100,
            "m.room.history_visibility": 100,
            "m.room.encryption": 100,
            "m.room.server_acl": 100,
            "m.room.tombstone": 150,  # version 12 wants it above the power of any appointed administrator
        },
        "state_default": 100,
        "invite": 100,
        "kick": 100,
        "ban": 100,
        "redact": 100,
        "notifications": {"room": 100},
    }
