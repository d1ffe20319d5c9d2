"""Keep of a sign-in whether a link that was sent to the address began it.

Revision ID: 0105
Revises: 0104
"""

import sqlalchemy as sa
from alembic import op

revision = "0105"
down_revision = "0104"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Who is in now brings the old password, or comes in once more by a link.
    for table in ("sign_in_session", "halfway_sign_in"):
        op.add_column(table, sa.Column("by_letter", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    for table in ("sign_in_session", "halfway_sign_in"):
        with op.batch_alter_table(table) as batch:
            batch.drop_column("by_letter")
