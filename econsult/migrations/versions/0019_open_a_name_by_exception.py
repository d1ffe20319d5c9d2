"""Keep who opened a child's name by exception, and why.

Revision ID: 0019
Revises: 0018
"""

import sqlalchemy as sa
from alembic import op

from econsult.database import Instant, Sealed

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "broken_glass",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("consult_id", sa.Integer(), sa.ForeignKey("consult.id"), nullable=False),
        sa.Column("person_id", sa.Integer(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("reason", Sealed("broken_glass.reason"), nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("ends_at", Instant(), nullable=False),
    )
    op.create_index("ix_broken_glass_person", "broken_glass", ["person_id", "consult_id"])


def downgrade() -> None:
    op.drop_table("broken_glass")
