"""Keep invitations, and which question came by one.

Revision ID: 0020
Revises: 0019
"""

import sqlalchemy as sa
from alembic import op

from econsult.database import Instant, Sealed

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "invitation",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("public_id", sa.String(32), nullable=False, unique=True),
        sa.Column("program_id", sa.Integer(), sa.ForeignKey("program.id"), nullable=False),
        sa.Column("patient_id", sa.Integer(), sa.ForeignKey("patient.id"), nullable=False, index=True),
        sa.Column("created_by_id", sa.Integer(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("nonce", sa.String(32), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False, unique=True),
        sa.Column("sent_to", Sealed("invitation.sent_to"), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("relation", sa.String(24), nullable=False),
        sa.Column("device_hash", sa.String(64)),
        sa.Column("person_id", sa.Integer(), sa.ForeignKey("person.id"), unique=True),
        sa.Column("opened_at", Instant()),
        sa.Column("revoked_at", Instant()),
        sa.Column("revoked_by_id", sa.Integer(), sa.ForeignKey("person.id")),
        sa.Column("wrong_tries", sa.Integer(), nullable=False),
        sa.Column("locked_until", Instant()),
    )
    op.create_table(
        "arrival",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("consult_id", sa.Integer(), sa.ForeignKey("consult.id"), nullable=False, unique=True),
        sa.Column("invitation_id", sa.Integer(), sa.ForeignKey("invitation.id"), nullable=False, index=True),
        sa.Column("adopted_at", Instant()),
        sa.Column("adopted_by_id", sa.Integer(), sa.ForeignKey("person.id")),
    )
    op.add_column("consult", sa.Column("awaits_adoption", sa.Boolean(), nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("consult", "awaits_adoption")
    op.drop_table("arrival")
    op.drop_table("invitation")
