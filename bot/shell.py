"""The commands of the shell that work with store and homeserver: running the bot, and what goes wrong in any."""

import argparse
import asyncio
import gc
import signal

from bot import config, logs
from bot.config import find_path
from bot.crypto.errors import MatrixError, NotOurDevice, StoreUnreadable, TokenRevoked
from bot.logs import complain
from storage.crypto import WrongKeyError
from storage.database import StoreProblemError

WELL, FAILED = 0, 1
COLLECT_AFTER = (20_000, 20, 50)
"""Objects that are made before the youngest of them are looked through; and how often that is done before the older."""


def perform(command: str, given: argparse.Namespace) -> int:
    """Carry out one command; gives the exit status. What goes wrong in an expected way is told on standard error."""
    try:
        if command == "run":
            return _run(given)
        # A start must be quick: the others load what it does not need.
        from bot import chores  # noqa: PLC0415

        return chores.COMMANDS[command](given)
    except TokenRevoked:
        complain(
            "the homeserver no longer knows the bot's access token: somebody signed the device out. With the recovery "
            "key, sign in anew with roundtable init --recover; if it is lost, with roundtable init --reset-identity"
        )
    except (StoreUnreadable, NotOurDevice) as problem:
        complain(
            f"{problem}. If crypto.key is the wrong one, bring the right one back; else sign in anew with the recovery "
            "key: roundtable init --recover"
        )
    except (StoreProblemError, WrongKeyError, MatrixError) as problem:
        complain(str(problem))
    return FAILED


def _run(given: argparse.Namespace) -> int:
    settings = config.load(find_path(given.config))
    logs.configure(settings.log.level, settings.log.format)
    # What is loaded stays for good: looking through it for garbage again and again took a twentieth of each answer.
    gc.disable()
    # Only this command needs the scheduler and the templates.
    from bot.app import App  # noqa: PLC0415

    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
    gc.enable()

    async def run() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for end in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.add_signal_handler(end, stop.set)
        await App(settings).run(stop)

    asyncio.run(run())
    return WELL
