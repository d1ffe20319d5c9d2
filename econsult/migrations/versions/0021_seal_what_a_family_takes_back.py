"""Keep withdrawals of consent, the keys that they set aside, and the holds under which an officer looks.

Revision ID: 0021
Revises: 0020
"""

import sqlalchemy as sa
from alembic import op

from econsult.database import Instant, Sealed

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "consent_withdrawal",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("patient_id", sa.Integer(), sa.ForeignKey("patient.id"), nullable=False),
        sa.Column("consult_id", sa.Integer(), sa.ForeignKey("consult.id"), nullable=False, index=True),
        sa.Column("recorded_by_id", sa.Integer(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("given_by", sa.String(16), nullable=False),
        sa.Column("method", sa.String(16), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("text_version", sa.String(16), nullable=False),
        sa.Column("text_hash", sa.String(64), nullable=False),
        sa.Column("at", Instant(), nullable=False),
    )
    op.create_table(
        "set_aside_key",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("consult_id", sa.Integer(), sa.ForeignKey("consult.id"), nullable=False, index=True),
        sa.Column("object_id", sa.String(32), nullable=False, unique=True),
        sa.Column("key_wrapped", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "legal_hold",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("consult_id", sa.Integer(), sa.ForeignKey("consult.id"), nullable=False, index=True),
        sa.Column("person_id", sa.Integer(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("reason", Sealed("legal_hold.reason"), nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("ends_at", Instant(), nullable=False),
    )
    op.add_column("consult", sa.Column("consent_withdrawn_at", Instant(), nullable=True))


def downgrade() -> None:
    op.drop_column("consult", "consent_withdrawn_at")
    for table in ("legal_hold", "set_aside_key", "consent_withdrawal"):
        op.drop_table(table)
