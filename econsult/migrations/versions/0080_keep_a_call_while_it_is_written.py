"""Keep what is written down of a telephone call until it is sent.

Revision ID: 0080
Revises: 0079
"""

import sqlalchemy as sa
from alembic import op

from econsult.database import Instant

revision = "0080"
down_revision = "0079"
branch_labels = None
depends_on = None

TABLE = "call_draft"
PARENTS = {"program_id": "program", "patient_id": "patient", "person_id": "person"}


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.Integer(), primary_key=True),
        *(
            sa.Column(name, sa.Integer(), sa.ForeignKey(f"{parent}.id"), nullable=False)
            for name, parent in PARENTS.items()
        ),
        sa.Column("saves", sa.Integer(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("saved_at", Instant(), nullable=False),
        *(_same(column, parent) for column, parent in PARENTS.items() if parent != "program"),
        sa.UniqueConstraint("patient_id", "person_id", name="uq_call_draft"),
    )
    op.create_index(f"ix_{TABLE}_person_id", TABLE, ["person_id"])


def _same(column: str, parent: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{TABLE}_{column.removesuffix('_id')}_same_program"
    return sa.ForeignKeyConstraint(["program_id", column], [f"{parent}.program_id", f"{parent}.id"], name=name)


def downgrade() -> None:
    op.drop_table(TABLE)
