"""The bot as ``roundtable run`` runs it, but that it kills itself at a named moment, and that its clock is shifted.

``python -m tests.killed CONFIG SHIFT_SECONDS [MOMENT TIMES]``: killed when it comes to the moment for the nth time.
"""

import asyncio
import inspect
import os
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import wraps
from itertools import count
from pathlib import Path
from typing import Any, ParamSpec

from bot import config, logs
from bot.app import App
from bot.matrix.crypto.client import HardenedClient
from bot.matrix.crypto.sharing import Sharing
from bot.matrix.crypto.sync import Syncing
from bot.matrix.sender import Speaker
from chat.dispatch import Dispatcher
from storage.outbox import Outbox
from storage.progress import Progress
from storage.work import Work

P = ParamSpec("P")

BEFORE, AFTER = "before", "after"
MOMENTS: dict[str, tuple[type, str, str]] = {
    "during a sync, its keys taken": (Syncing, "_keep_keys", BEFORE),
    "after a sync": (HardenedClient, "sync_once", AFTER),
    "before the transaction": (Dispatcher, "handle", BEFORE),
    "in the transaction": (Work, "record", AFTER),
    "between commit and send": (Dispatcher, "handle", AFTER),
    "before the token is saved": (Progress, "save", BEFORE),
    "after the token is saved": (Progress, "save", AFTER),
    "when what waits was taken up": (Outbox, "take_up", AFTER),
    "before a key is shared": (Sharing, "_send", BEFORE),
    "after a key was shared": (Sharing, "_send", AFTER),
    "between send and mark": (Speaker, "_carry_out", AFTER),
    "noted, and not marked": (Outbox, "note_sent", AFTER),
    "after the mark": (Outbox, "mark_sent", AFTER),
}


def main(path: str, shift: str, moment: str = "", times: str = "1") -> None:
    """Run until SIGTERM, or until the moment."""
    if moment:
        _kill_at(moment, int(times))
    settings = config.load(Path(path))
    logs.configure(settings.log.level, settings.log.format)
    ahead = timedelta(seconds=float(shift))

    async def run() -> None:
        stop = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
        await App(settings, lambda: datetime.now(UTC) + ahead).run(stop)

    asyncio.run(run())


def _kill_at(moment: str, times: int) -> None:
    owner, name, when = MOMENTS[moment]
    setattr(owner, name, _deadly(getattr(owner, name), when, times))


def _deadly(work: Callable[P, Any], when: str, times: int) -> Callable[P, Any]:
    calls = count(1)

    def die(before: bool, last: bool) -> None:
        if last and before is (when == BEFORE):
            os.kill(os.getpid(), signal.SIGKILL)

    @wraps(work)
    async def awaited(*args: P.args, **kwargs: P.kwargs) -> Any:  # noqa: ANN401 whatever the work gives
        last = next(calls) >= times
        die(before=True, last=last)
        result = await work(*args, **kwargs)
        die(before=False, last=last)
        return result

    @wraps(work)
    def done(*args: P.args, **kwargs: P.kwargs) -> Any:  # noqa: ANN401 the same
        last = next(calls) >= times
        die(before=True, last=last)
        result = work(*args, **kwargs)
        die(before=False, last=last)
        return result

    return awaited if inspect.iscoroutinefunction(work) else done


if __name__ == "__main__":
    main(*sys.argv[1:])
