"""Keep in the ledger of the clocks which clinic and which language it was, so that no figure of before changes.

Revision ID: 0100
Revises: 0099
"""

import sqlalchemy as sa
from alembic import op

revision = "0100"
down_revision = "0099"
branch_labels = None
depends_on = None

EVENT = sa.table("clock_event", *(sa.column(name) for name in ("consult_id", "kind", "site", "language")))
CONSULT = sa.table("consult", *(sa.column(name) for name in ("id", "organization_id", "language")))


def upgrade() -> None:
    # Processes of the version before write while this runs, and know of neither: so they may be empty.
    op.add_column("clock_event", sa.Column("site", sa.Integer()))
    op.add_column("clock_event", sa.Column("language", sa.String(8)))
    # As every figure says today: what was before is not written down anywhere.
    own = CONSULT.c.id == EVENT.c.consult_id
    site = sa.select(CONSULT.c.organization_id).where(own).scalar_subquery()
    language = sa.select(CONSULT.c.language).where(own).scalar_subquery()
    is_asked = EVENT.c.kind.in_(("started", "rerouted"))
    op.execute(sa.update(EVENT).where(is_asked).values(site=site, language=language))


def downgrade() -> None:
    op.drop_column("clock_event", "language")
    op.drop_column("clock_event", "site")
