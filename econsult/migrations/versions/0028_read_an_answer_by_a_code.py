"""Keep how a family is reached, and the codes by which an invited device reads an answer.

Revision ID: 0028
Revises: 0027
"""

import sqlalchemy as sa
from alembic import op

from econsult.database import Instant, Sealed

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "family_contact",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("patient_id", sa.Integer(), sa.ForeignKey("patient.id"), nullable=False, unique=True),
        sa.Column("email", Sealed("family_contact.email"), nullable=False),
        sa.Column("phone_since", Instant(), nullable=False),
        sa.Column("email_since", Instant(), nullable=False),
        sa.Column("set_by_id", sa.Integer(), sa.ForeignKey("person.id"), nullable=False),
    )
    op.create_table(
        "reading_code",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("consult_id", sa.Integer(), sa.ForeignKey("consult.id"), nullable=False, index=True),
        sa.Column("patient_id", sa.Integer(), sa.ForeignKey("patient.id"), nullable=False, index=True),
        sa.Column("person_id", sa.Integer(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("browser_hash", sa.String(64), nullable=False),
        sa.Column("source", sa.String(100), nullable=False, index=True),
        sa.Column("way", sa.String(8), nullable=False),
        sa.Column("nonce", sa.String(32), nullable=False),
        sa.Column("code_hash", sa.String(64), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("is_over", sa.Boolean(), nullable=False),
        sa.Column("read_until", Instant()),
    )


def downgrade() -> None:
    op.drop_table("reading_code")
    op.drop_table("family_contact")
