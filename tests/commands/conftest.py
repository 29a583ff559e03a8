from collections.abc import AsyncIterator

import pytest

from tests.room import Conference, conference


@pytest.fixture
async def table(store_url: str) -> AsyncIterator[Conference]:
    """A conference of five agencies on a database of its own."""
    async with conference(store_url) as made:
        yield made
