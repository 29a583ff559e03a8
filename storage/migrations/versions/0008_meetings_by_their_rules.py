"""Who writes the minutes, the agencies that a quorum needs, and the time of each point of an agenda."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    with op.batch_alter_table("roundtables", schema=None) as batch_op:
        batch_op.add_column(sa.Column("taker", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("needs", sa.JSON(), nullable=False, server_default="[]"))
    with op.batch_alter_table("roundtables", schema=None) as batch_op:
        batch_op.alter_column("needs", server_default=None)
    with op.batch_alter_table("agenda", schema=None) as batch_op:
        batch_op.add_column(sa.Column("minutes", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("begun_at", sa.DateTime(), nullable=True))


def downgrade() -> None:
    # The revision before knows no conflicts of interest: they stand as notes there.
    op.execute("UPDATE notes SET kind = 'note' WHERE kind = 'conflict'")
    with op.batch_alter_table("agenda", schema=None) as batch_op:
        batch_op.drop_column("begun_at")
        batch_op.drop_column("minutes")
    with op.batch_alter_table("roundtables", schema=None) as batch_op:
        batch_op.drop_column("needs")
        batch_op.drop_column("taker")
