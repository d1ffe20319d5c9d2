"""Ask how it went after an answer, and keep what clinics and families say.

Revision ID: 0033
Revises: 0032
"""

import sqlalchemy as sa
from alembic import op

from econsult.database import Instant

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

WATCHED = sa.text("next_at IS NOT NULL")
AT_DESK = sa.text("state = 'desk'")


def upgrade() -> None:
    op.create_table(
        "outcome_ping",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("consult_id", sa.Integer(), sa.ForeignKey("consult.id"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("next_at", Instant()),
        sa.Column("sent_at", Instant()),
        sa.UniqueConstraint("consult_id", "version", name="uq_outcome_ping_version"),
    )
    op.create_index("ix_outcome_ping_next", "outcome_ping", ["next_at"], sqlite_where=WATCHED, postgresql_where=WATCHED)
    op.create_index("ix_outcome_ping_desk", "outcome_ping", ["id"], sqlite_where=AT_DESK, postgresql_where=AT_DESK)
    op.create_table(
        "outcome_report",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("consult_id", sa.Integer(), sa.ForeignKey("consult.id"), nullable=False, index=True),
        sa.Column("side", sa.String(8), nullable=False),
        sa.Column("is_close", sa.Boolean(), nullable=False),
        sa.Column("is_relayed", sa.Boolean(), nullable=False),
        sa.Column("person_id", sa.Integer(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        *(sa.Column(name, sa.String(16)) for name in ("how", "seen", "changed", "referral", "otherwise")),
    )


def downgrade() -> None:
    op.drop_table("outcome_report")
    op.drop_table("outcome_ping")
