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
CONSULT = sa.table(
    "consult", *(sa.column(name) for name in ("id", "patient_id", "organization_id", "status", "language"))
)
PATIENT = sa.table("patient", *(sa.column(name) for name in ("id", "language")))
ENDED = ("closed", "declined", "withdrawn", "redirected")


def upgrade() -> None:
    # Processes of the version before write while this runs, and know of neither: so they may be empty.
    op.add_column("clock_event", sa.Column("site", sa.Integer()))
    op.add_column("clock_event", sa.Column("language", sa.String(8)))
    # Requests took no notice where a clinic put the language of a family right; lists find them by their own.
    spoken = sa.select(PATIENT.c.language).where(PATIENT.c.id == CONSULT.c.patient_id).scalar_subquery()
    goes_on = CONSULT.c.status.not_in(ENDED)
    op.execute(sa.update(CONSULT).where(goes_on, CONSULT.c.language != spoken).values(language=spoken))
    # As every figure says today: what was before is not written down anywhere.
    own = CONSULT.c.id == EVENT.c.consult_id
    site = sa.select(CONSULT.c.organization_id).where(own).scalar_subquery()
    language = sa.select(CONSULT.c.language).where(own).scalar_subquery()
    is_asked = EVENT.c.kind.in_(("started", "rerouted"))
    op.execute(sa.update(EVENT).where(is_asked).values(site=site, language=language))


def downgrade() -> None:
    op.drop_column("clock_event", "language")
    op.drop_column("clock_event", "site")
