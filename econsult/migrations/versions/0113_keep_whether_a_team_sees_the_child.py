"""Keep whether somebody of the consultant's team sees the child in person; of what was said before, nobody has said it.

Revision ID: 0113
Revises: 0112
"""

import sqlalchemy as sa
from alembic import op

revision = "0113"
down_revision = "0112"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("attestation") as batch:
        batch.add_column(sa.Column("is_team_visit", sa.Boolean()))


def downgrade() -> None:
    with op.batch_alter_table("attestation") as batch:
        batch.drop_column("is_team_visit")
