"""Keep how often somebody's corrections were compared with the children of other clinics.

Revision ID: 0110
Revises: 0109
"""

import sqlalchemy as sa
from alembic import op

revision = "0110"
down_revision = "0109"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "look_elsewhere",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("person_id", sa.Integer(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_look_elsewhere_person_id", "look_elsewhere", ["person_id"])


def downgrade() -> None:
    op.drop_table("look_elsewhere")
