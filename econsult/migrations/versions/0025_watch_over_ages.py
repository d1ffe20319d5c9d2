"""Watch over the ages of children, and keep what lets a caregiver act for somebody who is grown up.

Revision ID: 0025
Revises: 0023
"""

import sqlalchemy as sa
from alembic import op

from econsult.database import Instant, Sealed

revision = "0025"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "age_policy",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("program_id", sa.Integer(), sa.ForeignKey("program.id"), nullable=False, unique=True),
        sa.Column("steps", sa.String(60), nullable=False),
        sa.Column("majority", sa.Integer(), nullable=False),
    )
    op.create_table(
        "proxy_grant",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("public_id", sa.String(32), nullable=False, unique=True),
        sa.Column("patient_id", sa.Integer(), sa.ForeignKey("patient.id"), nullable=False, index=True),
        sa.Column("person_id", sa.Integer(), sa.ForeignKey("person.id"), nullable=False, index=True),
        sa.Column("basis", sa.String(16), nullable=False),
        sa.Column("paper", Sealed("proxy_grant.paper"), nullable=False),
        sa.Column("starts_at", Instant(), nullable=False),
        sa.Column("ends_at", Instant(), nullable=True),
        sa.Column("recorded_by_id", sa.Integer(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("ended_by_id", sa.Integer(), sa.ForeignKey("person.id"), nullable=True),
    )
    op.create_table(
        "age_task",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("program_id", sa.Integer(), sa.ForeignKey("program.id"), nullable=False),
        sa.Column("patient_id", sa.Integer(), sa.ForeignKey("patient.id"), nullable=False),
        sa.Column("age", sa.Integer(), nullable=False),
        sa.Column("is_ahead", sa.Boolean(), nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("done_at", Instant(), nullable=True),
        sa.Column("done_by_id", sa.Integer(), sa.ForeignKey("person.id"), nullable=True),
        sa.UniqueConstraint("patient_id", "age", "is_ahead", name="uq_age_task"),
    )
    op.create_index("ix_age_task_open", "age_task", ["program_id", "done_at"])
    op.add_column("patient", sa.Column("ages_seen_at", Instant(), nullable=True))
    op.create_index("ix_patient_ages_seen_at", "patient", ["ages_seen_at"])


def downgrade() -> None:
    op.drop_index("ix_patient_ages_seen_at", "patient")
    op.drop_column("patient", "ages_seen_at")
    for name in ("age_task", "proxy_grant", "age_policy"):
        op.drop_table(name)
