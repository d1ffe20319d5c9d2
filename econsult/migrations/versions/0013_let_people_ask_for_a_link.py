"""Let people ask for a sign-in link that works in their browser alone.

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

from econsult.database import Instant, Sealed

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "asked_link",
        sa.Column("email", Sealed("asked_link.email"), nullable=False),
        sa.Column("account", sa.String(length=100), nullable=False),
        sa.Column("source", sa.String(length=100), nullable=False),
        sa.Column("browser_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("token_hash", sa.String(length=64), nullable=True),
        sa.Column("is_over", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_hash"),
    )
    for name in ("account", "source"):
        op.create_index(op.f(f"ix_asked_link_{name}"), "asked_link", [name], unique=False)


def downgrade() -> None:
    for name in ("account", "source"):
        op.drop_index(op.f(f"ix_asked_link_{name}"), "asked_link")
    op.drop_table("asked_link")
