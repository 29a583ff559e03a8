"""The health check: whether the bot listens and speaks, in figures and codes; no content."""

import asyncio
import os
import time
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

import structlog

from bot import metrics
from bot.config import HEALTH_PATH, METRICS_PATH, ConfigProblem, Server
from bot.matrix.crypto.wire import LONGEST_WAIT
from storage.figures import count_waiting
from storage.store import Store

log = structlog.get_logger(__name__)
SILENT_AFTER_SECONDS = 3 * 60
"""A sync takes half a minute, and a homeserver that is away is asked again within one."""
TOLD_FOR = timedelta(days=1)
"""So long it is told that something could not be sent for good."""
LISTENING = "listening"
LIMITED_AFTER_SECONDS = 10
"""So long a homeserver may keep us waiting now and then."""
IDLE_AFTER_SECONDS = 15 * 60
"""What falls due is looked for at each tick, which takes a while when there are many cases."""


def _utcnow() -> datetime:
    return datetime.now(UTC)


class Health:
    """What the running bot reports about itself."""

    def __init__(self, clock: Callable[[], datetime] = _utcnow, elapsed: Callable[[], float] = time.monotonic) -> None:
        self.listening = asyncio.Event()
        """Set once the first sync is handled."""
        self._clock = clock
        # What this process did is timed by what no setting of the clock moves, else one set back would hide a silence.
        self._elapsed = elapsed
        self._synced_at: float | None = None
        self._sent_at: float | None = None
        self._ticked_at: float | None = None
        self._store_away = False
        self._failing: set[str] = set()
        self._limited: dict[str, float] = {}
        """Until when the homeserver is not asked for something, as it wishes."""

    def synced(self) -> None:
        """A sync was handled, or the next part of a long one, and the store took it."""
        self._synced_at = self._elapsed()
        self._store_away = False

    def sent(self) -> None:
        """Something went out."""
        self._sent_at = self._elapsed()
        metrics.count_sent()

    def gave_up(self, kind: str) -> None:
        """Something of this kind could not be sent for good."""
        metrics.count_given_up(kind)

    def asked_to_wait(self, seconds: float, what: str = LISTENING) -> None:
        """The homeserver asks us to slow down with something, and is asked again only after so many seconds."""
        self._limited[what] = self._elapsed() + seconds

    def ticked(self) -> None:
        """Everything that falls due was looked through."""
        self._ticked_at = self._elapsed()

    def store_away(self) -> None:
        """The store could not be used; until the next sync is saved it counts as away."""
        self._store_away = True

    def room_failing(self, channel: str, *, failing: bool) -> None:
        """Whether the last try to say something in a room failed."""
        (self._failing.add if failing else self._failing.discard)(channel)

    async def report(self, store: Store | None) -> tuple[bool, dict[str, object]]:
        """Whether all is well, and the figures; ages are in seconds, None: never. Without a store it stands by."""
        if store is None:
            return True, {"status": "standby"}
        now = self._elapsed()
        figures: dict[str, object] = {
            "last_sync_seconds": _age(now, self._synced_at),
            "last_sent_seconds": _age(now, self._sent_at),
            "last_tick_seconds": _age(now, self._ticked_at),
            "rooms_failing": len(self._failing),
        }
        self._limited = {what: until for what, until in self._limited.items() if until > now}
        if self._limited:
            figures["asked_to_wait_seconds"] = round(max(self._limited.values()) - now)
        try:
            waiting = await store.do(count_waiting, store)
        except Exception as problem:  # noqa: BLE001 whatever the database raises, the check must answer
            log.warning("health check failed", kind=type(problem).__name__)
            return False, {"status": "failing", "reason": "store_unreadable", **figures}
        figures |= {
            "outbox_waiting": waiting.outbox,
            "outbox_oldest_seconds": self._waiting_for(waiting.oldest),
            "invitations_waiting": waiting.invitations,
            "invitations_oldest_seconds": self._waiting_for(waiting.invitations_oldest),
            "undecryptable_waiting": waiting.undecryptable,
            "cases_unreadable": len(store.unreadable),
        }
        if waiting.given_up.count:
            figures["outbox_given_up"] = waiting.given_up.count
        if waiting.unclaimed:
            figures["schemes_without_bot"] = waiting.unclaimed
        if reason := self._trouble(now):
            return False, {"status": "failing", "reason": reason, **figures}
        if reason := self._blemish(figures, store, waiting.given_up.last):
            return True, {"status": "degraded", "reason": reason, **figures}
        return True, {"status": "ok", **figures}

    def _held_up(self, figures: Mapping[str, object]) -> bool:
        """Whether the homeserver's limits keep people waiting: by what it says, or by how long they have waited."""
        names = ("asked_to_wait_seconds", "outbox_oldest_seconds", "invitations_oldest_seconds")
        ages = [figures.get(name) for name in names] if self._limited else []
        return any(isinstance(age, int) and age > LIMITED_AFTER_SECONDS for age in ages)

    def _waiting_for(self, since: datetime | None) -> int | None:
        # A clock that was set back makes nothing younger than now.
        return None if since is None else max(0, round((self._clock() - since).total_seconds()))

    def _trouble(self, now: float) -> str | None:
        """What keeps the bot from its work, as a code."""
        if self._synced_at is None:
            return "not_listening_yet"
        if self._store_away:
            return "store_unusable"
        limited = LONGEST_WAIT if LISTENING in self._limited else 0
        if now - self._synced_at > SILENT_AFTER_SECONDS + limited:
            return "homeserver_silent"
        if self._ticked_at is not None and now - self._ticked_at > IDLE_AFTER_SECONDS:
            return "nothing_falls_due"
        return None

    def _blemish(self, figures: Mapping[str, object], store: Store, gave_up: datetime | None) -> str | None:
        """What is not as it should be, though the bot does its work, as a code: nothing that a restart would mend."""
        if LISTENING in self._limited or self._held_up(figures):
            return "homeserver_limits_us"
        if self._failing:
            return "rooms_failing"
        if store.unreadable:
            return "cases_unreadable"
        if gave_up is not None and self._clock() - gave_up < TOLD_FOR:
            return "messages_given_up"
        return None

    async def serve(self, opened: AsyncExitStack, store: Store | None, server: Server) -> None:
        """Answer ``GET /healthz`` and ``/metrics`` until the stack is closed.

        Raises ConfigProblem when the port is taken.
        """
        if not server.health_port:
            return
        # Where nobody is served it is not loaded.
        from aiohttp import web  # noqa: PLC0415

        async def answer(_request: web.Request) -> web.Response:
            well, figures = await self.report(store)
            return web.json_response(figures, status=200 if well else 503, headers={"Cache-Control": "no-store"})

        async def measure(_request: web.Request) -> web.Response:
            well, figures = await self.report(store)
            from bot import exposition  # noqa: PLC0415 the same

            told = exposition.render(figures, well=well)
            return web.Response(body=told, headers={"Content-Type": exposition.CONTENT_TYPE})

        app = web.Application(client_max_size=1024)
        app.router.add_get(HEALTH_PATH, answer)
        app.router.add_get(METRICS_PATH, measure)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        opened.push_async_callback(runner.cleanup)
        try:
            await web.TCPSite(runner, server.health_host, server.health_port).start()
        except OSError as problem:
            raise ConfigProblem(
                f"server.health_port {server.health_port} on {server.health_host} can't be used "
                f"({os.strerror(problem.errno or 0)}): end the other program, or choose another port"
            ) from None


def _age(now: float, then: float | None) -> int | None:
    return None if then is None else round(now - then)
