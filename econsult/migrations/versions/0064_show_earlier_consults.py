"""Let a request show earlier consults of the same child to the specialist.

Revision ID: 0064
Revises: 0063
"""

import sqlalchemy as sa
from alembic import op

from econsult.database import Instant

revision = "0064"
down_revision = "0063"
branch_labels = None
depends_on = None

PARENTS = {"program_id": "program", "patient_id": "patient", "consult_id": "consult", "earlier_id": "consult"}
KEYS = (
    ("program", "consult_id", "consult"),
    ("program", "earlier_id", "consult"),
    ("program", "added_by_id", "person"),
    ("program", "patient_id", "patient"),
    ("patient", "consult_id", "consult"),
    ("patient", "earlier_id", "consult"),
)


def upgrade() -> None:
    op.create_table(
        "earlier_consult",
        sa.Column("id", sa.Integer(), primary_key=True),
        *(
            sa.Column(name, sa.Integer(), sa.ForeignKey(f"{parent}.id"), nullable=False)
            for name, parent in {**PARENTS, "added_by_id": "person"}.items()
        ),
        sa.Column("at", Instant(), nullable=False),
        *(_same(owner, column, parent) for owner, column, parent in KEYS),
        sa.UniqueConstraint("consult_id", "earlier_id", name="uq_earlier_consult"),
    )


def _same(owner: str, column: str, parent: str) -> sa.ForeignKeyConstraint:
    name = f"fk_earlier_consult_{column.removesuffix('_id')}_same_{owner}"
    return sa.ForeignKeyConstraint([f"{owner}_id", column], [f"{parent}.{owner}_id", f"{parent}.id"], name=name)


def downgrade() -> None:
    op.drop_table("earlier_consult")
