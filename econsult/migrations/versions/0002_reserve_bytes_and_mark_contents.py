"""Reserve bytes for each upload, say what scanned it, and mark contents so that duplicates are known.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("upload", schema=None) as batch_op:
        batch_op.add_column(sa.Column("reserved", sa.BigInteger(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("scanned_by", sa.String(length=48), nullable=True))
    # Whoever had not said how long a file is could send 25 MB.
    op.execute("UPDATE upload SET reserved = COALESCE(length, 26214400)")
    with op.batch_alter_table("upload", schema=None) as batch_op:
        batch_op.alter_column("reserved", server_default=None)
    with op.batch_alter_table("attachment", schema=None) as batch_op:
        batch_op.add_column(sa.Column("content_mark", sa.String(length=64), nullable=True))
        batch_op.create_index(batch_op.f("ix_attachment_content_mark"), ["content_mark"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("attachment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_attachment_content_mark"))
        batch_op.drop_column("content_mark")
    with op.batch_alter_table("upload", schema=None) as batch_op:
        batch_op.drop_column("scanned_by")
        batch_op.drop_column("reserved")
