"""Let a swap be asked for beside one that was accepted, and let it be declined.

Revision ID: 0027
Revises: 0026
"""

import sqlalchemy as sa
from alembic import op

from econsult.database import Instant

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

ASKED = sa.text("accepted_at IS NULL AND declined_at IS NULL")
ACCEPTED = sa.text("accepted_at IS NOT NULL")
KEY = ["shift_id", "on_day"]


def upgrade() -> None:
    with op.batch_alter_table("swap") as swap:
        swap.drop_constraint("uq_swap", type_="unique")
        swap.add_column(sa.Column("declined_at", Instant()))
    op.create_index("uq_swap_asked", "swap", KEY, unique=True, sqlite_where=ASKED, postgresql_where=ASKED)
    op.create_index("uq_swap_accepted", "swap", KEY, unique=True, sqlite_where=ACCEPTED, postgresql_where=ACCEPTED)


def downgrade() -> None:
    op.drop_index("uq_swap_accepted", "swap")
    op.drop_index("uq_swap_asked", "swap")
    # What counts is kept: of each shift and day one, the accepted one where there is one.
    op.execute("DELETE FROM swap WHERE declined_at IS NOT NULL")
    op.execute(
        "DELETE FROM swap WHERE accepted_at IS NULL AND EXISTS (SELECT 1 FROM swap AS other WHERE"
        " other.shift_id = swap.shift_id AND other.on_day = swap.on_day AND other.accepted_at IS NOT NULL)"
    )
    with op.batch_alter_table("swap") as swap:
        swap.drop_column("declined_at")
        swap.create_unique_constraint("uq_swap", KEY)
