"""Let whoever holds a request ask a second specialist one question.

Revision ID: 0035
Revises: 0034
"""

import sqlalchemy as sa
from alembic import op

from econsult.database import Instant

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

OPEN_SIDE = sa.text("state = 'open'")
WATCHED = sa.text("next_at IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "side_question",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("public_id", sa.String(32), nullable=False, unique=True),
        sa.Column("consult_id", sa.Integer(), sa.ForeignKey("consult.id"), nullable=False, index=True),
        sa.Column("asked_by_id", sa.Integer(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("specialty", sa.String(32), nullable=False),
        sa.Column("wanted_id", sa.Integer(), sa.ForeignKey("person.id")),
        sa.Column("holder_id", sa.Integer(), sa.ForeignKey("person.id")),
        sa.Column("message_id", sa.Integer(), sa.ForeignKey("message.id"), nullable=False),
        sa.Column("reply_id", sa.Integer(), sa.ForeignKey("message.id")),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("next_at", Instant()),
        sa.Column("ended_at", Instant()),
    )
    table = "side_question"
    op.create_index(
        "uq_side_question_open", table, ["consult_id"], unique=True, sqlite_where=OPEN_SIDE, postgresql_where=OPEN_SIDE
    )
    op.create_index("ix_side_question_pool", table, ["specialty"], sqlite_where=OPEN_SIDE, postgresql_where=OPEN_SIDE)
    op.create_index("ix_side_question_next", table, ["next_at"], sqlite_where=WATCHED, postgresql_where=WATCHED)
    op.create_table(
        "side_event",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("side_id", sa.Integer(), sa.ForeignKey("side_question.id"), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("person_id", sa.Integer(), sa.ForeignKey("person.id")),
        sa.UniqueConstraint("side_id", "kind", "level", name="uq_side_event"),
    )


def downgrade() -> None:
    op.drop_table("side_event")
    op.drop_table("side_question")
