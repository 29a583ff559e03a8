"""A process under measurement: what it uses, as the kernel counts it."""

import asyncio
import signal
import sys
import time
from pathlib import Path

END_WITHIN = 30.0
LOOK, IDLE, CALM_LOOKS = 1.0, 0.1, 3
"""It is calm when it uses less than a tenth of a processor in each of so many looks on end."""
CALM_WITHIN = 300.0


class Process:
    """``python -m …`` in a process of its own."""

    def __init__(self, log: Path, python: str | Path = sys.executable) -> None:
        self._log = log
        self._python = str(python)
        self._process: asyncio.subprocess.Process | None = None

    async def start(self, *arguments: str) -> None:
        """Start it: a module and its arguments."""
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(self._python, "-m", *arguments),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    async def end(self) -> None:
        """End it in good order."""
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), END_WITHIN)
        except TimeoutError:
            process.kill()
            await process.wait()

    async def kill(self) -> None:
        """End it as a power cut does."""
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            process.kill()
            await process.wait()

    @property
    def pid(self) -> int:
        """Its number; raises RuntimeError with the end of its log when it does not run."""
        if self._process is None or self._process.returncode is not None:
            raise RuntimeError(f"it does not run:\n{self._log.read_text()[-3000:]}")
        return self._process.pid

    def cpu_seconds(self) -> float:
        """What it has used of the processors, all its threads, to the nanosecond."""
        # The kernel's number for the clock of a whole process, as clock_getcpuclockid(3) makes it.
        return time.clock_gettime(~self.pid << 3 | 2)

    def peak_mib(self) -> float:
        """The most memory that it ever held (VmHWM)."""
        return self._memory("VmHWM")

    async def calms_down(self) -> None:
        """Wait until it has nothing left to do."""
        calm, used = 0, self.cpu_seconds()
        async with asyncio.timeout(CALM_WITHIN):
            while calm < CALM_LOOKS:
                await asyncio.sleep(LOOK)
                before, used = used, self.cpu_seconds()
                calm = calm + 1 if used - before < IDLE * LOOK else 0

    def resident_mib(self) -> float:
        """The memory that it holds now (VmRSS)."""
        return self._memory("VmRSS")

    def _memory(self, name: str) -> float:
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) / 1024
        raise RuntimeError(f"the kernel tells no {name}")
