"""Seal the hashes of passwords, so that a copy of the database alone lets nobody guess at them.

Revision ID: 0038
Revises: 0037
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from econsult.database import Sealed

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

SEAL = Sealed("person.password_hash")


def upgrade() -> None:
    _move(sa.String(200), SEAL, sa.Text())


def downgrade() -> None:
    _move(SEAL, sa.String(200), sa.String(200))


def _move(before: Any, after: Any, rests_as: Any) -> None:
    """Through a column beside it: SQLite would copy the whole table, which others point to, to change a type."""
    op.add_column("person", sa.Column("password_moved", rests_as, nullable=True))
    person = sa.table(
        "person", sa.column("id", sa.Integer()), sa.column("password_hash", before), sa.column("password_moved", after)
    )
    bind = op.get_bind()
    rows = bind.execute(sa.select(person.c.id, person.c.password_hash).where(person.c.password_hash.is_not(None)))
    for row in rows.all():
        bind.execute(sa.update(person).where(person.c.id == row.id).values(password_moved=row.password_hash))
    op.drop_column("person", "password_hash")
    op.execute(sa.text("ALTER TABLE person RENAME COLUMN password_moved TO password_hash"))
