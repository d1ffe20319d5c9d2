"""Keep what a child's record said before it was put right, and a version by which two who write at once are told apart.

Revision ID: 0069
Revises: 0068
"""

import sqlalchemy as sa
from alembic import op

from econsult.database import Instant

revision = "0069"
down_revision = "0068"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("patient", sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
    op.create_table(
        "patient_correction",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("program_id", sa.Integer(), sa.ForeignKey("program.id"), nullable=False),
        sa.Column("patient_id", sa.Integer(), sa.ForeignKey("patient.id"), nullable=False),
        sa.Column("by_id", sa.Integer(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("was", sa.Text(), nullable=False),
        *(
            sa.ForeignKeyConstraint(
                ["program_id", f"{name}_id"],
                [f"{parent}.program_id", f"{parent}.id"],
                name=f"fk_patient_correction_{name}_same_program",
            )
            for name, parent in (("patient", "patient"), ("by", "person"))
        ),
    )
    op.create_index("ix_patient_correction_patient_id", "patient_correction", ["patient_id"])


def downgrade() -> None:
    op.drop_table("patient_correction")
    op.drop_column("patient", "version")
