"""Whether the people of a case work as a team, with a digest each morning, or as a table."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0005"


def upgrade() -> None:
    # Not in batch mode: that makes the table anew on SQLite, and what refers to it would go with the old one.
    op.add_column("cases", sa.Column("mode", sa.String(), nullable=False, server_default="table"))


def downgrade() -> None:
    op.drop_column("cases", "mode")
