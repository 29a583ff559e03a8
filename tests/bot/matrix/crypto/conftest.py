import contextlib
import itertools
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.matrix.crypto.client import HardenedClient
from tests.bot.matrix.crypto.people import PASSWORD, Meet, OpenDevice, open_device
from tests.bot.matrix.crypto.plain import OpenPlain, Plain, open_plain
from tests.bot.matrix.crypto.proxy import Proxy
from tests.homeserver import Homeserver
from tests.professional import Professional

_numbers = itertools.count(1)


@pytest.fixture
async def meet(homeserver: Homeserver, tmp_path: Path) -> AsyncIterator[Meet]:
    async with contextlib.AsyncExitStack() as stack:

        async def sign_in(*names: str) -> list[Professional]:
            people = []
            for name in names:
                unique = f"{name}-{next(_numbers)}"
                user_id = homeserver.register(unique, PASSWORD)
                professional = await Professional.sign_in(homeserver.url, user_id, PASSWORD, tmp_path / unique)
                people.append(await stack.enter_async_context(professional))
            return people

        yield sign_in


@pytest.fixture
async def open_another(homeserver: Homeserver, tmp_path: Path) -> AsyncIterator[OpenDevice]:
    async with contextlib.AsyncExitStack() as stack:

        async def open_one(user_id: str, homeserver_url: str | None = None) -> HardenedClient:
            client = await open_device(homeserver_url or homeserver.url, user_id, tmp_path / f"device-{next(_numbers)}")
            stack.push_async_callback(client.close)
            return client

        yield open_one


@pytest.fixture
async def proxy(homeserver: Homeserver) -> AsyncIterator[Proxy]:
    async with Proxy(homeserver.url) as proxy:
        yield proxy


@pytest.fixture
async def plain(homeserver: Homeserver, tmp_path: Path) -> AsyncIterator[OpenPlain]:
    async with contextlib.AsyncExitStack() as stack:

        async def open_one(name: str, homeserver_url: str | None = None, **config: object) -> Plain:
            unique = f"plain-{name}-{next(_numbers)}"
            user_id = homeserver.register(unique, PASSWORD)
            opened = open_plain(homeserver_url or homeserver.url, user_id, tmp_path / unique, **config)
            return await stack.enter_async_context(opened)

        yield open_one
