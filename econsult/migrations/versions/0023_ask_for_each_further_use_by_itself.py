"""Keep what a family allows besides its consent: faces, trainees, teaching.

Revision ID: 0023
Revises: 0022
"""

import sqlalchemy as sa
from alembic import op

from econsult.database import Instant

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "opt_in",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("patient_id", sa.Integer(), sa.ForeignKey("patient.id"), nullable=False),
        sa.Column("consult_id", sa.Integer(), sa.ForeignKey("consult.id"), nullable=False, index=True),
        sa.Column("recorded_by_id", sa.Integer(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("given_by", sa.String(16), nullable=False),
        sa.Column("method", sa.String(16), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("text_version", sa.String(16), nullable=False),
        sa.Column("text_hash", sa.String(64), nullable=False),
        sa.Column("what", sa.String(16), nullable=False),
        sa.Column("is_given", sa.Boolean(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
    )
    op.create_index("ix_opt_in_standing", "opt_in", ["consult_id", "what", "id"])


def downgrade() -> None:
    op.drop_table("opt_in")
