"""Verification by emoji, wired to the house: who may ask, which admin compares, and with which key we vouch."""

from collections.abc import Callable, Collection
from datetime import datetime

import structlog

from bot.matrix.crypto.client import HardenedClient
from bot.matrix.crypto.errors import NotTheSame
from bot.matrix.crypto.sas import Comparison
from bot.matrix.crypto.signing import SigningKey
from bot.matrix.crypto.verification import Progress, Stage, Verification
from commands.trust.watch import Watch
from storage import answers, secret
from storage.answers import Answer
from storage.find import Find
from storage.store import Store

log = structlog.get_logger(__name__)


class Verifier:
    """Lets people verify the bot; an admin's answer comes through the database, from the admin room."""

    def __init__(self, client: HardenedClient, store: Store, watch: Watch, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._watch = watch
        self._devices = client.devices
        self._looked_at = -1
        """How often something was kept when answers were looked for."""
        self.verification = Verification(client, self, self, clock=clock, tell=self._tell)

    async def is_known(self, user_id: str) -> bool:
        """Whether this person is in the house."""
        return await self._store.ask(lambda find: user_id in find.directory().people)

    async def audience(self, room_id: str) -> Collection[str] | None:
        """Whom a room is for; nobody, if it is none of ours."""

        def look(find: Find) -> Collection[str]:
            channel = find.channel(room_id)
            return find.audience(channel) if channel else frozenset()

        return await self._store.ask(look)

    async def user_signing(self) -> SigningKey | None:
        """The key with which we vouch for people; None: init did not keep it."""
        seed = await self._store.do(secret.read, self._store, secret.USER_SIGNING)
        return None if seed is None else SigningKey(seed)

    async def act(self) -> None:
        """Carry out what admins have answered, and end what takes too long."""
        for answer in await self._take_answers():
            compared = self.verification.comparison(answer.person)
            if compared is None or in_words(compared) != answer.compared:
                await self._watch.verification_gone(answer.person, answer.cause)
            elif answer.same:
                try:
                    await self.verification.confirm(answer.person, compared)
                except NotTheSame:
                    await self._watch.verification_gone(answer.person, answer.cause)
            else:
                await self.verification.deny(answer.person)
        await self.verification.cancel_overdue()

    async def _take_answers(self) -> list[Answer]:
        kept = self._store.kept
        if kept == self._looked_at:
            return []
        found = await self._store.do(answers.take, self._store)
        self._looked_at = kept
        return found

    async def _tell(self, progress: Progress) -> None:
        match progress.stage:
            case Stage.COMPARING if progress.comparison:
                await self._watch.comparing(progress.user_id, in_words(progress.comparison), progress.identity)
            case Stage.PROVEN if progress.identity:
                await self._watch.identity_proven(progress.user_id, progress.identity)
                self._devices.mark_outdated({progress.user_id})
            case Stage.DONE:
                await self._watch.verified(progress.user_id, signed=progress.signed)
            case _:
                log.info("verification ended", user_id=progress.user_id, code=progress.code)
                await self._watch.verification_ended(progress.user_id)


def in_words(comparison: Comparison) -> str:
    """What an admin compares: the emoji with their names, or the numbers."""
    if comparison.emoji:
        return "  ".join(f"{symbol} {name}" for symbol, name in comparison.emoji)
    return "  ".join(str(number) for number in comparison.decimals)
