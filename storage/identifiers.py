"""The form of what the homeserver names things by: short, and of its own kind.

Specification: Identifier grammar, at most 255 bytes. What has another form is treated as if it were not there.
"""

import re
from typing import TypeGuard

LONGEST = 255
_VISIBLE = re.compile(r"[!-~]+")
# Before the colon people have had whatever letters their homeserver allowed.
_USER = re.compile("@[^:\x00-\x20\x7f-\x9f\ud800-\udfff]*:[!-~]+")


def is_event_id(value: object) -> TypeGuard[str]:
    """Whether this can be the id of an event."""
    return is_visible(value) and value.startswith("$") and value != "$"


def is_room_id(value: object) -> TypeGuard[str]:
    """Whether this can be the id of a room."""
    return is_visible(value) and value.startswith("!") and value != "!"


def is_user_id(value: object) -> TypeGuard[str]:
    """Whether this can be the id of a person."""
    return is_short(value) and _USER.fullmatch(value) is not None


def is_device_id(value: object) -> TypeGuard[str]:
    """Whether this can be the id of a device."""
    return is_short(value) and value.isprintable()


def is_visible(value: object) -> TypeGuard[str]:
    """Whether this is one word of visible ASCII characters, as the type of an event and the id of a session are."""
    return is_short(value) and _VISIBLE.fullmatch(value) is not None


def is_short(value: object) -> TypeGuard[str]:
    """Whether this is a text of 1 to 255 bytes."""
    return isinstance(value, str) and 0 < len(value) <= LONGEST and len(value.encode(errors="replace")) <= LONGEST
