"""Keep of which privacy officers an administrator alone says who they are.

Revision ID: 0109
Revises: 0108
"""

import sqlalchemy as sa
from alembic import op

revision = "0109"
down_revision = "0108"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Officers who are there already count: nobody knows any more who let them in.
    op.create_table(
        "unconfirmed_officer",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("program_id", sa.Integer(), sa.ForeignKey("program.id"), nullable=False),
        sa.Column("person_id", sa.Integer(), sa.ForeignKey("person.id"), nullable=False),
        sa.UniqueConstraint("person_id", name="uq_unconfirmed_officer"),
        sa.ForeignKeyConstraint(
            ["program_id", "person_id"],
            ["person.program_id", "person.id"],
            name="fk_unconfirmed_officer_person_same_program",
        ),
    )
    op.create_index("ix_unconfirmed_officer_program_id", "unconfirmed_officer", ["program_id"])


def downgrade() -> None:
    op.drop_table("unconfirmed_officer")
