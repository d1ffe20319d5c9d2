"""Keep what somebody is typing into a form, for a day and for that account alone.

Revision ID: 0097
Revises: 0096
"""

import sqlalchemy as sa
from alembic import op

from econsult.database import Instant

revision = "0097"
down_revision = "0096"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "typed_words",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("person_id", sa.Integer(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("form_hash", sa.String(64), nullable=False),
        sa.Column("number", sa.String(16), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("saved_at", Instant(), nullable=False),
        sa.UniqueConstraint("person_id", "form_hash", name="uq_typed_words"),
    )


def downgrade() -> None:
    op.drop_table("typed_words")
