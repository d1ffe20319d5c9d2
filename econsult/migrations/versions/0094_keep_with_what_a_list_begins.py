"""Keep with what a person's list begins.

Revision ID: 0094
Revises: 0093
"""

import sqlalchemy as sa
from alembic import op

revision = "0094"
down_revision = "0093"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "kept_view",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("program_id", sa.Integer(), sa.ForeignKey("program.id"), nullable=True),
        sa.Column("person_id", sa.Integer(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("specialty", sa.String(32), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.ForeignKeyConstraint(
            ["program_id", "person_id"], ["person.program_id", "person.id"], name="fk_kept_view_person_same_program"
        ),
        sa.UniqueConstraint("person_id", name="uq_kept_view_person_id"),
    )


def downgrade() -> None:
    op.drop_table("kept_view")
