"""Let records end: a rule of retention, legal holds, and erasures that destroy the keys.

Revision ID: 0043
Revises: 0042
"""

import sqlalchemy as sa
from alembic import op

from econsult.database import Instant

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

HELD = sa.text("lifted_at IS NULL")
WAITS = sa.text("undone_at IS NULL AND done_at IS NULL")


def upgrade() -> None:
    op.add_column("patient", sa.Column("erased_at", Instant()))
    op.add_column("program", sa.Column("erased_at", Instant()))
    op.create_table(
        "retention_rule",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("program_id", sa.Integer(), sa.ForeignKey("program.id"), nullable=False, unique=True),
        sa.Column("years", sa.Integer(), nullable=False),
        sa.Column("age", sa.Integer(), nullable=False),
        sa.Column("wait_days", sa.Integer(), nullable=False),
    )
    op.create_table(
        "retention_hold",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("public_id", sa.String(32), nullable=False, unique=True),
        sa.Column("program_id", sa.Integer(), sa.ForeignKey("program.id"), nullable=False),
        sa.Column("patient_id", sa.Integer(), sa.ForeignKey("patient.id"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("placed_by_id", sa.Integer(), sa.ForeignKey("person.id")),
        sa.Column("placed_at", Instant(), nullable=False),
        sa.Column("lifted_by_id", sa.Integer(), sa.ForeignKey("person.id")),
        sa.Column("lifted_at", Instant()),
    )
    hold = "retention_hold"
    op.create_index(
        "uq_retention_hold_patient", hold, ["patient_id"], unique=True, sqlite_where=HELD, postgresql_where=HELD
    )
    op.create_table(
        "erasure",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("public_id", sa.String(32), nullable=False, unique=True),
        sa.Column("program_id", sa.Integer(), sa.ForeignKey("program.id"), nullable=False, index=True),
        sa.Column("patient_id", sa.Integer(), sa.ForeignKey("patient.id")),
        sa.Column("basis", sa.String(16), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), sa.ForeignKey("person.id")),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("undone_by_id", sa.Integer(), sa.ForeignKey("person.id")),
        sa.Column("undone_at", Instant()),
        sa.Column("done_at", Instant()),
        sa.Column("swept_at", Instant()),
    )
    op.create_index(
        "uq_erasure_patient", "erasure", ["patient_id"], unique=True, sqlite_where=WAITS, postgresql_where=WAITS
    )
    op.create_index("ix_erasure_due", "erasure", ["due_at"], sqlite_where=WAITS, postgresql_where=WAITS)


def downgrade() -> None:
    op.drop_table("erasure")
    op.drop_table("retention_hold")
    op.drop_table("retention_rule")
    op.drop_column("program", "erased_at")
    op.drop_column("patient", "erased_at")
