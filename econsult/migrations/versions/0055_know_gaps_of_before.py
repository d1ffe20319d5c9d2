"""A clinic of which nobody is there when the schema changes has been so since its last clinician went.

Without that the first look would take the gap for a new one, and tell the desk again of all that it has heard.

Revision ID: 0055
Revises: 0054
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from econsult.database import Instant

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
CLINIC = sa.table("organization", sa.column("id"), sa.column("empty_since", Instant()))
PERSON = sa.table("person", *(sa.column(name) for name in ("id", "role", "organization_id")), sa.column("is_active"))
OFF = sa.table("time_off", sa.column("person_id"), *(sa.column(name, Instant()) for name in ("starts_at", "ends_at")))


def upgrade() -> None:
    connection = op.get_bind()
    now = connection.execute(sa.select(sa.func.now(type_=Instant()))).scalar_one()
    is_off = sa.exists().where(OFF.c.person_id == PERSON.c.id, OFF.c.starts_at <= now, OFF.c.ends_at > now)
    there = sa.select(PERSON.c.organization_id).where(
        PERSON.c.role == "pcp", PERSON.c.is_active.is_(sa.true()), PERSON.c.organization_id.is_not(None), ~is_off
    )
    unknown = sa.select(CLINIC.c.id).where(CLINIC.c.id.not_in(there), CLINIC.c.empty_since.is_(None))
    empty = list(connection.scalars(unknown))
    last = _last_there(connection, now) if empty else {}
    for clinic in empty:
        # Of a clinic without any plan nobody knows since when; the desk has heard in this gap of whatever it heard of.
        since = {"empty_since": last.get(clinic, LONG_AGO)}
        connection.execute(sa.update(CLINIC).where(CLINIC.c.id == clinic).values(since))


def downgrade() -> None:
    """What is known of the gaps stays."""


def _last_there(connection: sa.Connection, now: datetime) -> dict[int, datetime]:
    """When somebody of each clinic was there last: who is away until that began, who has left until it ended."""
    found: dict[int, dict[int, tuple[datetime, datetime]]] = {}
    rows = (
        sa.select(PERSON.c.organization_id, OFF.c.person_id, OFF.c.starts_at, OFF.c.ends_at)
        .join(PERSON, PERSON.c.id == OFF.c.person_id)
        .where(PERSON.c.role == "pcp", PERSON.c.organization_id.is_not(None), OFF.c.starts_at <= now)
        .order_by(OFF.c.starts_at)
    )
    for clinic, person, starts_at, ends_at in connection.execute(rows):
        people = found.setdefault(clinic, {})
        start, end = people.get(person, (starts_at, starts_at))
        people[person] = start if starts_at <= end else starts_at, max(end, ends_at)
    return {clinic: max(start if end > now else end for start, end in each.values()) for clinic, each in found.items()}
