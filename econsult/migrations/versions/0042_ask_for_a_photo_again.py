"""Ask for a photo again, with what was drawn over the old one; know which photo was taken for that.

Revision ID: 0042
Revises: 0041
"""

import sqlalchemy as sa
from alembic import op

from econsult.database import Instant

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

UNSENT = sa.text("message_id IS NULL")
FOR_A_RETAKE = sa.text("retake_id IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "retake",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("public_id", sa.String(32), nullable=False, unique=True),
        sa.Column("consult_id", sa.Integer(), sa.ForeignKey("consult.id"), nullable=False, index=True),
        sa.Column("attachment_id", sa.Integer(), sa.ForeignKey("attachment.id"), nullable=False),
        sa.Column("author_id", sa.Integer(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("message_id", sa.Integer(), sa.ForeignKey("message.id")),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("drawing", sa.Text(), nullable=False),
        sa.Column("saved_at", Instant(), nullable=False),
        sa.Column("sent_at", Instant()),
        sa.UniqueConstraint("message_id", "attachment_id", name="uq_retake_message"),
    )
    op.create_index(
        "uq_retake_draft",
        "retake",
        ["attachment_id", "author_id"],
        unique=True,
        sqlite_where=UNSENT,
        postgresql_where=UNSENT,
    )
    with op.batch_alter_table("upload") as table:
        table.add_column(sa.Column("retake_id", sa.Integer()))
        table.create_foreign_key("fk_upload_retake", "retake", ["retake_id"], ["id"])
    op.create_index(
        "ix_upload_retake", "upload", ["retake_id"], sqlite_where=FOR_A_RETAKE, postgresql_where=FOR_A_RETAKE
    )


def downgrade() -> None:
    op.drop_index("ix_upload_retake", "upload")
    with op.batch_alter_table("upload") as table:
        table.drop_constraint("fk_upload_retake", type_="foreignkey")
        table.drop_column("retake_id")
    op.drop_table("retake")
