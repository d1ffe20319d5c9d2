"""Count what specialists ask for, item by item.

Revision ID: 0066
Revises: 0065
"""

import sqlalchemy as sa
from alembic import op

from econsult.database import Instant

revision = "0066"
down_revision = "0065"
branch_labels = None
depends_on = None

BY = ["program_id", "specialty", "question_type", "item", "consult_id"]


def upgrade() -> None:
    op.create_table(
        "wanted_item",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("program_id", sa.Integer(), sa.ForeignKey("program.id"), nullable=False),
        sa.Column("consult_id", sa.Integer(), sa.ForeignKey("consult.id"), nullable=False),
        sa.Column("specialty", sa.String(32), nullable=False),
        sa.Column("question_type", sa.String(24), nullable=False),
        sa.Column("item", sa.String(64), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["program_id", "consult_id"],
            ["consult.program_id", "consult.id"],
            name="fk_wanted_item_consult_same_program",
        ),
        sa.UniqueConstraint("consult_id", "item", name="uq_wanted_item"),
    )
    op.create_index("ix_wanted_item", "wanted_item", BY)


def downgrade() -> None:
    op.drop_table("wanted_item")
