"""A homeserver that misbehaves: the real one behind a proxy that a test can bend."""

from collections.abc import Awaitable, Callable
from typing import Any, Self

import aiohttp
from aiohttp import web
from yarl import URL

Fault = Callable[[web.Request], Awaitable[web.Response | None]]
Bend = Callable[[web.Request, Any], Any]


class Proxy:
    """Passes everything on, unless fault answers in the homeserver's place or bend changes a JSON answer."""

    def __init__(self, homeserver: str) -> None:
        self.url = ""
        self.fault: Fault | None = None
        self.bend: Bend | None = None
        self._homeserver = homeserver
        self._session: aiohttp.ClientSession
        self._runner: web.AppRunner

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession()
        app = web.Application(client_max_size=2**26)
        app.router.add_route("*", "/{path:.*}", self._pass_on)
        # A sync that nobody waits for any more must not hold up the end of a test.
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()
        await self._session.close()

    async def _pass_on(self, request: web.Request) -> web.Response:
        if self.fault is not None:
            answer = await self.fault(request)
            if answer is not None:
                return answer
        headers = {name: request.headers[name] for name in ("Authorization", "Content-Type") if name in request.headers}
        # Kept as it was escaped: room ids and event ids hold signs that mean something in a path.
        url = URL(self._homeserver + request.raw_path, encoded=True)
        body = await request.read()
        async with self._session.request(request.method, url, data=body, headers=headers) as response:
            if self.bend is None:
                return web.Response(
                    status=response.status, body=await response.read(), content_type=response.content_type
                )
            return web.json_response(self.bend(request, await response.json()), status=response.status)
