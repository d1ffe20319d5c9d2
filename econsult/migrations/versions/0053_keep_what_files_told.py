"""Keep what files told of each part of a month's billing.

Revision ID: 0053
Revises: 0052
"""

import sqlalchemy as sa
from alembic import op

from econsult.database import Instant

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "exported_part",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("consult_id", sa.Integer(), sa.ForeignKey("consult.id"), nullable=False),
        sa.Column("answer", sa.Integer(), nullable=False),
        sa.Column("side", sa.String(12), nullable=False),
        sa.Column("person_id", sa.Integer(), sa.ForeignKey("person.id")),
        sa.Column("code", sa.String(8), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("exported_at", Instant(), nullable=False),
    )
    op.create_index("ix_exported_part_consult_id", "exported_part", ["consult_id"])


def downgrade() -> None:
    op.drop_table("exported_part")
