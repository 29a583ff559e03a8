"""Inviting: who is asked into a room is asked on a way of its own, so that the limit of one person holds up nothing.

An invitation waits for what stands before it in its channel, so that who is released after it is removed after it.
Nothing waits for an invitation.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime

import structlog

from bot.health import Health
from bot.matrix.backoff import Backoff, unless
from bot.matrix.crypto.client import HardenedClient
from bot.matrix.crypto.errors import NotAllowed, Rejected, TokenRevoked, Unavailable
from chat.faults import place_of_fault
from commands.trust.watch import Watch
from storage import causes
from storage.database import StoreAwayError
from storage.outbox import Outbox, Row
from storage.store import Store

log = structlog.get_logger(__name__)
SHORT_SECONDS = 10.0
"""A wait up to here holds for all that we ask, a longer one for the person who is invited: the others go on."""
USUAL_SECONDS = 5.0
"""When the homeserver does not say how long."""
FAULT_SECONDS = 60.0
"""After a fault of ours, or a refusal of its room, one invitation waits for so long, and the others go out."""
IN_A_ROOM = frozenset({"join", "invite"})


class Inviter:
    """Carries out the invitations of the outbox, one at a time."""

    def __init__(  # noqa: PLR0917 what a speaker has
        self,
        client: HardenedClient,
        store: Store,
        watch: Watch,
        clock: Callable[[], datetime],
        health: Health,
        room: Callable[[str], Awaitable[str]],
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        """``room`` gives the room of a channel, and makes it."""
        self._client = client
        self._store = store
        self._watch = watch
        self._outbox = Outbox(store)
        self._clock = clock
        self._health = health
        self._room = room
        self._elapsed = elapsed
        self._nudged = asyncio.Event()
        self._all_due = 0.0
        self._due: dict[str | int | None, float] = {}
        """When a person can be asked again who was asked too often, or into a room that fails; or an invitation (its
        number in the outbox) that failed by a fault of ours."""
        self.membership = asyncio.Lock()
        """Held while somebody is invited or removed: nobody is asked in after the removal that was meant to follow."""

    def nudge(self) -> None:
        """There may be somebody to invite."""
        self._nudged.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Invite until told to stop; raises TokenRevoked."""
        backoff = Backoff()
        while not stop.is_set():
            self._nudged.clear()
            try:
                delay = await self._go_round(stop)
                backoff.reset()
            except TokenRevoked:
                raise
            except Unavailable as problem:
                delay = self._wait(backoff.next(problem.retry_after))
                log.warning("not invited yet", reason=type(problem).__name__, retry_in_seconds=round(delay, 1))
            except StoreAwayError as problem:
                self._health.store_away()
                delay = self._wait(backoff.next())
                log.error("store unavailable", reason=str(problem), retry_in_seconds=round(delay, 1))  # noqa: TRY400
            except Exception as fault:  # noqa: BLE001 whatever it is, the others are to be invited
                delay = self._wait(backoff.next())
                log.error("inviting failed", retry_in_seconds=round(delay, 1), **place_of_fault(fault))  # noqa: TRY400
            with suppress(TimeoutError):
                async with asyncio.timeout(delay):
                    await unless(stop, self._nudged.wait())

    def _wait(self, seconds: float) -> float:
        """Ask nobody for so long, whoever is to be invited meanwhile."""
        self._all_due = self._elapsed() + seconds
        return seconds

    async def _go_round(self, stop: asyncio.Event) -> float | None:
        """Ask everybody who can be asked now; gives the seconds after which somebody else can, None: nobody waits."""
        if self._all_due > self._elapsed():
            return self._all_due - self._elapsed()
        waiting = await self._outbox.invitations()
        for row in waiting:
            if stop.is_set():
                return None
            if max(self._due.get(row.person, 0.0), self._due.get(row.id, 0.0)) > self._elapsed():
                continue
            if (seconds := await self._ask(row, row.person or "")) is not None:
                return self._wait(seconds)
        later = [self._due[key] for row in waiting for key in (row.person, row.id) if key in self._due]
        self._due = {key: due for key, due in self._due.items() if due > self._elapsed()}
        return max(1.0, min(later) - self._elapsed()) if later else None

    async def _ask(self, row: Row, person: str) -> float | None:
        """Carry out one invitation; gives the seconds for which nobody is to be asked."""
        try:
            if await self._carry_out(row, person):
                await self._outbox.mark_sent(row, None, self._clock())
        except Unavailable as limit:
            if not limit.limited:
                raise
            seconds = max(1.0, USUAL_SECONDS if limit.retry_after is None else limit.retry_after)
            log.warning("invitation limited", row=row.id, retry_in_seconds=round(seconds, 1))
            self._health.asked_to_wait(seconds, f"invite {person}")
            if seconds <= SHORT_SECONDS:
                return seconds
            self._due[person] = self._elapsed() + seconds
        except (StoreAwayError, TokenRevoked):
            raise
        except Exception as fault:  # noqa: BLE001 whatever it is, the others are to be invited
            told = {"row": row.id, "retry_in_seconds": FAULT_SECONDS}
            log.error("inviting failed", **told, **place_of_fault(fault))  # noqa: TRY400
            self._due[row.id] = self._elapsed() + FAULT_SECONDS
        return None

    async def _carry_out(self, row: Row, person: str) -> bool:
        """Invite, unless it makes no sense any more; False: the room is not ours now, and what waits is kept for it."""
        room_id = await self._room(row.channel)
        async with self.membership:
            wanted = await self._store.ask(lambda find: person in find.audience(row.channel), to_speak=True)
            if not wanted or self._client.is_expected(room_id, person):
                return True
            if not await self._client.has_account(person):
                await self._tell(row, person, "no_account")
                return True
            try:
                reason = await self._store.ask(lambda find: self._watch.invitation(find, row.channel, person))
                await self._client.invite(room_id, person, reason)
            except Rejected as problem:
                log.warning("membership unchanged", row=row.id, kind=row.kind, code=problem.code)
                return await self._ask_why(room_id, row, person)
        return True

    async def _ask_why(self, room_id: str, row: Row, person: str) -> bool:
        """Somebody could not be invited: perhaps they are there already, or we are not."""
        try:
            state = await self._client.room_state(room_id)
        except NotAllowed:
            # The speaker or the next sync finds out; until the room is made anew, or heals, this waits.
            self._due[person] = self._elapsed() + 60.0
            return False
        there = {c.state_key for c in state if c.type == "m.room.member" and c.content.get("membership") in IN_A_ROOM}
        if person not in there:
            await self._tell(row, person, "refused")
        return True

    async def _tell(self, row: Row, person: str, code: str) -> None:
        cause = causes.of_job("not coming", row.channel, person, code, f"{self._clock():%Y-%m-%d}")
        await self._watch.not_coming(row.channel, person, code, cause)
