"""An index of what the clinic asks after an answer: not everything that somebody has ever answered.

Of two indexes that fit as well SQLite takes the newest, and a table that was built anew has its own in any order. Those
of a part of the rows are made once more, after the wider ones that they are to be taken before.

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
NARROW = (
    "ix_consult_next_deadline",
    "ix_consult_lease",
    "ix_consult_fallback",
    "ix_consult_unallocated",
    "ix_consult_unheard",
    "ix_consult_uncovered",
    "ix_consult_off_duty",
    "ix_consult_holder",
    "ix_consult_asked",
    "ix_consult_clinic_promised",
    "ix_consult_desk_promised",
)


def upgrade() -> None:
    op.create_index("ix_consult_asked", "consult", ["holder_id"], sqlite_where=ASKED, postgresql_where=ASKED)
    if op.get_bind().dialect.name == "sqlite":
        for name in NARROW:
            _make_anew(name)


def downgrade() -> None:
    op.drop_index("ix_consult_asked", "consult")


def _make_anew(name: str) -> None:
    """The same index as it is, after all others."""
    made = sa.text("SELECT sql FROM sqlite_master WHERE type = 'index' AND name = :name").bindparams(name=name)
    words = op.get_bind().execute(made).scalar_one()
    op.drop_index(name, "consult")
    op.execute(words)
