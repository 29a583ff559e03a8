"""Whether a room of ours still is as we made it: its state is never encrypted, so anybody may have changed it."""

from collections.abc import Iterable, Mapping
from typing import Any

from bot.matrix.crypto.events import StateChange
from bot.matrix.crypto.rooms import MEGOLM

REMOVED = "removed"
TOMBSTONE = "tombstone"
WIDGET = "widget"
POWER = 100
"""What it takes to change a room of ours; nobody but we have it."""
WANTED = {
    "m.room.encryption": ("algorithm", MEGOLM),
    "m.room.history_visibility": ("history_visibility", "joined"),
    "m.room.guest_access": ("guest_access", "forbidden"),
    "m.room.join_rules": ("join_rule", "invite"),
}
"""What the state must say, by its type: the key and its value."""
OURS_ALONE = frozenset({"im.vector.modular.widgets", "io.element.widgets.layout"})
"""Pages that apps show in a room, under whatever key: one that is not ours may read what people read there."""


def find_tampering(change: StateChange, us: str) -> str | None:
    """What this change of a room of ours, made by somebody else or weaker than we make it, is about; None: all well."""
    if change.type == "m.room.member":
        removed = change.state_key == us and change.content.get("membership") in {"leave", "ban"}
        return REMOVED if removed else None
    if change.type in OURS_ALONE:
        return None if change.sender == us else WIDGET
    if change.state_key != "" or not (change.type in WANTED or change.type in {"m.room.power_levels", "m.room.create"}):
        return None
    return None if change.sender == us and _is_as_made(change.type, change.content, us) else _name(change.type)


def is_replacement(state: Iterable[StateChange], of_room_id: str, us: str) -> bool:
    """Whether we made this room in place of another one, and it is as safe as the rooms that we make."""
    state = tuple(state)
    found = {change.type: change.content for change in state if change.state_key == ""}
    predecessor = found.get("m.room.create", {}).get("predecessor")
    return (
        isinstance(predecessor, dict)
        and predecessor.get("room_id") == of_room_id
        and {*WANTED, "m.room.power_levels"} <= found.keys()
        and not any(find_tampering(change, us) for change in state)
    )


def _is_as_made(kind: str, content: Mapping[str, Any], us: str) -> bool:
    if kind in WANTED:
        key, value = WANTED[kind]
        return bool(content.get(key) == value)
    if kind == "m.room.create":
        # Whoever made a room has all power in it, for ever.
        return not content.get("additional_creators")
    return _is_ours_alone(content, us)


def _is_ours_alone(content: Mapping[str, Any], us: str) -> bool:
    """Whether nobody but us has power."""
    users, events = content.get("users", {}), content.get("events", {})
    if not isinstance(users, dict) or not isinstance(events, dict):
        return False
    needed = [content.get(key, 0) for key in ("state_default", "invite", "kick", "ban", "redact")]
    needed += [level for kind, level in events.items() if kind in WANTED or kind == "m.room.power_levels"]
    return (
        not users.keys() - {us}
        and content.get("users_default", 0) == 0
        and all(isinstance(level, int) and level >= POWER for level in needed)
    )


def _name(kind: str) -> str:
    return kind.removeprefix("m.room.")
