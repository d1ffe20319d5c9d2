"""Know that a child has died, so that nothing more reaches its family.

Revision ID: 0087
Revises: 0086
"""

import sqlalchemy as sa
from alembic import op

from econsult.database import Instant

revision = "0087"
down_revision = "0086"
branch_labels = None
depends_on = None

STANDS = sa.text("taken_back_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "death",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("program_id", sa.Integer(), sa.ForeignKey("program.id"), nullable=False),
        sa.Column("patient_id", sa.Integer(), sa.ForeignKey("patient.id"), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("noted_at", Instant(), nullable=False),
        sa.Column("noted_by_id", sa.Integer(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("taken_back_at", Instant()),
        sa.Column("taken_back_by_id", sa.Integer(), sa.ForeignKey("person.id")),
        *(
            sa.ForeignKeyConstraint(
                ["program_id", f"{name}_id"],
                [f"{parent}.program_id", f"{parent}.id"],
                name=f"fk_death_{name}_same_program",
            )
            for name, parent in (("patient", "patient"), ("noted_by", "person"), ("taken_back_by", "person"))
        ),
    )
    op.create_index("ix_death_patient_id", "death", ["patient_id"])
    op.create_index(
        "uq_death_stands", "death", ["patient_id"], unique=True, sqlite_where=STANDS, postgresql_where=STANDS
    )


def downgrade() -> None:
    op.drop_table("death")
