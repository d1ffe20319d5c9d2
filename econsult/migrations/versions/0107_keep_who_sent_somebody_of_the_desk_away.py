"""Keep who closed the account of somebody of the desk, or planned that they are away.

Revision ID: 0107
Revises: 0106
"""

import sqlalchemy as sa
from alembic import op

revision = "0107"
down_revision = "0106"
branch_labels = None
depends_on = None

PEOPLE = ("person_id", "by_id")


def upgrade() -> None:
    # Who is away or closed now was sent away by nobody that is known: the trail alone says who it was.
    op.create_table(
        "sent_away",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("program_id", sa.Integer(), sa.ForeignKey("program.id"), nullable=False),
        *(sa.Column(column, sa.Integer(), sa.ForeignKey("person.id"), nullable=False) for column in PEOPLE),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True)),
        *(
            sa.ForeignKeyConstraint(
                ["program_id", column],
                ["person.program_id", "person.id"],
                name=f"fk_sent_away_{column.removesuffix('_id')}_same_program",
            )
            for column in PEOPLE
        ),
    )
    for column in ("program_id", *PEOPLE):
        op.create_index(f"ix_sent_away_{column}", "sent_away", [column])


def downgrade() -> None:
    op.drop_table("sent_away")
