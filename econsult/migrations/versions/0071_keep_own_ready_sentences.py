"""Let people and programs keep ready sentences of their own.

Revision ID: 0071
Revises: 0070
"""

import sqlalchemy as sa
from alembic import op

from econsult.database import Instant

revision = "0071"
down_revision = "0070"
branch_labels = None
depends_on = None

TABLE = "own_snippet"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("public_id", sa.String(32), nullable=False, unique=True),
        sa.Column("program_id", sa.Integer(), sa.ForeignKey("program.id"), nullable=False),
        sa.Column("person_id", sa.Integer(), sa.ForeignKey("person.id")),
        sa.Column("specialty", sa.String(32)),
        sa.Column("name", sa.String(24), nullable=False),
        sa.Column("field", sa.String(24), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("changed_by_id", sa.Integer(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        *(_same(column) for column in ("person_id", "changed_by_id")),
    )
    op.create_index("ix_own_snippet", TABLE, ["program_id", "person_id"])


def _same(column: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{TABLE}_{column.removesuffix('_id')}_same_program"
    return sa.ForeignKeyConstraint(["program_id", column], ["person.program_id", "person.id"], name=name)


def downgrade() -> None:
    op.drop_table(TABLE)
