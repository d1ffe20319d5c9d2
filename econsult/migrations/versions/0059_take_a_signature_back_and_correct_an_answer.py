"""A signature can be taken back for some seconds, and a signed answer corrected by a newer version with a reason.

Revision ID: 0059
Revises: 0058
"""

import sqlalchemy as sa
from alembic import op

from econsult.database import Instant, Sealed

revision = "0059"
down_revision = "0058"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("answer", sa.Column("undo_until", Instant()))
    op.add_column("answer", sa.Column("before", sa.JSON()))
    op.add_column("answer", sa.Column("corrects", sa.Integer()))
    op.add_column("answer", sa.Column("reason", Sealed("answer.reason")))
    op.create_index("ix_answer_undo", "answer", ["author_id", "undo_until"])


def downgrade() -> None:
    """A correction stays as the newer version that it is; its reason is lost."""
    op.drop_index("ix_answer_undo", table_name="answer")
    for name in ("reason", "corrects", "before", "undo_until"):
        op.drop_column("answer", name)
