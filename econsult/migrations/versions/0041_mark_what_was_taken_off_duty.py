"""Mark the consults that somebody took while off duty: who does is there for them.

Revision ID: 0041
Revises: 0040
"""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

MARKED = sa.text("is_taken_off_duty")


def upgrade() -> None:
    op.add_column("consult", sa.Column("is_taken_off_duty", sa.Boolean(), nullable=False, server_default="0"))
    op.create_index(
        "ix_consult_off_duty", "consult", ["program_id", "id"], sqlite_where=MARKED, postgresql_where=MARKED
    )


def downgrade() -> None:
    op.drop_index("ix_consult_off_duty", "consult")
    op.drop_column("consult", "is_taken_off_duty")
