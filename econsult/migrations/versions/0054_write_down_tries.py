"""Write down tries to tell a family that did not reach it.

Revision ID: 0054
Revises: 0053
"""

import sqlalchemy as sa
from alembic import op

from econsult.database import Instant

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "family_try",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("consult_id", sa.Integer(), sa.ForeignKey("consult.id"), nullable=False),
        sa.Column("person_id", sa.Integer(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("result", sa.String(16), nullable=False),
        sa.Column("at", Instant(), nullable=False),
    )
    op.create_index("ix_family_try_consult_id", "family_try", ["consult_id"])


def downgrade() -> None:
    op.drop_table("family_try")
