"""Let a clinic ask for one specialist by name, and agree to a visit beforehand.

Revision ID: 0061
Revises: 0060
"""

import sqlalchemy as sa
from alembic import op

from econsult.database import Instant

revision = "0061"
down_revision = "0060"
branch_labels = None
depends_on = None

WITHIN_TIME = sa.text("first_until IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "wish",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("program_id", sa.Integer(), sa.ForeignKey("program.id"), nullable=False),
        sa.Column("consult_id", sa.Integer(), sa.ForeignKey("consult.id"), nullable=False, unique=True),
        sa.Column("named_id", sa.Integer(), sa.ForeignKey("person.id")),
        sa.Column("may_convert", sa.Boolean(), nullable=False),
        sa.Column("first_until", Instant()),
        sa.Column("passed_over", sa.String(16)),
        *(_within(column, parent) for column, parent in (("consult_id", "consult"), ("named_id", "person"))),
    )
    op.create_index("ix_wish_first", "wish", ["first_until"], sqlite_where=WITHIN_TIME, postgresql_where=WITHIN_TIME)


def _within(column: str, parent: str) -> sa.ForeignKeyConstraint:
    name = f"fk_wish_{column.removesuffix('_id')}_same_program"
    return sa.ForeignKeyConstraint(["program_id", column], [f"{parent}.program_id", f"{parent}.id"], name=name)


def downgrade() -> None:
    op.drop_table("wish")
