"""Waiting for what must come, as long as a busy machine may take; never for time to pass."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PATIENCE_SECONDS = 300.0
"""After this much it will not come any more; a machine with many times the usual load is no reason to fail."""
LOOK_SECONDS = 0.05


async def until(find: Callable[[], T | None], what: str) -> T:
    """What is found, once it is there; for what says nothing when it changes. Raises AssertionError."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not (found := find()):  # noqa: ASYNC110 other processes and clients tell nobody
                await asyncio.sleep(LOOK_SECONDS)
    except TimeoutError:
        raise AssertionError(f"not in {PATIENCE_SECONDS} s: {what}") from None
    return found
