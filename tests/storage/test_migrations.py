"""The tables by Alembic: the one revision there is goes up and down, and nothing is left."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory

from storage import database
from storage.revisions import revision, settings
from tests.storage.examples import sqlite_url


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    """An empty database."""
    if request.param == "sqlite":
        database.make_file(sqlite_url(tmp_path))
    url = sqlite_url(tmp_path) if request.param == "sqlite" else request.getfixturevalue("empty_postgresql_url")
    connected = database.connect(url)
    yield connected
    connected.dispose()


def test_the_newest_revision_is_the_one_that_this_version_works_with() -> None:
    head = ScriptDirectory(str(Path(database.__file__).parent / "migrations")).get_current_head()
    assert head == database.NEWEST


def test_all_the_way_down_nothing_is_left(engine: sa.Engine) -> None:
    database.upgrade(engine)
    assert revision(engine) == database.NEWEST
    with engine.begin() as connection:
        command.downgrade(settings(connection), "base")
    with engine.connect() as connection:
        assert sa.inspect(connection).get_table_names() == ["alembic_version"]
