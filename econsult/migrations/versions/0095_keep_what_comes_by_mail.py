"""Keep what comes by e-mail until its person confirms it.

Revision ID: 0095
Revises: 0094
"""

import sqlalchemy as sa
from alembic import op

from econsult.database import Instant

revision = "0095"
down_revision = "0094"
branch_labels = None
depends_on = None

TABLE = "incoming_mail"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("public_id", sa.String(32), nullable=False, unique=True),
        sa.Column("program_id", sa.Integer(), sa.ForeignKey("program.id"), nullable=False),
        sa.Column("person_id", sa.Integer(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("consult_id", sa.Integer(), sa.ForeignKey("consult.id"), nullable=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("message_hash", sa.String(64), nullable=False),
        sa.Column("content", sa.Text(), nullable=True),
        sa.Column("is_stored", sa.Boolean(), nullable=False),
        sa.Column("received_at", Instant(), nullable=False),
        sa.Column("until", Instant(), nullable=False),
        *(_same(column, parent) for column, parent in (("person_id", "person"), ("consult_id", "consult"))),
        sa.UniqueConstraint("person_id", "message_hash", name="uq_incoming_mail_message"),
    )
    op.create_index(f"ix_{TABLE}_consult_id", TABLE, ["consult_id"])
    op.create_index(f"ix_{TABLE}_until", TABLE, ["until"])


def _same(column: str, parent: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{TABLE}_{column.removesuffix('_id')}_same_program"
    return sa.ForeignKeyConstraint(["program_id", column], [f"{parent}.program_id", f"{parent}.id"], name=name)


def downgrade() -> None:
    op.drop_table(TABLE)
