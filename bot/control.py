"""What the shell asks of the running bot: over a socket in the bot's own folder, which only its user can open.

One line of JSON is asked, one is answered; whoever can read the folder has the bot's keys anyway.
"""

import asyncio
import json
import os
import socket
import struct
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import structlog

from bot.config import ConfigProblem
from chat.faults import place_of_fault
from storage.database import StoreAwayError

log = structlog.get_logger(__name__)
SOCKET = "control.sock"
MOST_BYTES = 4 * 1024 * 1024
ASKED_WITHIN_SECONDS = 10.0
FAILED = 1
ENDED = "the running bot ended before it answered: look whether it was done, and ask again"
_OWN_DESCRIPTORS = Path("/proc/self/fd")
Answer = dict[str, object]
Way = Callable[[Mapping[str, Any]], Awaitable[Answer]]
"""Answers a question from the shell; raises ConfigProblem."""


async def serve(opened: AsyncExitStack, folder: Path, ways: Mapping[str, Way]) -> None:
    """Answer what the shell asks until the stack is closed, by the word under ``do``."""
    asking: set[asyncio.StreamWriter] = set()

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asking.add(writer)
        try:
            if _is_ours(writer.get_extra_info("socket")):
                answer = await _answer(reader, ways)
                writer.write(json.dumps(answer).encode() + b"\n")
                await writer.drain()
        except (OSError, TimeoutError):
            log.info("nobody waits for the answer")
        finally:
            asking.discard(writer)
            writer.close()

    with _address(folder) as address:
        try:
            server = await asyncio.start_unix_server(hear, address, limit=MOST_BYTES)
            os.chmod(address, 0o600)  # noqa: PTH101 a call that blocks, of no time
        except OSError as problem:
            log.warning("the shell can't ask", reason=os.strerror(problem.errno or 0))
            return

    async def end() -> None:
        server.close()
        for writer in asking:
            writer.transport.abort()
        with suppress(OSError):
            (folder / SOCKET).unlink()

    opened.push_async_callback(end)


async def ask(folder: Path, question: Mapping[str, object]) -> Mapping[str, Any] | None:
    """Ask the running bot; None: none runs that could be asked here. Raises ConfigProblem with what it complains of."""
    try:
        with _address(folder) as address:
            reader, writer = await asyncio.open_unix_connection(address, limit=MOST_BYTES)
    except OSError:
        return None
    try:
        writer.write(json.dumps(question).encode() + b"\n")
        await writer.drain()
        line = await reader.readline()
    except OSError:
        line = b""
    finally:
        writer.close()
    if not line.endswith(b"\n"):
        raise ConfigProblem(ENDED)
    answer: dict[str, Any] = json.loads(line)
    if complaints := answer.get("complaints"):
        raise ConfigProblem(*complaints)
    return answer


async def _answer(reader: asyncio.StreamReader, ways: Mapping[str, Way]) -> Answer:
    try:
        async with asyncio.timeout(ASKED_WITHIN_SECONDS):
            asked = json.loads(await reader.readline())
        way = ways[asked["do"]]
    except (ValueError, KeyError, TypeError, RecursionError):
        return {"complaints": ["the running bot does not know that: is it of another version?"]}
    try:
        return await way(asked)
    except ConfigProblem as problem:
        return {"complaints": list(problem.problems)}
    except StoreAwayError:
        # It may be committed all the same.
        return {"complaints": ["the store did not answer: look whether it was done, and ask again"]}
    except Exception as fault:  # noqa: BLE001 whatever it is, its words may hold content
        log.error("asked in vain", **place_of_fault(fault))  # noqa: TRY400
        return {"complaints": [f"it failed ({type(fault).__name__}): nothing was changed; the bot's log says where"]}


def _is_ours(connection: socket.socket) -> bool:
    """Whether our own user asks, or root, who could do anything."""
    if not hasattr(socket, "SO_PEERCRED"):
        return True
    _, user, _ = struct.unpack(
        "3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    )
    return user in {os.getuid(), 0}


@contextmanager
def _address(folder: Path) -> Iterator[str]:
    """Where the socket is, in few letters: the path of a socket may have a hundred."""
    if not _OWN_DESCRIPTORS.exists():
        yield str(folder / SOCKET)
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"{_OWN_DESCRIPTORS}/{descriptor}/{SOCKET}"
    finally:
        os.close(descriptor)
