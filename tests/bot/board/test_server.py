"""The page: the same for everybody who asks, and it may do nothing but show itself."""

import base64
import hashlib
import re
from contextlib import AsyncExitStack

import aiohttp
import pytest

from bot.board.server import PAGE, policy, render, serve
from bot.config import BoardSection, ConfigProblem
from tests.bot.test_health import free_port

KEY = base64.b64encode(bytes(32)).decode()


async def ask(board: BoardSection, path: str = "/") -> tuple[int, dict[str, str], str]:
    async with AsyncExitStack() as opened:
        await serve(opened, board, KEY)
        session = await opened.enter_async_context(aiohttp.ClientSession())
        answer = await session.get(f"http://127.0.0.1:{board.port}{path}")
        return answer.status, dict(answer.headers), await answer.text()


async def test_the_page_is_served_with_the_key_and_a_policy_that_forbids_all_else() -> None:
    board = BoardSection(address="https://board.example.org", port=free_port(), frame_ancestors=("https://a.example",))
    status, headers, page = await ask(board, "/?widgetId=x&parentUrl=https%3A%2F%2Fa.example")
    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert page.count(f'<meta name="roundtable-key" content="{KEY}">') == 1
    (script,), (style,) = (re.findall(rf"<{kind}>(.*?)</{kind}>", page, re.DOTALL) for kind in ("script", "style"))
    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (script, style)]
    assert headers["Content-Security-Policy"] == (
        f"default-src 'none'; script-src 'sha256-{hashes[0]}'; style-src 'sha256-{hashes[1]}'; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'; "
        "frame-ancestors https://a.example"
    )
    assert (headers["Referrer-Policy"], headers["X-Content-Type-Options"]) == ("no-referrer", "nosniff")
    assert "Set-Cookie" not in headers


@pytest.mark.parametrize(("path", "status"), [("/", 200), ("/board", 200), ("/board/", 200), ("/metrics", 404)])
async def test_it_answers_with_the_path_of_its_address_and_without(path: str, status: int) -> None:
    board = BoardSection(address="https://example.org/board", port=free_port())
    assert (await ask(board, path))[0] == status


async def test_nothing_is_served_where_boards_are_off() -> None:
    with pytest.raises(aiohttp.ClientConnectorError):
        await ask(BoardSection(port=free_port()))


async def test_a_port_that_is_taken_is_told_by_its_key() -> None:
    board = BoardSection(address="https://board.example.org", port=free_port())
    async with AsyncExitStack() as opened:
        await serve(opened, board, KEY)
        with pytest.raises(ConfigProblem, match=rf"board\.port {board.port} on 127\.0\.0\.1 can't be used"):
            await serve(opened, board, KEY)


def test_the_page_names_no_address() -> None:
    page = PAGE.read_text("utf-8")
    assert re.findall(r"<(?:link|img|iframe|script|form|a)\b[^>]*(?:src|href|action)=", page) == []
    assert policy(render(KEY), ("https://a.example",)).startswith("default-src 'none'; script-src 'sha256-")
