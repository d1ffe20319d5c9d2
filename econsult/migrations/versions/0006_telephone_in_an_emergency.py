"""Telephone in an emergency: the task of calling a family, and its ledger.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

from econsult.database import Instant, Sealed

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

WAITS = sa.text("next_at IS NOT NULL")
# Whoever was told "emergency, now" before there was this task, and has not heard it yet, is called as well.
OPEN = """
    INSERT INTO phone_task (consult_id, version, opened_at, due_at, level, next_at)
    SELECT answer.consult_id, answer.version, answer.signed_at, answer.signed_at, 0, answer.signed_at
    FROM answer JOIN consult ON consult.id = answer.consult_id
    WHERE answer.disposition = 'emergency_now' AND answer.signed_at IS NOT NULL
      AND consult.status = 'answered' AND consult.informed_at IS NULL
"""


def upgrade() -> None:
    op.create_table(
        "phone_task",
        sa.Column("consult_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("next_at", Instant(), nullable=True),
        sa.Column("done_at", Instant(), nullable=True),
        sa.Column("done_by_id", sa.Integer(), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.Column("words", Sealed("phone_task.words"), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["consult_id"], ["consult.id"], name=op.f("fk_phone_task_consult_id_consult")),
        sa.ForeignKeyConstraint(["done_by_id"], ["person.id"], name=op.f("fk_phone_task_done_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phone_task")),
        sa.UniqueConstraint("consult_id", "version", name="uq_phone_task_version"),
    )
    op.create_index("ix_phone_task_next", "phone_task", ["next_at"], sqlite_where=WAITS, postgresql_where=WAITS)
    op.create_table(
        "phone_event",
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("due_at", Instant(), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_phone_event_person_id_person")),
        sa.ForeignKeyConstraint(["task_id"], ["phone_task.id"], name=op.f("fk_phone_event_task_id_phone_task")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phone_event")),
        sa.UniqueConstraint("task_id", "kind", "level", name="uq_phone_event"),
    )
    op.execute(OPEN)


def downgrade() -> None:
    op.drop_table("phone_event")
    op.drop_table("phone_task")
