"""Know a file that was refused by what it shows, also where its bytes are others.

Revision ID: 0090
Revises: 0089
"""

import sqlalchemy as sa
from alembic import op

revision = "0090"
down_revision = "0089"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("attachment") as batch:
        batch.add_column(sa.Column("picture_mark", sa.String(64), nullable=True))
        batch.create_index(batch.f("ix_attachment_picture_mark"), ["picture_mark"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("attachment") as batch:
        batch.drop_index(batch.f("ix_attachment_picture_mark"))
        batch.drop_column("picture_mark")
