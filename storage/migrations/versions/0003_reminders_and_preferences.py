"""Who was reminded of what, who wants to be left in peace about what, and what people chose for themselves."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

LADDERS = ("requests", "actions")


def upgrade() -> None:
    op.create_table(
        "preferences",
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("zone", sa.String(), nullable=True),
        sa.Column("quiet", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["professionals.user_id"], name=op.f("fk_preferences_user_id_professionals")
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_preferences")),
    )
    op.create_table(
        "pauses",
        sa.Column("pk", sa.Integer(), nullable=False),
        sa.Column("case_ref", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("until", sa.DateTime(), nullable=True),
        sa.Column("because", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["case_ref"], ["cases.ref"], name=op.f("fk_pauses_case_ref_cases"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_pauses")),
        sa.UniqueConstraint("case_ref", "id", name=op.f("uq_pauses_case_ref_id")),
    )
    with op.batch_alter_table("pauses") as batch:
        batch.create_index(batch.f("ix_pauses_case_ref"), ["case_ref"], unique=False)
    reminded = op.create_table(
        "reminded",
        sa.Column("pk", sa.Integer(), nullable=False),
        sa.Column("case_ref", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("whom", sa.String(), nullable=False),
        sa.Column("stage", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_ref"], ["cases.ref"], name=op.f("fk_reminded_case_ref_cases"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_reminded")),
        sa.UniqueConstraint("case_ref", "subject", "whom", name=op.f("uq_reminded_case_ref_subject_whom")),
    )
    now = datetime.now(UTC).replace(tzinfo=None)
    for name in LADDERS:
        table = sa.table(name, *map(sa.column, ("case_ref", "id", "reminded")))
        said = sa.select(table.c.case_ref, table.c.id, sa.literal(""), table.c.reminded, sa.literal(now, sa.DateTime()))
        op.execute(
            sa.insert(reminded).from_select(
                ["case_ref", "subject", "whom", "stage", "at"], said.where(table.c.reminded > 0)
            )
        )
        with op.batch_alter_table(name) as batch:
            batch.drop_column("reminded")
    with op.batch_alter_table("professionals") as batch:
        batch.add_column(sa.Column("manager", sa.String(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("professionals") as batch:
        batch.drop_column("manager")
    reminded = sa.table("reminded", *map(sa.column, ("case_ref", "subject", "stage")))
    for name in LADDERS:
        with op.batch_alter_table(name) as batch:
            batch.add_column(sa.Column("reminded", sa.Integer(), nullable=False, server_default="0"))
        table = sa.table(name, *map(sa.column, ("case_ref", "id", "reminded")))
        # The ladder ended at the manager then.
        said = sa.select(sa.func.max(sa.case((reminded.c.stage > 4, 4), else_=reminded.c.stage))).where(  # noqa: PLR2004 as above
            reminded.c.case_ref == table.c.case_ref, reminded.c.subject == table.c.id
        )
        op.execute(sa.update(table).values(reminded=sa.func.coalesce(said.scalar_subquery(), 0)))
        with op.batch_alter_table(name) as batch:
            batch.alter_column("reminded", server_default=None)
    op.drop_table("reminded")
    op.drop_table("pauses")
    op.drop_table("preferences")
