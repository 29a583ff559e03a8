"""The bot as ``roundtable run`` runs it, but that its clock can be set while it runs.

``python -m benchmarks.shifted CONFIG AHEAD``: AHEAD is a file with the seconds by which its clock is ahead, read at the
start and at each SIGUSR1. A bot that has run for days has shared its keys; one that is restarted shares them anew.

It looks ten times a second for what falls due: by default it would begin up to half a minute after nine, by chance.
"""

import asyncio
import os
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot import config, logs
from bot.app import App


class Clock:
    """Goes as fast as the real one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.set()

    def __call__(self) -> datetime:
        """What it says, in UTC."""
        return datetime.now(UTC) + self._ahead

    def set(self) -> None:
        """Set it as the file says."""
        self._ahead = timedelta(seconds=float(self._path.read_text()))


def main(path: str, ahead: str) -> None:
    """Run until SIGTERM."""
    os.environ["ROUNDTABLE_SCHEDULE__TICK_SECONDS"] = "0.1"
    settings = config.load(Path(path))
    logs.configure(settings.log.level, settings.log.format)
    clock = Clock(Path(ahead))

    async def run() -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, stop.set)
        loop.add_signal_handler(signal.SIGUSR1, clock.set)
        await App(settings, clock).run(stop)

    asyncio.run(run())


if __name__ == "__main__":
    main(*sys.argv[1:])
