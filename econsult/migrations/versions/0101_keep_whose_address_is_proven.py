"""Keep of a sign-in whether it proves whose the address is.

Revision ID: 0101
Revises: 0100
"""

import sqlalchemy as sa
from alembic import op

revision = "0101"
down_revision = "0100"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Who is in now proves nothing: another account at the address opens with the next sign-in.
    for table in ("sign_in_session", "halfway_sign_in"):
        op.add_column(table, sa.Column("proves_address", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    for table in ("sign_in_session", "halfway_sign_in"):
        with op.batch_alter_table(table) as batch:
            batch.drop_column("proves_address")
