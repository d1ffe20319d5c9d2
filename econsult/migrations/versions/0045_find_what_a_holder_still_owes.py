"""An index of what the clinic asks after an answer: not everything that somebody has ever answered.

SQLite takes the newest of two indexes that fit as well, and a table that was built anew has its own in any order: those
of what is still promised are made once more, after the wider ones that they are to be taken before.

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
PROMISED = sa.text("status IN ('answered', 'declined') AND next_deadline_at IS NOT NULL")
ORDER = ("status", "urgency_rank", "due_at", "id")


def upgrade() -> None:
    op.create_index("ix_consult_asked", "consult", ["holder_id"], sqlite_where=ASKED, postgresql_where=ASKED)
    if op.get_bind().dialect.name == "sqlite":
        for name, first in (
            ("ix_consult_desk_promised", "program_id"),
            ("ix_consult_clinic_promised", "organization_id"),
        ):
            op.drop_index(name, "consult")
            op.create_index(name, "consult", [first, *ORDER], sqlite_where=PROMISED)


def downgrade() -> None:
    op.drop_index("ix_consult_asked", "consult")
