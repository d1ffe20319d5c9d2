"""Keep what staff say of a home: that it is not safe, or that it is safe again and why.

Revision ID: 0078
Revises: 0077
"""

import sqlalchemy as sa
from alembic import op

from econsult.database import Instant

revision = "0078"
down_revision = "0077"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "home_word",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("program_id", sa.Integer(), sa.ForeignKey("program.id"), nullable=False),
        sa.Column("patient_id", sa.Integer(), sa.ForeignKey("patient.id"), nullable=False),
        sa.Column("by_id", sa.Integer(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("is_safe", sa.Boolean(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        *(
            sa.ForeignKeyConstraint(
                ["program_id", f"{name}_id"],
                [f"{parent}.program_id", f"{parent}.id"],
                name=f"fk_home_word_{name}_same_program",
            )
            for name, parent in (("patient", "patient"), ("by", "person"))
        ),
    )
    op.create_index("ix_home_word_patient_id", "home_word", ["patient_id"])


def downgrade() -> None:
    op.drop_table("home_word")
