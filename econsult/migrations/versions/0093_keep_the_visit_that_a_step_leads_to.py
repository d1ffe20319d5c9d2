"""Keep the visit that a step of an answer leads to.

Revision ID: 0093
Revises: 0092
"""

import sqlalchemy as sa
from alembic import op

from econsult.database import Instant

revision = "0093"
down_revision = "0092"
branch_labels = None
depends_on = None

CURRENT = sa.text("state IN ('listed', 'booked')")
WATCHED = sa.text("next_at IS NOT NULL")
PARENTS = {
    "consult_id": "consult",
    "recommendation_id": "recommendation",
    "before_id": "recommendation",
    "person_id": "person",
    "ended_by_id": "person",
}


def upgrade() -> None:
    same = [
        sa.ForeignKeyConstraint(
            ["program_id", column],
            [f"{parent}.program_id", f"{parent}.id"],
            name=f"fk_visit_{column.removesuffix('_id')}_same_program",
        )
        for column, parent in PARENTS.items()
    ]
    op.create_table(
        "visit",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("public_id", sa.String(32), nullable=False),
        sa.Column("program_id", sa.Integer(), sa.ForeignKey("program.id"), nullable=True),
        sa.Column("consult_id", sa.Integer(), sa.ForeignKey("consult.id"), nullable=False),
        sa.Column("recommendation_id", sa.Integer(), sa.ForeignKey("recommendation.id"), nullable=False),
        sa.Column("before_id", sa.Integer(), sa.ForeignKey("recommendation.id"), nullable=True),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("starts_at", Instant(), nullable=True),
        sa.Column("zone", sa.String(64), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("note_language", sa.String(8), nullable=False),
        sa.Column("bring", sa.String(80), nullable=False),
        sa.Column("person_id", sa.Integer(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("next_at", Instant(), nullable=True),
        sa.Column("reminded_at", Instant(), nullable=True),
        sa.Column("asked_at", Instant(), nullable=True),
        sa.Column("reply", sa.String(8), nullable=True),
        sa.Column("replied_at", Instant(), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("ended_by_id", sa.Integer(), sa.ForeignKey("person.id"), nullable=True),
        sa.Column("why", sa.String(8), nullable=True),
        *same,
        sa.UniqueConstraint("public_id", name="uq_visit_public_id"),
    )
    op.create_index(
        "uq_visit_current",
        "visit",
        ["recommendation_id"],
        unique=True,
        sqlite_where=CURRENT,
        postgresql_where=CURRENT,
    )
    op.create_index("ix_visit_next", "visit", ["next_at"], sqlite_where=WATCHED, postgresql_where=WATCHED)
    op.create_index("ix_visit_consult_id", "visit", ["consult_id"])
    op.create_index("ix_visit_recommendation_id", "visit", ["recommendation_id"])


def downgrade() -> None:
    op.drop_table("visit")
