"""The revisions of the tables: which one is on file, and the way to the newest."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from storage.database import NEWER, NEWEST, UNRELEASED, StoreProblemError, revision

__all__ = ["revision", "settings", "upgrade"]
_MIGRATIONS = Path(__file__).parent / "migrations"


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
        raise StoreProblemError(NEWER if current > NEWEST else UNRELEASED)
    command.upgrade(config, "head")
