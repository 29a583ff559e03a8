"""Minutes with what their papers are made from, disputes and addenda beside corrections, and credits."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    with op.batch_alter_table("minutes", schema=None) as batch_op:
        batch_op.add_column(sa.Column("paper", sa.LargeBinary(), nullable=True))
    with op.batch_alter_table("notes", schema=None) as batch_op:
        batch_op.add_column(sa.Column("credits", sa.String(), nullable=True))
    with op.batch_alter_table("minutes_corrections", schema=None) as batch_op:
        batch_op.add_column(sa.Column("kind", sa.String(), nullable=False, server_default="correction"))
        batch_op.add_column(sa.Column("paragraph", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("state", sa.String(), nullable=False, server_default="stands"))
    with op.batch_alter_table("minutes_corrections", schema=None) as batch_op:
        batch_op.alter_column("kind", server_default=None)
        batch_op.alter_column("state", server_default=None)


def downgrade() -> None:
    # The revision before knows two kinds of notes; what is a dispute or an addendum here is a correction there.
    op.execute("UPDATE notes SET kind = 'note' WHERE kind NOT IN ('note', 'apologies')")
    with op.batch_alter_table("minutes_corrections", schema=None) as batch_op:
        for name in ("state", "paragraph", "kind"):
            batch_op.drop_column(name)
    with op.batch_alter_table("notes", schema=None) as batch_op:
        batch_op.drop_column("credits")
    with op.batch_alter_table("minutes", schema=None) as batch_op:
        batch_op.drop_column("paper")
