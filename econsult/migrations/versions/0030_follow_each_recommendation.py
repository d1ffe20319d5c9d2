"""Follow each recommendation of a signed answer.

Revision ID: 0030
Revises: 0029
"""

import sqlalchemy as sa
from alembic import op

from econsult.database import Instant, Sealed

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

OPEN_STEP = sa.text("state IN ('proposed', 'accepted')")
WATCHED = sa.text("next_at IS NOT NULL")
LATE = sa.text("kind = 'overdue'")


def upgrade() -> None:
    op.create_table(
        "recommendation",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("public_id", sa.String(32), nullable=False, unique=True),
        sa.Column("consult_id", sa.Integer(), sa.ForeignKey("consult.id"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(16), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("state_at", Instant(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("next_at", Instant()),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.UniqueConstraint("consult_id", "version", "position", name="uq_recommendation_position"),
    )
    op.create_index(
        "ix_recommendation_next", "recommendation", ["next_at"], sqlite_where=WATCHED, postgresql_where=WATCHED
    )
    op.create_index(
        "ix_recommendation_due", "recommendation", ["due_at"], sqlite_where=OPEN_STEP, postgresql_where=OPEN_STEP
    )
    op.create_table(
        "recommendation_event",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("recommendation_id", sa.Integer(), sa.ForeignKey("recommendation.id"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("person_id", sa.Integer(), sa.ForeignKey("person.id")),
        sa.Column("reason", Sealed("recommendation_event.reason")),
        sa.UniqueConstraint("recommendation_id", "number", name="uq_recommendation_event"),
    )
    op.create_index(
        "uq_recommendation_overdue",
        "recommendation_event",
        ["recommendation_id"],
        unique=True,
        sqlite_where=LATE,
        postgresql_where=LATE,
    )


def downgrade() -> None:
    op.drop_table("recommendation_event")
    op.drop_table("recommendation")
