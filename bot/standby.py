"""Running an account only while this process has it; standing by while another one has.

On SQLite nobody stands by: a second bot is a mistake, and told so. On PostgreSQL it waits for the first one's end.
"""

import asyncio
from contextlib import AsyncExitStack

import structlog

from bot.config import Config
from bot.health import Health
from bot.matrix.backoff import unless
from storage.database import StoreInUseError, StoreProblemError, file_of
from storage.lease import Lease, LeaseLostError, hold

log = structlog.get_logger(__name__)
LOOKS_EVERY_SECONDS = 2.0
"""How often who stands by looks whether the account is free, and who has it whether that is still so."""
LETS_OTHERS_FIRST_SECONDS = 3 * LOOKS_EVERY_SECONDS


class Standby:
    """Takes the account when it is free, again and again, until told to stop."""

    def __init__(self, config: Config, health: Health) -> None:
        self._url = config.store.url
        self._user_id = config.matrix.user_id
        self._server = config.server
        self._health = health
        self.patient = False
        """Whether this process has stood by: what is away, or still held, is waited for from then on."""

    async def take(self, held: AsyncExitStack, stop: asyncio.Event) -> Lease | None:
        """Wait for the account, and hold it until the stack is closed; None: told to stop before.

        Raises StoreInUseError on SQLite, StoreProblemError when the store is away at the start.
        """
        serving = False
        async with AsyncExitStack() as waiting:
            while not stop.is_set():
                in_use = False
                try:
                    return held.enter_context(hold(self._url, self._user_id))
                except StoreInUseError:
                    if file_of(self._url) is not None:
                        raise
                    in_use = True
                except StoreProblemError as problem:
                    if not self.patient:
                        raise
                    log.error("store unavailable", reason=str(problem))  # noqa: TRY400
                if not serving:
                    await self._health.serve(waiting, None, self._server)
                    if in_use:
                        # Only now it can be asked how it is.
                        log.info("standing by", user_id=self._user_id)
                serving = self.patient = True
                await unless(stop, asyncio.sleep(LOOKS_EVERY_SECONDS))
        return None

    async def watch(self, lease: Lease, stop: asyncio.Event) -> None:
        """Look after the lease until told to stop; raises LeaseLostError when it is lost."""
        while not stop.is_set():
            await lease.check()
            await unless(stop, asyncio.sleep(LOOKS_EVERY_SECONDS))

    async def lost(self, problem: LeaseLostError, stop: asyncio.Event) -> None:
        """Stand by again, behind whoever waits already."""
        log.error("account lost", user_id=self._user_id, reason=str(problem))
        self.patient = True
        await unless(stop, asyncio.sleep(LETS_OTHERS_FIRST_SECONDS))
