"""Keep who of a clinic was told of an answer that the desk closed unread, and when.

Revision ID: 0103
Revises: 0102
"""

import sqlalchemy as sa
from alembic import op

revision = "0103"
down_revision = "0102"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Whatever closed before told nobody of it: it begins empty.
    op.add_column("consult", sa.Column("end_told", sa.Text()))


def downgrade() -> None:
    with op.batch_alter_table("consult") as batch:
        batch.drop_column("end_told")
