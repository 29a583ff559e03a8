"""The revisions of the tables: which one is on file, and the way to the newest."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.database import StoreProblemError, explained, url_of

_MIGRATIONS = Path(__file__).parent / "migrations"


async def revision(engine: AsyncEngine) -> str | None:
    """The revision of the tables on file; None: there are none. Raises StoreProblemError."""
    with explained(url_of(engine)):
        async with engine.connect() as connection:
            return await connection.run_sync(lambda c: MigrationContext.configure(c).get_current_revision())


def settings(connection: Connection) -> Config:
    """Alembic's settings for the store behind a connection."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def upgrade(connection: Connection) -> None:
    """Bring the tables up to date; raises StoreProblemError when a newer version wrote them."""
    config = settings(connection)
    known = {revision.revision for revision in ScriptDirectory.from_config(config).walk_revisions()}
    current = MigrationContext.configure(connection).get_current_revision()
    if current is not None and current not in known:
        raise StoreProblemError("the store was written by a newer version of Roundtable: run that version")
    command.upgrade(config, "head")
