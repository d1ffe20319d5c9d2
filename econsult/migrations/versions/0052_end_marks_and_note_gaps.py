"""No mark stays on what has ended or was answered; and a clinic says since when nobody of it is there.

Revision ID: 0052
Revises: 0051
"""

import sqlalchemy as sa
from alembic import op

from econsult.database import Instant

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None

NOT_OPEN = """
UPDATE consult SET uncovered_at = NULL
 WHERE uncovered_at IS NOT NULL AND clinic_waits_since IS NULL
   AND status NOT IN ('submitted', 'claimed', 'needs_info')
"""


def upgrade() -> None:
    op.add_column("organization", sa.Column("empty_since", Instant()))
    op.execute(sa.text(NOT_OPEN))


def downgrade() -> None:
    op.drop_column("organization", "empty_since")
