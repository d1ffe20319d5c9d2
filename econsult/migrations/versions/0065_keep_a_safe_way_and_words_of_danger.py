"""Keep how a family that is not safe at home can be reached, and words that may tell of danger beside the stops.

Revision ID: 0065
Revises: 0064
"""

import sqlalchemy as sa
from alembic import op

revision = "0065"
down_revision = "0064"
branch_labels = None
depends_on = None

TABLE = "red_flag_stop"


def upgrade() -> None:
    op.add_column(TABLE, sa.Column("safe_way", sa.Text()))
    # Processes of the version before write while this runs, and know nothing of it: what they write is a stop.
    op.add_column(TABLE, sa.Column("is_hint", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    with op.batch_alter_table(TABLE) as batch:
        batch.drop_column("is_hint")
        batch.drop_column("safe_way")
