from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.work import Store
from tests.storage.examples import MASTER, sqlite_url


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database: once of SQLite, once of PostgreSQL."""
    if request.param == "sqlite":
        return sqlite_url(tmp_path)
    address: str = request.getfixturevalue("postgresql_url")
    return address


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    """A fresh store."""
    opened = await Store.open(url, MASTER)
    yield opened
    await opened.close()
