"""Whoever took something off duty was there for it until the answer: what is asked later is another wait.

Revision ID: 0057
Revises: 0056
"""

import sqlalchemy as sa
from alembic import op

revision = "0057"
down_revision = "0056"
branch_labels = None
depends_on = None

NOT_OPEN = """
UPDATE consult SET is_taken_off_duty = false
 WHERE is_taken_off_duty AND clinic_waits_since IS NULL AND status NOT IN ('submitted', 'claimed', 'needs_info')
"""


def upgrade() -> None:
    op.execute(sa.text(NOT_OPEN))


def downgrade() -> None:
    """What was ended is not known any more, and misleads nobody."""
