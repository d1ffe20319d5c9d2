"""Know the browsers again that an account was used by, and which tries of a password the trail was told of.

Revision ID: 0084
Revises: 0083
"""

import sqlalchemy as sa
from alembic import op

from econsult.database import Instant

revision = "0084"
down_revision = "0083"
branch_labels = None
depends_on = None

TABLE = "known_browser"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("program_id", sa.Integer(), sa.ForeignKey("program.id"), nullable=False),
        sa.Column("person_id", sa.Integer(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("browser_hash", sa.String(length=64), nullable=False),
        sa.Column("seen_at", Instant(), nullable=False),
        sa.Column("is_over", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["program_id", "person_id"], ["person.program_id", "person.id"], name=f"fk_{TABLE}_person_same_program"
        ),
        sa.UniqueConstraint("person_id", "browser_hash", name=f"uq_{TABLE}"),
    )
    op.add_column("sign_in_session", sa.Column("browser_hash", sa.String(length=64), nullable=True))
    op.add_column("sign_in_try", sa.Column("told", sa.String(length=32), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("sign_in_try", "told")
    op.drop_column("sign_in_session", "browser_hash")
    op.drop_table(TABLE)
