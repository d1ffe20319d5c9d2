"""Index only what is held.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

HELD = sa.text("holder_id IS NOT NULL")


def upgrade() -> None:
    op.drop_index("ix_consult_holder", table_name="consult")
    op.create_index("ix_consult_holder", "consult", ["holder_id", "status"], sqlite_where=HELD, postgresql_where=HELD)


def downgrade() -> None:
    op.drop_index("ix_consult_holder", table_name="consult")
    op.create_index("ix_consult_holder", "consult", ["holder_id", "status"])
