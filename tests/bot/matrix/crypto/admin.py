"""A bot whose admin sits beside the test: what is shown is kept, what is confirmed the test says."""

import asyncio
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta

from bot.matrix.crypto.events import Batch
from bot.matrix.crypto.sas import Comparison
from bot.matrix.crypto.signing import SigningKey
from bot.matrix.crypto.verification import Progress, Stage, Verification
from tests.professional import Professional
from tests.waiting import PATIENCE_SECONDS


class Admin:
    """Hears what the bot hears, and knows everyone but strangers."""

    def __init__(self, bot: Professional, *, vouch: bool = True) -> None:
        self.told: list[Progress] = []
        self.strangers: set[str] = set()
        self.later = timedelta()
        self._bot = bot
        self._vouch = vouch
        self._changed = asyncio.Condition()
        self.verification = Verification(bot.client, self, self, clock=self.now, tell=self.tell)
        bot.take_batch = self._take

    def now(self) -> datetime:
        return datetime.now(UTC) + self.later

    async def is_known(self, user_id: str) -> bool:
        return user_id not in self.strangers

    async def audience(self, room_id: str) -> Collection[str] | None:
        return self._bot.client.members(room_id)

    async def user_signing(self) -> SigningKey | None:
        return self._bot.identity.user_signing if self._vouch else None

    async def tell(self, progress: Progress) -> None:
        async with self._changed:
            self.told.append(progress)
            self._changed.notify_all()

    async def sees(self, user_id: str) -> Comparison:
        """Wait until there is something to compare with a person."""
        progress = await self._wait(lambda progress: progress == (user_id, Stage.COMPARING))
        assert progress.comparison is not None
        return progress.comparison

    async def hears_the_end(self, user_id: str) -> Progress:
        """Wait for the end of the verification with a person."""
        return await self._wait(lambda end: end in {(user_id, Stage.DONE), (user_id, Stage.CANCELLED)})

    async def _wait(self, wanted: Callable[[tuple[str, Stage]], bool]) -> Progress:
        def find() -> list[Progress]:
            return [progress for progress in self.told if wanted((progress.user_id, progress.stage))]

        async with self._changed:
            await asyncio.wait_for(self._changed.wait_for(find), PATIENCE_SECONDS)
        return find()[0]

    async def _take(self, batch: Batch) -> None:
        for message in batch.to_device:
            await self.verification.hear_device(message)
        for room in batch.joined:
            for event in room.events:
                await self.verification.hear(event)
