"""Let young people have an account of their own, and keep what is theirs from their caregivers.

Revision ID: 0032
Revises: 0031
"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("age_policy", sa.Column("youth", sa.Integer(), nullable=False, server_default="13"))
    op.add_column("consult", sa.Column("confidential", sa.String(8), nullable=False, server_default=""))


def downgrade() -> None:
    kept = sa.text("SELECT count(*) FROM consult WHERE confidential <> ''")
    if op.get_bind().execute(kept).scalar_one():
        raise RuntimeError("Questions are kept from caregivers, and an older program would show them: not taken back.")
    op.drop_column("consult", "confidential")
    op.drop_column("age_policy", "youth")
