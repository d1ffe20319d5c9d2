"""Three indexes less to write at each step of a consult: each was the beginning of another, or mostly of nothing.

Clinic and child are the first columns of wider indexes, and an answer that opens by itself is a rare one among all.

Revision ID: 0047
Revises: 0046
"""

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

OPENS = sa.text("release_at IS NOT NULL")


def upgrade() -> None:
    for name in ("ix_consult_organization_id", "ix_consult_patient", "ix_consult_release_at"):
        op.drop_index(name, "consult")
    op.create_index("ix_consult_release", "consult", ["release_at"], sqlite_where=OPENS, postgresql_where=OPENS)


def downgrade() -> None:
    op.drop_index("ix_consult_release", "consult")
    op.create_index("ix_consult_organization_id", "consult", ["organization_id"])
    op.create_index("ix_consult_patient", "consult", ["patient_id"])
    op.create_index("ix_consult_release_at", "consult", ["release_at"])
