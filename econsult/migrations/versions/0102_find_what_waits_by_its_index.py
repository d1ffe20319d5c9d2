"""Find by an index of its own what families have written, what they asked their clinic, and a person's digests.

Revision ID: 0102
Revises: 0101
"""

import sqlalchemy as sa
from alembic import op

revision = "0102"
down_revision = "0101"
branch_labels = None
depends_on = None

INDEXES = (
    (
        "ix_consult_clinic_asked",
        "consult",
        ["organization_id", "status", "urgency_rank", "due_at", "id"],
        "kind = 'family_question'",
    ),
    (
        "ix_consult_family_waits",
        "consult",
        ["program_id", "family_waits_since", "id"],
        "family_waits_since IS NOT NULL",
    ),
    ("ix_notice_digest", "notice", ["person_id"], "kind = 'digest'"),
)


def upgrade() -> None:
    for name, table, columns, only in INDEXES:
        op.create_index(name, table, columns, sqlite_where=sa.text(only), postgresql_where=sa.text(only))


def downgrade() -> None:
    for name, table, _columns, _only in reversed(INDEXES):
        op.drop_index(name, table)
