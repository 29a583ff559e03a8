import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from chat import files
from storage import database
from storage.messages import LARGEST_ATTACHMENT
from tests.homeserver import Homeserver
from tests.postgres import Postgres, find_programs
from tests.room import Conference, conference

# A shared machine may be slow; how fast the code is, the benchmarks tell.
settings.register_profile("roundtable", deadline=None)
settings.load_profile("roundtable")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--store",
        choices=["sqlite", "postgresql"],
        default="sqlite",
        help="where the conferences of the tests are kept",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With several workers the slow ones begin, so that no worker waits for one of them at the end."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture(scope="session")
def homeserver() -> Iterator[Homeserver]:
    """One real Synapse for all end-to-end tests of a worker, started when the first of them asks for it."""
    with Homeserver() as server:
        yield server


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One real PostgreSQL for all tests of a worker, started when the first of them asks for it."""
    if find_programs() is None:
        pytest.skip("no PostgreSQL here: the package pgserver has none for this platform, and none is on PATH")
    with Postgres() as server:
        yield server


@pytest.fixture
def empty_postgresql_url(postgres: Postgres) -> Iterator[str]:
    """The address of a PostgreSQL database of its own, without tables."""
    name = postgres.make_database()
    yield postgres.url(name)
    postgres.drop_database(name)


@pytest.fixture(scope="session")
def postgresql_template(postgres: Postgres) -> str:
    """A PostgreSQL database with all tables, from which others are made: much quicker than migrating each."""
    name = postgres.make_database()
    asyncio.run(_migrate(postgres.url(name)))
    return name


@pytest.fixture
def postgresql_url(postgres: Postgres, postgresql_template: str) -> Iterator[str]:
    """The address of a PostgreSQL database of its own, with all tables and no rows."""
    name = postgres.make_database(postgresql_template)
    yield postgres.url(name)
    postgres.drop_database(name)


@pytest.fixture
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a fresh database of the kind that ``--store`` says."""
    if request.config.getoption("--store") == "sqlite":
        return f"sqlite:///{tmp_path}/roundtable.db"
    address: str = request.getfixturevalue("postgresql_url")
    return address


@pytest.fixture
async def table(store_url: str) -> AsyncIterator[Conference]:
    """A conference of five agencies on a database of its own."""
    async with conference(store_url) as made:
        yield made


@pytest.fixture
def a_sixteenth(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files may be a sixteenth as large: those of the real bound take minutes and a gigabyte to make."""
    monkeypatch.setattr(files, "LARGEST_ATTACHMENT", LARGEST_ATTACHMENT // 16)


async def _migrate(url: str) -> None:
    engine = database.connect(url)
    database.upgrade(engine)
    engine.dispose()
