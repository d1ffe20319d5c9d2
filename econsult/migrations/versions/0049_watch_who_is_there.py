"""What the watch over cover needs in order to look at no more than has changed.

A word for who is there and what they may take; the desk's marks in the order in which they are taken off, by pool; and
the closed accounts of staff, apart from those of families.

Revision ID: 0049
Revises: 0048
"""

import sqlalchemy as sa
from alembic import op

from econsult.database import Instant

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None

ORDER = ("status", "urgency_rank", "due_at", "id")
CLOSED = sa.text("NOT is_active AND role NOT IN ('caregiver', 'youth', 'invited')")
PARTS = {
    "ix_consult_fallback": (sa.text("fallback_specialty IS NOT NULL"), ["fallback_specialty"], []),
    "ix_consult_uncovered": (sa.text("uncovered_at IS NOT NULL"), ["specialty"], ["id"]),
}


def upgrade() -> None:
    op.add_column("cover_watch", sa.Column("people", sa.String(length=32), server_default="", nullable=False))
    op.add_column("cover_watch", sa.Column("changed_at", Instant()))
    op.create_index("ix_person_closed", "person", ["id"], sqlite_where=CLOSED, postgresql_where=CLOSED)
    for name, (where, pool, _before) in PARTS.items():
        _make(name, where, [*pool, *ORDER])


def downgrade() -> None:
    for name, (where, pool, before) in PARTS.items():
        _make(name, where, before or pool)
    op.drop_index("ix_person_closed", "person")
    op.drop_column("cover_watch", "changed_at")
    op.drop_column("cover_watch", "people")


def _make(name: str, where: sa.TextClause, columns: list[str]) -> None:
    op.drop_index(name, "consult")
    op.create_index(name, "consult", ["program_id", *columns], sqlite_where=where, postgresql_where=where)
