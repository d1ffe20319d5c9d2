"""A clinic's people are found by an index: once a minute the clock looks who of each clinic is there.

Revision ID: 0051
Revises: 0050
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None

OF_CLINICS = sa.text("organization_id IS NOT NULL")


def upgrade() -> None:
    op.create_index(
        "ix_person_clinic",
        "person",
        ["organization_id", "role", "is_active"],
        sqlite_where=OF_CLINICS,
        postgresql_where=OF_CLINICS,
    )


def downgrade() -> None:
    op.drop_index("ix_person_clinic", "person")
