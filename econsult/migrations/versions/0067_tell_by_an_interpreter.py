"""An answer that is not there in its family's language is told by an interpreter, and that is somebody's task.

Revision ID: 0067
Revises: 0066
"""

import sqlalchemy as sa
from alembic import op

from econsult.database import Instant

revision = "0067"
down_revision = "0066"
branch_labels = None
depends_on = None
WAITS = sa.text("interpreter_since IS NOT NULL")


def upgrade() -> None:
    op.add_column("consult", sa.Column("interpreter_since", Instant()))
    op.create_index(
        "ix_consult_interpreter",
        "consult",
        ["program_id", "interpreter_since"],
        sqlite_where=WAITS,
        postgresql_where=WAITS,
    )


def downgrade() -> None:
    op.drop_index("ix_consult_interpreter", table_name="consult")
    op.drop_column("consult", "interpreter_since")
