"""Keep a voice only by a consent of its own.

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

from econsult.database import Instant

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "voice_consent",
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("consult_id", sa.Integer(), nullable=False),
        sa.Column("recorded_by_id", sa.Integer(), nullable=False),
        sa.Column("is_given", sa.Boolean(), nullable=False),
        sa.Column("given_by", sa.String(length=16), nullable=False),
        sa.Column("method", sa.String(length=16), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("text_version", sa.String(length=16), nullable=False),
        sa.Column("text_hash", sa.String(length=64), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["consult_id"], ["consult.id"], name=op.f("fk_voice_consent_consult_id_consult")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_voice_consent_patient_id_patient")),
        sa.ForeignKeyConstraint(["recorded_by_id"], ["person.id"], name=op.f("fk_voice_consent_recorded_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voice_consent")),
    )
    with op.batch_alter_table("voice_consent", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_voice_consent_consult_id"), ["consult_id"], unique=False)


def downgrade() -> None:
    op.drop_table("voice_consent")
