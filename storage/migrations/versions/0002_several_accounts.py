"""Several accounts: whose each room, row and setting is; what is there belongs to the first that opens the store."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_SHARED = {"outbox": "id", "rooms": "channel", "settings": "key", "waiting": "event_id"}
"""The tables that get an account, and the primary key that they had."""
_KEYED_BY_IT = ("rooms", "settings")


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("schemes", sa.JSON(), nullable=True),
        sa.Column("term", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_accounts")),
    )
    for table, key in _SHARED.items():
        with op.batch_alter_table(table) as batch_op:
            batch_op.add_column(sa.Column("account", sa.String(), nullable=False, server_default=""))
            if table in _KEYED_BY_IT:
                batch_op.drop_constraint(op.f(f"pk_{table}"), type_="primary")
                batch_op.create_primary_key(op.f(f"pk_{table}"), ["account", key])


def downgrade() -> None:
    for table, key in _SHARED.items():
        with op.batch_alter_table(table) as batch_op:
            if table in _KEYED_BY_IT:
                batch_op.drop_constraint(op.f(f"pk_{table}"), type_="primary")
                batch_op.create_primary_key(op.f(f"pk_{table}"), [key])
            batch_op.drop_column("account")
    op.drop_table("accounts")
