"""Keep in the ledger of the clocks which specialty was asked, so that no figure of a period that is over changes.

Revision ID: 0079
Revises: 0078
"""

import sqlalchemy as sa
from alembic import op

revision = "0079"
down_revision = "0078"
branch_labels = None
depends_on = None

EVENT = sa.table("clock_event", *(sa.column(name) for name in ("consult_id", "kind", "specialty")))
CONSULT = sa.table("consult", *(sa.column(name) for name in ("id", "specialty")))


def upgrade() -> None:
    # Processes of the version before write while this runs, and know of no specialty: so it may be empty.
    op.add_column("clock_event", sa.Column("specialty", sa.String(32)))
    # As every figure says today: what was asked before is not written down anywhere.
    now = sa.select(sa.func.coalesce(CONSULT.c.specialty, "")).where(CONSULT.c.id == EVENT.c.consult_id)
    op.execute(sa.update(EVENT).where(EVENT.c.kind == "started").values(specialty=now.scalar_subquery()))


def downgrade() -> None:
    # The version before knows no such line.
    op.execute(sa.delete(EVENT).where(EVENT.c.kind == "rerouted"))
    op.drop_column("clock_event", "specialty")
