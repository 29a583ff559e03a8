"""Serves the one page: with the bot's public key in it, and without a single word about any case."""

import base64
import hashlib
import os
import re
from collections.abc import Iterable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import web

from bot.config import BoardSection, ConfigProblem

PAGE = Path(__file__).with_name("board.html")
"""Built from page/ (``make board``); a test builds it again and compares."""
KEY_PLACE = '<meta name="roundtable-key" content="">'
_INLINE = re.compile(r"<(script|style)\b[^>]*>(.*?)</\1>", re.DOTALL)


def render(key: str) -> str:
    """The page, which believes who has this public key (base64)."""
    return PAGE.read_text("utf-8").replace(KEY_PLACE, KEY_PLACE.replace('""', f'"{key}"'))


def policy(page: str, ancestors: Iterable[str]) -> str:
    """What the page may do: run and look as we wrote it, in these apps, and ask nobody for anything."""
    hashes: dict[str, list[str]] = {"script": [], "style": []}
    for kind, text in _INLINE.findall(page):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        hashes[kind].append(f"'sha256-{digest}'")
    return "; ".join(
        (
            "default-src 'none'",
            *(f"{kind}-src {' '.join(found)}" for kind, found in hashes.items()),
            "base-uri 'none'",
            "form-action 'none'",
            # No text becomes markup or script, not even by a mistake in the page.
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
            f"frame-ancestors {' '.join(ancestors)}",
        )
    )


def headers(page: str, ancestors: Iterable[str]) -> Mapping[str, str]:
    """What goes with the page; a proxy must leave it as it is."""
    return {
        "Content-Security-Policy": policy(page, ancestors),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=(), display-capture=()",
        # Another key or policy is there after a restart.
        "Cache-Control": "no-cache",
    }


async def serve(opened: AsyncExitStack, board: BoardSection, key: str) -> None:
    """Serve the page until the stack is closed; raises ConfigProblem when the port is taken. Off without an address."""
    if board.address is None:
        return
    page = render(key)
    sent = headers(page, board.frame_ancestors)

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(text=page, content_type="text/html", charset="utf-8", headers=sent)

    app = web.Application(client_max_size=1024)
    # With the path of its address or without: a proxy may take that away.
    beneath = urlsplit(board.address).path
    for path in {"/", beneath or "/", f"{beneath}/"}:
        app.router.add_get(path, answer)
    # Nobody keeps a list of who looked: what stands behind the address says in which app.
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    opened.push_async_callback(runner.cleanup)
    try:
        await web.TCPSite(runner, board.host, board.port).start()
    except OSError as problem:
        raise ConfigProblem(
            f"board.port {board.port} on {board.host} can't be used "
            f"({os.strerror(problem.errno or 0)}): end the other program, or choose another port"
        ) from None
