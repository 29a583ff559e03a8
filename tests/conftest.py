import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from storage import database
from tests.homeserver import Homeserver
from tests.postgres import Postgres, find_programs

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


@pytest.fixture(scope="session")
def homeserver() -> Iterator[Homeserver]:
    """One real Synapse for all end-to-end tests, started when the first of them asks for it."""
    with Homeserver() as server:
        yield server


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One real PostgreSQL for all tests, started when the first of them asks for it."""
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


async def _migrate(url: str) -> None:
    engine = database.connect(url)
    database.upgrade(engine)
    engine.dispose()
