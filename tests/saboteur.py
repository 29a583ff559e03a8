"""A bad line between the bot and its homeserver: it limits, fails, cuts, holds up, and delivers twice."""

import asyncio
import random
from collections import Counter
from typing import Self

import aiohttp
from aiohttp import web
from yarl import URL

FAULTS = ("limit", "fault", "gateway", "cut before", "cut after", "delay", "twice")
LONGEST_DELAY_SECONDS = 1.0
DELIVERED_TWICE = {"GET", "PUT"}
"""What a line may repeat (RFC 9110, 9.2.2): Matrix makes its own PUTs once by their transaction id."""


class Saboteur:
    """Passes on to a homeserver, and spoils this share of what it passes on (0 to 1)."""

    def __init__(self, homeserver: str, chance: random.Random) -> None:
        self.url = ""
        self.share = 0.0
        self.done: Counter[str] = Counter()
        self._homeserver = homeserver
        self._chance = chance
        self._session: aiohttp.ClientSession
        self._runner: web.AppRunner

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        app = web.Application(client_max_size=2**26)
        app.router.add_route("*", "/{path:.*}", self._answer)
        # Who hung up is not waited for: a bot that was killed leaves a sync behind.
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()
        await self._session.close()

    async def _answer(self, request: web.Request) -> web.Response:
        fault = self._chance.choice(FAULTS) if self._chance.random() < self.share else None
        if fault is not None:
            self.done[fault] += 1
        match fault:
            case "limit":
                return web.json_response({"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 200}, status=429)
            case "fault":
                return web.json_response({"errcode": "M_UNKNOWN", "error": "Internal server error"}, status=500)
            case "gateway":
                return web.Response(status=502, text="<html>Bad gateway</html>", content_type="text/html")
            case "cut before":
                return _cut(request)
            case "cut after":
                await self._pass_on(request)
                return _cut(request)
            case "delay":
                await asyncio.sleep(self._chance.uniform(0, LONGEST_DELAY_SECONDS))
            case "twice" if request.method in DELIVERED_TWICE:
                await self._pass_on(request)
        return await self._pass_on(request)

    async def _pass_on(self, request: web.Request) -> web.Response:
        headers = {name: request.headers[name] for name in ("Authorization", "Content-Type") if name in request.headers}
        # Kept as it was escaped: room ids and event ids hold signs that mean something in a path.
        url = URL(self._homeserver + request.raw_path, encoded=True)
        body = await request.read()
        try:
            async with self._session.request(request.method, url, data=body, headers=headers) as response:
                answer = await response.read()
                return web.Response(status=response.status, body=answer, content_type=response.content_type)
        except aiohttp.ClientError:
            return web.Response(status=502, text="The homeserver is away.")


def _cut(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
