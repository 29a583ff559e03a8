"""The health check: whether the bot listens and speaks, in figures and codes; no content."""

import asyncio
import os
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

import structlog
from aiohttp import web

from bot.config import HEALTH_PATH, ConfigProblem, Server
from storage.figures import count_waiting
from storage.work import Store

log = structlog.get_logger(__name__)
SILENT_AFTER = timedelta(minutes=3)
"""A sync takes half a minute, and a homeserver that is away is asked again within one."""


def _utcnow() -> datetime:
    return datetime.now(UTC)


class Health:
    """What the running bot reports about itself."""

    def __init__(self, clock: Callable[[], datetime] = _utcnow) -> None:
        self.listening = asyncio.Event()
        """Set once the first sync is handled."""
        self._clock = clock
        self._synced_at: datetime | None = None
        self._sent_at: datetime | None = None

    def synced(self, at: datetime) -> None:
        """A sync was handled."""
        self._synced_at = at

    def sent(self, at: datetime) -> None:
        """Something went out."""
        self._sent_at = at

    async def report(self, store: Store | None) -> tuple[bool, dict[str, object]]:
        """Whether all is well, and the figures; ages are in seconds, None: never. Without a store it stands by."""
        if store is None:
            return True, {"status": "standby"}
        now = self._clock()
        figures: dict[str, object] = {
            "last_sync_seconds": _age(now, self._synced_at),
            "last_sent_seconds": _age(now, self._sent_at),
        }
        try:
            waiting = await count_waiting(store)
        except Exception as problem:  # noqa: BLE001 whatever the database raises, the check must answer
            log.warning("health check failed", kind=type(problem).__name__)
            return False, {"status": "failing", "reason": "store_unreadable", **figures}
        figures |= {
            "outbox_waiting": waiting.outbox,
            "outbox_oldest_seconds": _age(now, waiting.oldest),
            "undecryptable_waiting": waiting.undecryptable,
        }
        if waiting.unclaimed:
            figures["schemes_without_bot"] = waiting.unclaimed
        if self._synced_at is None:
            return False, {"status": "failing", "reason": "not_listening_yet", **figures}
        if now - self._synced_at > SILENT_AFTER:
            return False, {"status": "failing", "reason": "homeserver_silent", **figures}
        return True, {"status": "ok", **figures}

    async def serve(self, opened: AsyncExitStack, store: Store | None, server: Server) -> None:
        """Answer on ``GET /healthz`` until the stack is closed; raises ConfigProblem when the port is taken."""
        if not server.health_port:
            return

        async def answer(_request: web.Request) -> web.Response:
            well, figures = await self.report(store)
            return web.json_response(figures, status=200 if well else 503, headers={"Cache-Control": "no-store"})

        app = web.Application(client_max_size=1024)
        app.router.add_get(HEALTH_PATH, answer)
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


def _age(now: datetime, then: datetime | None) -> int | None:
    # A clock that was set back makes nothing younger than now.
    return None if then is None else max(0, round((now - then).total_seconds()))
