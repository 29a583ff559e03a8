import contextlib
import itertools
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Protocol

import pytest

from tests.bot.matrix.crypto.conftest import meet, open_another
from tests.bot.matrix.crypto.people import PASSWORD
from tests.homeserver import Homeserver
from tests.interop.browser import Browser
from tests.interop.element import Element
from tests.interop.seat import Seat, sit
from tests.room import Conference

__all__ = ["meet", "open_another", "start_element"]

_numbers = itertools.count(1)


class StartElement(Protocol):
    """Signs in one more client with Element's crypto; for an account that exists already, without an identity."""

    async def __call__(self, user_id: str | None = None, *, exclude_insecure_devices: bool = True) -> Element: ...


@pytest.fixture
async def start_element(homeserver: Homeserver) -> AsyncIterator[StartElement]:
    async with contextlib.AsyncExitStack() as stack:

        async def start(user_id: str | None = None, *, exclude_insecure_devices: bool = True) -> Element:
            account = user_id or homeserver.register(f"element-{next(_numbers)}", PASSWORD)
            element = await Element.start(
                homeserver.url, account, PASSWORD, exclude_insecure_devices=exclude_insecure_devices
            )
            stack.push_async_callback(element.close)
            if user_id is None:
                await element.create_identity()
            return element

        yield start


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    started = await Browser.start()
    yield started
    await started.close()


@pytest.fixture
async def seat(table: Conference, browser: Browser) -> AsyncIterator[Seat]:
    async with contextlib.AsyncExitStack() as opened:
        boarded = Conference(table.store, replace(table.house, has_board=True))
        yield await sit(boarded, browser, opened, browser.address)
