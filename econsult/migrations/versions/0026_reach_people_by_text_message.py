"""Reach people by text message, and keep what became of each sending.

Revision ID: 0026
Revises: 0025
"""

import sqlalchemy as sa
from alembic import op

from econsult.database import Instant, Sealed

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

UNTOLD = sa.text("state = 'failed' AND settled_at IS NULL")


def upgrade() -> None:
    op.add_column("person", sa.Column("channel", sa.String(8), nullable=False, server_default="email"))
    op.add_column("person", sa.Column("quiet_hours", sa.String(5), nullable=False, server_default=""))
    with op.batch_alter_table("notice") as notice:
        notice.add_column(sa.Column("settled_at", Instant()))
        notice.add_column(sa.Column("settled_by_id", sa.Integer()))
        notice.create_foreign_key("fk_notice_settled_by_id_person", "person", ["settled_by_id"], ["id"])
    op.create_index("ix_notice_failed", "notice", ["person_id"], sqlite_where=UNTOLD, postgresql_where=UNTOLD)
    op.create_table(
        "delivery",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("notice_id", sa.Integer(), sa.ForeignKey("notice.id"), nullable=False),
        sa.Column("channel", sa.String(8), nullable=False),
        sa.Column("key", sa.String(32), nullable=False, unique=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("rounds", sa.Integer(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("sent_at", Instant()),
        sa.Column("ended_at", Instant()),
        sa.UniqueConstraint("notice_id", "channel", name="uq_delivery_channel"),
    )
    op.create_table(
        "mobile",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("person_id", sa.Integer(), sa.ForeignKey("person.id"), nullable=False, unique=True),
        sa.Column("number", Sealed("mobile.number"), nullable=False),
        sa.Column("number_index", sa.String(100), nullable=False, index=True),
        sa.Column("added_by_id", sa.Integer(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("nonce", sa.String(32), nullable=False),
        sa.Column("code_expires_at", Instant(), nullable=False),
        sa.Column("code_tries", sa.Integer(), nullable=False),
        sa.Column("codes_sent", sa.Integer(), nullable=False),
        sa.Column("codes_since", Instant(), nullable=False),
        sa.Column("is_refused", sa.Boolean(), nullable=False),
        sa.Column("confirmed_at", Instant()),
        sa.Column("created_at", Instant(), nullable=False),
    )
    op.create_table(
        "stopped_number",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("number", Sealed("stopped_number.number"), nullable=False),
        sa.Column("number_index", sa.String(100), nullable=False, unique=True),
        sa.Column("at", Instant(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("stopped_number")
    op.drop_table("mobile")
    op.drop_table("delivery")
    op.drop_index("ix_notice_failed", "notice")
    with op.batch_alter_table("notice") as notice:
        notice.drop_constraint("fk_notice_settled_by_id_person", type_="foreignkey")
        notice.drop_column("settled_by_id")
        notice.drop_column("settled_at")
    op.drop_column("person", "quiet_hours")
    op.drop_column("person", "channel")
