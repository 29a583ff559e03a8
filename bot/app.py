"""The composition root: opens what the bot needs, runs it, and closes it again."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from functools import partial

import structlog
from sqlalchemy import Engine

from bot import asked, control
from bot.board.widgets import Widgets
from bot.config import Config
from bot.health import Health
from bot.house import make_house
from bot.matrix import rooms
from bot.matrix.crypto.client import HardenedClient
from bot.matrix.crypto.errors import StoreLocked
from bot.matrix.hearing import Hearing
from bot.matrix.membership import Membership
from bot.matrix.sender import Speaker
from bot.matrix.sync_loop import SyncLoop
from bot.matrix.verifying import Verifier
from bot.metrics import count_command
from bot.scheduler import ticking
from bot.standby import Standby
from chat.dispatch import Dispatcher
from chat.faults import place_of_fault
from chat.jobs import Sweeps
from commands import registry_of_all
from commands.board.signing import public_key
from commands.case.comings import Comings
from commands.erasure.deleting import Deleting
from commands.trust.watch import Watch
from storage import claims, database
from storage.account import Account
from storage.database import StoreAwayError
from storage.lease import Lease, LeaseLostError
from storage.pins import StoredPins
from storage.store import Store

log = structlog.get_logger(__name__)
FOLLOWED_AFTER_SECONDS, FOLLOWED_ON_BOARD_AFTER_SECONDS = 5, 1
"""So soon a poll, or a word on the pinned card, comes after what it follows from; whoever works on a board looks on."""
Part = Callable[[asyncio.Event], Coroutine[None, None, None]]
"""What goes on until the event tells it to end."""
GRACE_SECONDS = 10.0
"""How long a part may take to end what it is doing; a container is killed after this."""


def utcnow() -> datetime:
    """The real clock, in UTC."""
    return datetime.now(UTC)


class App:
    """One bot account."""

    def __init__(self, config: Config, clock: Callable[[], datetime] = utcnow) -> None:
        self.config = config
        self.clock = clock
        self.health = Health(clock)
        self._standby = Standby(config, self.health)

    async def run(self, stop: asyncio.Event) -> None:
        """Run until told to stop; raises StoreProblemError, WrongKeyError or TokenRevoked when it can't."""
        database.need_file(self.config.store.url)
        while not stop.is_set():
            async with AsyncExitStack() as held:
                lease = await self._standby.take(held, stop)
                if lease is None:
                    return
                try:
                    await self._run(lease, stop)
                except LeaseLostError as problem:
                    lost = problem
                else:
                    return
            # Everything is closed, so that another process can have it.
            await self._standby.lost(lost, stop)

    async def _run(self, lease: Lease, stop: asyncio.Event) -> None:
        """Run the account until told to stop, or until it is lost; raises LeaseLostError, too."""
        async with AsyncExitStack() as opened:
            account = Account(self.config.matrix.user_id, self.config.house.schemes)
            store = Store.open(
                self.config.store.url,
                self.config.store.master_key(),
                account,
                head_in=self.config.matrix.store_dir,
                prepare=partial(_bring_up_to_date, lease),
            )
            opened.callback(store.close)
            claims.claim(store)
            client = await self._open_client(store, lease)
            opened.push_async_callback(client.close)
            # The crypto store is the right one, and the database has what is noted there, if anything is.
            store.keep_head(anew=True)
            house = make_house(self.config, store)
            dispatcher = Dispatcher(registry_of_all(), store, house, self.clock, count_command)
            sweeps = Sweeps(store, house, self.clock)
            watch = Watch(store, house, self.clock)
            speaker = Speaker(client, store, watch, self.clock, self.health)
            verifier = Verifier(client, store, watch, self.clock)
            deleting = Deleting(store, house, self.clock)
            hearing = Hearing(client, store, dispatcher, deleting, verifier, watch, self.clock)
            membership = Membership(client, store, watch, Comings(store, house, self.clock))
            sync_loop = SyncLoop(
                client,
                store,
                watch,
                hearing=hearing,
                membership=membership,
                verifier=verifier,
                health=self.health,
                spoken=speaker.spoken,
            )
            speaker.on_room = membership.meet_soon
            widgets = Widgets(client, store, self.config.board.address)

            async def keep_head() -> None:
                await store.do(store.keep_head)

            async def find_unfiled() -> None:
                await rooms.find_unfiled(client, store, watch)

            async def tick() -> None:
                parts = (hearing.tell_unreadable, hearing.look_at_identities, verifier.act, sweeps.run, find_unfiled)
                for part in (*parts, widgets.keep, watch.unreadable_cases, watch.post_head, keep_head):
                    await _try(part, self.health)
                self.health.ticked()
                speaker.nudge()

            await speaker.take_up()
            await self.health.serve(opened, store, self.config.server)
            ways = asked.ways(self.config, store, client, dispatcher, house, self.clock)
            await control.serve(opened, self.config.matrix.store_dir, ways)
            soon = FOLLOWED_AFTER_SECONDS
            if house.has_board:
                from bot.board import server as board_server  # noqa: PLC0415 as it is seldom needed

                soon = FOLLOWED_ON_BOARD_AFTER_SECONDS
                await board_server.serve(opened, self.config.board, await store.do(public_key, store))
            seconds = self.config.schedule.tick_seconds
            await opened.enter_async_context(ticking(tick, seconds))
            follow = partial(_try, sweeps.follow, self.health)
            await opened.enter_async_context(ticking(follow, min(soon, seconds)))
            log.info("started", user_id=self.config.matrix.user_id)
            _tell_unclaimed(store)
            await watch.restored()
            await watch.take_over()
            await _until_stopped(stop, sync_loop.run, speaker.run, partial(self._standby.watch, lease))
            log.info("stopped")

    async def _open_client(self, store: Store, lease: Lease) -> HardenedClient:
        """Open the crypto store; that of a process which just lost the account is waited for."""
        while True:
            try:
                return await self._open_client_now(store)
            except StoreLocked as problem:
                if not self._standby.patient:
                    raise
                log.warning("crypto store in use", reason=str(problem))
            await lease.check()
            await asyncio.sleep(1)

    async def _open_client_now(self, store: Store) -> HardenedClient:
        matrix = self.config.matrix
        return await HardenedClient.open_client(
            matrix.homeserver,
            matrix.user_id,
            matrix.device_id,
            matrix.token(),
            matrix.store_dir,
            matrix.store_key(),
            StoredPins(store, self.clock),
        )


def _bring_up_to_date(lease: Lease, engine: Engine) -> None:
    """Bring the tables of an older version up to date, and say so. A store that is not there is not made."""
    before = database.need_tables(engine)
    if before == database.NEWEST:
        database.upgrade(engine)
        return
    with lease.alone():
        database.upgrade(engine)
    log.warning("tables brought up to date", before=before, after=database.NEWEST)


async def _try(part: Callable[[], Awaitable[None]], health: Health) -> None:
    """Do one part of a tick: what goes wrong is told and taken up by the next tick, and hinders no other part."""
    try:
        await part()
    except StoreAwayError as problem:
        health.store_away()
        log.error("store unavailable", part=part.__qualname__, reason=str(problem))  # noqa: TRY400
    except Exception as fault:  # noqa: BLE001 the scheduler would write the fault's own words to the log
        log.error("tick failed", part=part.__qualname__, **place_of_fault(fault))  # noqa: TRY400


def _tell_unclaimed(store: Store) -> None:
    with store.look() as find:
        schemes = claims.unclaimed(find)
    if schemes:
        log.warning("schemes that no bot runs", schemes=schemes)


async def _until_stopped(stop: asyncio.Event, *parts: Part) -> None:
    """Let the parts go on until told to stop, or until one of them can't; its exception is raised.

    Each part ends by itself soon after it is told to, between two things it does; what does not is cut off.
    """
    ending = asyncio.Event()
    tasks = [asyncio.create_task(part(ending)) for part in parts]
    waiting = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({waiting, *tasks}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        ending.set()
        await asyncio.wait(tasks, timeout=GRACE_SECONDS)
        for task in (waiting, *tasks):
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
    for result in results:
        if isinstance(result, Exception):
            raise result
