"""A client with Element's own crypto: one Node process that runs element.mjs, asked by JSON lines."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from tests.interop.process import NodeProcess

NO_SHIELD = 0


@dataclass(frozen=True)
class Seen:
    """A message as Element shows it. The shield is NO_SHIELD when nothing is to be warned of."""

    event_id: str
    sender: str
    content: Mapping[str, Any]
    shown: str | None
    thread: str | None
    encrypted: bool
    shield: int | None


@dataclass(frozen=True)
class Shown:
    """What one side of a verification compares."""

    emoji: tuple[tuple[str, str], ...]
    decimals: tuple[int, int, int]


class Element(NodeProcess):
    """Signed in on a device of its own from start until close; the device stays signed in on the homeserver."""

    user_id: str
    device_id: str

    @classmethod
    async def start(
        cls, homeserver: str, user_id: str, password: str, *, exclude_insecure_devices: bool = True
    ) -> Self:
        """Sign in on a new device, which nobody has signed yet, and listen."""
        options = {
            "homeserver": homeserver,
            "user": user_id,
            "password": password,
            "excludeInsecureDevices": exclude_insecure_devices,
        }
        element = await cls.start_script("element.mjs", json.dumps(options))
        element.user_id, element.device_id = element.told["user_id"], element.told["device_id"]
        return element

    # Its own identity

    async def create_identity(self) -> None:
        """Make a cross-signing identity and sign this device with it."""
        await self._ask("create_identity")

    async def unlock(self, recovery_key: str) -> None:
        """Open the account's secret storage and sign this device with what is in it: “verify this device”."""
        await self._ask("unlock", recovery_key=recovery_key)

    async def restore(self) -> int:
        """Fetch the room keys from the backup, whose key is in the storage; gives how many came."""
        return int(await self._ask("restore"))

    async def scroll(self, room_id: str) -> None:
        """Look at what was said before."""
        await self._ask("scroll", room_id=room_id)

    async def name_of(self, user_id: str) -> str | None:
        """What somebody is called."""
        name = await self._ask("name_of", user_id=user_id)
        return None if name is None else str(name)

    async def is_signed(self) -> bool:
        """Whether this device is signed by its owner, and has all that is needed to sign others."""
        return bool(await self._ask("is_signed"))

    async def becomes_signed(self) -> bool:
        """Wait until this device is signed by its owner."""
        return bool(await self._ask("becomes_signed"))

    # What it thinks of others

    async def device_is_signed(self, user_id: str, device_id: str) -> bool:
        """Whether a device is signed by its owner."""
        return bool(await self._ask("device_is_signed", user_id=user_id, device_id=device_id))

    async def has_verified(self, user_id: str) -> bool:
        """Whether it shows a person as verified: this user's identity has signed theirs."""
        return bool(await self._ask("has_verified", user_id=user_id))

    async def verifies(self, user_id: str) -> bool:
        """Wait until it shows a person as verified."""
        return bool(await self._ask("verifies", user_id=user_id))

    # Rooms

    async def join(self, room_id: str) -> None:
        """Accept an invitation as soon as it comes, and know the room."""
        await self._ask("join", room_id=room_id)

    async def say(self, room_id: str, text: str, **extra: object) -> str:
        """Say something in a room; gives the event id."""
        return await self.send(room_id, {"msgtype": "m.text", "body": text, "m.mentions": {}, **extra})

    async def send(self, room_id: str, content: Mapping[str, object]) -> str:
        """Send any message to a room; gives the event id."""
        return str(await self._ask("send", room_id=room_id, content=content))

    async def poll(self, room_id: str, event_id: str) -> dict[str, Any]:
        """Wait for a poll; gives its question, its answers (id and text), and how many of them may be chosen."""
        poll: dict[str, Any] = await self._ask("poll", room_id=room_id, event_id=event_id)
        return poll

    async def vote(self, room_id: str, event_id: str, answer: str) -> str:
        """Tap an answer of a poll, by its id; gives the event id."""
        return str(await self._ask("vote", room_id=room_id, event_id=event_id, answer=answer))

    async def hears(self, room_id: str, event_id: str, *, shown: str | None = None) -> Seen:
        """Wait for a message that it can read, and that shows this text, edits included."""
        return Seen(**await self._ask("hears", room_id=room_id, event_id=event_id, shown=shown))

    async def refuses(self, room_id: str, event_id: str) -> str:
        """Wait for a message that it does not show although it has the key; gives the reason."""
        return str(await self._ask("refuses", room_id=room_id, event_id=event_id))

    async def upload(self, name: str, data: bytes) -> dict[str, Any]:
        """Encrypt and upload a file; gives the content of the message that shows it."""
        content: dict[str, Any] = await self._ask("upload", name=name, data=base64.b64encode(data).decode())
        return content

    async def download(self, file: Mapping[str, object]) -> bytes:
        """Download and decrypt a file. Raises NodeError when it was changed."""
        return base64.b64decode(await self._ask("download", file=file))

    # Verification by emoji, as the one who asks

    async def ask_in_room(self, user_id: str, room_id: str) -> None:
        """Ask a person, in a room, to verify each other."""
        await self._ask("ask_in_room", user_id=user_id, room_id=room_id)

    async def ask_device(self, user_id: str, device_id: str) -> None:
        """Ask a device of a person to verify each other."""
        await self._ask("ask_device", user_id=user_id, device_id=device_id)

    async def start_emoji(self) -> Shown | None:
        """Wait until the other side is ready, then for the emoji to compare; None when it was cancelled before."""
        sas = await self._ask("start_emoji")
        if sas is None:
            return None
        first, second, third = sas["decimal"]
        return Shown(tuple((emoji, name) for emoji, name in sas["emoji"]), (first, second, third))

    async def same(self) -> None:
        """Say that the emoji are the same."""
        await self._ask("same")

    async def different(self) -> None:
        """Say that the emoji differ."""
        await self._ask("different")

    async def cancel(self) -> None:
        """Cancel the verification."""
        await self._ask("cancel")

    async def ended(self) -> str:
        """Wait for the end of the verification: “done”, or the code of the cancellation."""
        return str(await self._ask("ended"))
