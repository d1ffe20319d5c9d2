"""Watch for gaps in cover: each specialty with a roster, and whether the desk heard of a time off.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

from econsult.database import Instant

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cover_watch",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("specialty", sa.String(length=32), nullable=False),
        sa.Column("is_covered", sa.Boolean(), nullable=False),
        sa.Column("gaps", sa.Integer(), nullable=False),
        sa.Column("after_id", sa.Integer(), nullable=True),
        sa.Column("next_at", Instant(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["program_id"], ["program.id"], name=op.f("fk_cover_watch_program_id_program")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cover_watch")),
        sa.UniqueConstraint("program_id", "specialty", name="uq_cover_watch"),
    )
    with op.batch_alter_table("time_off", schema=None) as batch_op:
        batch_op.add_column(sa.Column("told_at", Instant(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("time_off", schema=None) as batch_op:
        batch_op.drop_column("told_at")
    op.drop_table("cover_watch")
