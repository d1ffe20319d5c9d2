"""Keep a correction of a signed answer while it is written.

Revision ID: 0068
Revises: 0067
"""

import sqlalchemy as sa
from alembic import op

from econsult.database import Instant

revision = "0068"
down_revision = "0067"
branch_labels = None
depends_on = None

TABLE = "correction_draft"
PARENTS = {"program_id": "program", "consult_id": "consult", "author_id": "person"}


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.Integer(), primary_key=True),
        *(
            sa.Column(name, sa.Integer(), sa.ForeignKey(f"{parent}.id"), nullable=False)
            for name, parent in PARENTS.items()
        ),
        sa.Column("corrects", sa.Integer(), nullable=False),
        sa.Column("saves", sa.Integer(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("saved_at", Instant(), nullable=False),
        *(_same(column, parent) for column, parent in PARENTS.items() if parent != "program"),
        sa.UniqueConstraint("consult_id", name="uq_correction_draft"),
    )


def _same(column: str, parent: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{TABLE}_{column.removesuffix('_id')}_same_program"
    return sa.ForeignKeyConstraint(["program_id", column], [f"{parent}.program_id", f"{parent}.id"], name=name)


def downgrade() -> None:
    op.drop_table(TABLE)
