"""Look for the originals of files that are held or failed too, and of those that were refused before they were stored.

Revision ID: 0112
Revises: 0111
"""

import sqlalchemy as sa
from alembic import op

revision = "0112"
down_revision = "0111"
branch_labels = None
depends_on = None

NAME, COLUMNS = "ix_attachment_original", ["program_id", "finished_at", "id"]
BEFORE = "blob_key IS NOT NULL AND original_gone_at IS NULL AND state IN ('ready', 'rejected')"
AFTER = "original_gone_at IS NULL AND length(key_wrapped) > 0 AND state IN ('ready', 'held', 'rejected', 'failed')"


def _index(only: str) -> None:
    op.drop_index(NAME, "attachment")
    op.create_index(NAME, "attachment", COLUMNS, sqlite_where=sa.text(only), postgresql_where=sa.text(only))


def upgrade() -> None:
    _index(AFTER)


def downgrade() -> None:
    _index(BEFORE)
