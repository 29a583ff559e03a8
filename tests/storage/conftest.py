from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.store import Store
from tests.storage.examples import MASTER, sqlite_url


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database: once of SQLite, once of PostgreSQL."""
    if request.param == "sqlite":
        return sqlite_url(tmp_path)
    address: str = request.getfixturevalue("postgresql_url")
    return address


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """A fresh store."""
    opened = Store.open(url, MASTER)
    yield opened
    opened.close()
