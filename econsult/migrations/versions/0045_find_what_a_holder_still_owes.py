"""An index of what the clinic asks after an answer: not everything that somebody has ever answered.

Revision ID: 0045
Revises: 0044
"""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

ASKED = sa.text("clinic_waits_since IS NOT NULL")


def upgrade() -> None:
    op.create_index("ix_consult_asked", "consult", ["holder_id"], sqlite_where=ASKED, postgresql_where=ASKED)


def downgrade() -> None:
    op.drop_index("ix_consult_asked", "consult")
