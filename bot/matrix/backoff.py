"""How long to wait before trying again, and waiting that ends when the bot is to stop."""

import asyncio
import random
from collections.abc import Coroutine
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")

FIRST_SECONDS = 1.0
LONGEST_SECONDS = 60.0


class Backoff:
    """Doubles from one second to a minute, with jitter, so that many do not come back at the same moment."""

    def __init__(self, longest: float = LONGEST_SECONDS) -> None:
        self._longest = longest
        self._next = FIRST_SECONDS

    def next(self, asked: float | None = None) -> float:
        """Seconds to wait now; at least what the other side asked for."""
        delay = self._next * random.uniform(0.5, 1)  # noqa: S311 jitter needs no secrecy
        self._next = min(self._next * 2, self._longest)
        return max(delay, asked or 0)

    def told(self, asked: float | None) -> float:
        """Seconds to wait when the other side only asks to slow down: as it asks, each time anew."""
        self.reset()
        return (FIRST_SECONDS if asked is None else max(asked, FIRST_SECONDS)) * random.uniform(1, 1.2)  # noqa: S311 as above

    def reset(self) -> None:
        """It worked: begin anew."""
        self._next = FIRST_SECONDS


async def unless(stop: asyncio.Event, work: Coroutine[None, None, T]) -> T | None:
    """Do something that may take long, but not longer than until the stop: then it is cut off, and None."""
    task = asyncio.create_task(work)
    stopped = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({task, stopped}, return_when=asyncio.FIRST_COMPLETED)
        return task.result() if task.done() else None
    finally:
        stopped.cancel()
        if not task.done():
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
