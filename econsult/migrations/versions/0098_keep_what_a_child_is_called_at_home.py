"""Keep what a child is called at home.

Revision ID: 0098
Revises: 0097
"""

import sqlalchemy as sa
from alembic import op

revision = "0098"
down_revision = "0097"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Processes of the version before write while this runs, and know nothing of it: so it begins empty.
    op.add_column("patient", sa.Column("nickname", sa.Text()))


def downgrade() -> None:
    with op.batch_alter_table("patient") as batch:
        batch.drop_column("nickname")
