"""The board in a real Chromium, with a page around it that plays Element: one Node process, asked by JSON lines.

The browser comes in the npm package ``@sparticuz/chromium`` (Linux on x86-64), with the libraries that it needs; the
variable CHROMIUM names another.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from tests.interop.process import NodeProcess

Json = dict[str, Any]


@dataclass(frozen=True)
class Line:
    """What the board says in the room, before the app has sent it."""

    number: int
    type: str
    content: Mapping[str, Any]


class Browser(NodeProcess):
    """One browser; it shows one board at a time."""

    address: str
    """Where the page around the board is."""
    _said: asyncio.Queue[Line]

    @classmethod
    async def start(cls) -> Self:
        """Start the browser."""
        browser = await cls.start_script("browser.mjs")
        browser.address, browser._said = browser.told, asyncio.Queue()
        return browser

    def hear(self, line: dict[str, Any]) -> None:
        """The board says something in the room."""
        said = line["said"]
        self._said.put_nowait(Line(said["number"], said["type"], said["content"]))

    async def open(self, widget: Mapping[str, object], room: str, user: str, **more: object) -> list[str]:
        """Show the board beside a room; gives what it asks to be allowed."""
        allowed: list[str] = await self._ask("open", widget=widget, room=room, user=user, **more)
        return allowed

    async def feed(self, event: Mapping[str, object]) -> None:
        """The app hears an event of the room, and has decrypted it."""
        await self._ask("feed", event=event)

    async def shows(self, text: str) -> None:
        """Wait until the board shows a text."""
        await self._ask("waits_for", text=text)

    async def text(self) -> str:
        """All that is shown."""
        return str(await self._ask("text"))

    async def texts(self, selector: str) -> list[str]:
        """What is shown in each of these elements."""
        found: list[str] = await self._ask("texts", selector=selector)
        return found

    async def buttons(self) -> list[str]:
        """What each button is called, with what is only read aloud."""
        found: list[str] = await self._ask("buttons")
        return found

    async def press(self, name: str, *, times: int = 1) -> None:
        """Press a button, once or more often, as fast as can be."""
        await self._ask("press", name=name, times=times)

    async def fill(self, label: str, value: str) -> None:
        """Fill in, or choose, what is asked for."""
        await self._ask("fill", label=label, value=value)

    async def key(self, key: str) -> None:
        """Press a key."""
        await self._ask("key", key=key)

    async def evaluate(self, script: str) -> Any:  # noqa: ANN401 - JSON
        """What a line of JavaScript says in the board."""
        return await self._ask("evaluate", script=script)

    async def resize(self, width: int, height: int) -> None:
        """Give the window another size."""
        await self._ask("resize", width=width, height=height)

    async def hears_line(self) -> Line:
        """Wait for what the board says in the room; it waits for ``sends``."""
        return await self._said.get()

    def has_said_more(self) -> bool:
        """Whether the board says something else."""
        return not self._said.empty()

    async def sends(self, line: Line, event_id: str | None = "$sent") -> None:
        """The app has sent it; None: it could not."""
        await self._ask("said", number=line.number, event_id=event_id)

    async def requests(self) -> list[str]:
        """What the window asked for, of anybody."""
        found: list[str] = await self._ask("requests")
        return found

    async def complaints(self) -> list[str]:
        """What went wrong, and what the policy forbade."""
        found: list[str] = await self._ask("complaints")
        return found

    async def complains(self) -> list[str]:
        """Wait until something goes wrong, or the policy forbids something."""
        found: list[str] = await self._ask("complains")
        return found

    async def accessibility(self) -> list[str]:
        """What axe-core finds wrong."""
        found: list[str] = await self._ask("accessibility")
        return found

    async def look(self, path: str) -> None:
        """Take a picture."""
        await self._ask("look", path=path)
