"""Proposed times, who can come when, and round tables that come again."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    with op.batch_alter_table("roundtables", schema=None) as batch_op:
        batch_op.add_column(sa.Column("series", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("occurs_at", sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column("moved_from", sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column("moved_because", sa.LargeBinary(), nullable=True))
    _create_records(
        "proposed_times",
        sa.Column("roundtable", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(), nullable=False),
    )
    _create_records(
        "availabilities",
        sa.Column("roundtable", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("can", sa.String(), nullable=False),
    )
    _create_records(
        "series",
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("every", sa.String(), nullable=False),
        sa.Column("first_at", sa.DateTime(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("chair", sa.String(), nullable=False),
        sa.Column("about", sa.LargeBinary(), nullable=True),
        sa.Column("where", sa.LargeBinary(), nullable=True),
        sa.Column("stopped_at", sa.DateTime(), nullable=True),
    )


def downgrade() -> None:
    # The revision before knows no round table without a time.
    op.execute("UPDATE roundtables SET state = 'cancelled' WHERE state = 'planning'")
    for name in ("series", "availabilities", "proposed_times"):
        with op.batch_alter_table(name, schema=None) as batch_op:
            batch_op.drop_index(batch_op.f(f"ix_{name}_case_ref"))
        op.drop_table(name)
    with op.batch_alter_table("roundtables", schema=None) as batch_op:
        for name in ("moved_because", "moved_from", "occurs_at", "series"):
            batch_op.drop_column(name)


def _create_records(name: str, *columns: sa.Column[Any]) -> None:
    op.create_table(
        name,
        sa.Column("pk", sa.Integer(), nullable=False),
        sa.Column("case_ref", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        *columns,
        sa.ForeignKeyConstraint(
            ["case_ref"], ["cases.ref"], name=op.f(f"fk_{name}_case_ref_cases"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("pk", name=op.f(f"pk_{name}")),
        sa.UniqueConstraint("case_ref", "id", name=op.f(f"uq_{name}_case_ref_id")),
    )
    with op.batch_alter_table(name, schema=None) as batch_op:
        batch_op.create_index(batch_op.f(f"ix_{name}_case_ref"), ["case_ref"], unique=False)
