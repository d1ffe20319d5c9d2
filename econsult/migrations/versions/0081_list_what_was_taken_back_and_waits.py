"""List what was taken back and of which a family still waits for its clinic's reply among what is late.

Revision ID: 0081
Revises: 0080
"""

import sqlalchemy as sa
from alembic import op

revision = "0081"
down_revision = "0080"
branch_labels = None
depends_on = None

INDEXES = {"ix_consult_desk_promised": "program_id", "ix_consult_clinic_promised": "organization_id"}
BEFORE = "status IN ('answered', 'declined') AND next_deadline_at IS NOT NULL"
SINCE = "status IN ('answered', 'declined', 'withdrawn') AND next_deadline_at IS NOT NULL"


def upgrade() -> None:
    _list(SINCE)


def downgrade() -> None:
    _list(BEFORE)


def _list(condition: str) -> None:
    where = sa.text(condition)
    for name, owner in INDEXES.items():
        op.drop_index(name, "consult")
        columns = [owner, "status", "urgency_rank", "due_at", "id"]
        op.create_index(name, "consult", columns, sqlite_where=where, postgresql_where=where)
