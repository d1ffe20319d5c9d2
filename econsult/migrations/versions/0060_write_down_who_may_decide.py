"""Write down from when until when a caregiver may decide for a child, on what paper, and what a court ordered.

Revision ID: 0060
Revises: 0059
"""

import sqlalchemy as sa
from alembic import op

revision = "0060"
down_revision = "0059"
branch_labels = None
depends_on = None

LINK, CHILD = "related_person", "patient"
MOMENTS = ("authority_from", "authority_until", "barred_at")


def upgrade() -> None:
    for name in MOMENTS:
        op.add_column(LINK, sa.Column(name, sa.DateTime(timezone=True)))
    # Processes of the version before write while this runs, and know nothing of it: so both begin empty.
    op.add_column(LINK, sa.Column("paper", sa.Text()))
    op.add_column(CHILD, sa.Column("court_order", sa.Text()))


def downgrade() -> None:
    with op.batch_alter_table(CHILD) as batch:
        batch.drop_column("court_order")
    with op.batch_alter_table(LINK) as batch:
        for name in ("paper", *MOMENTS):
            batch.drop_column(name)
