"""Let a person decide about a file: which face policy, which regions stay open, and who asked to see a hidden face.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

from econsult.database import Instant, Sealed, SealedJson

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("attachment", schema=None) as batch_op:
        batch_op.add_column(sa.Column("face_policy", sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column("face_regions", SealedJson("attachment.face_regions"), nullable=True))
        batch_op.add_column(sa.Column("review_note", Sealed("attachment.review_note"), nullable=True))
        batch_op.add_column(sa.Column("reviews", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("is_restricted", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("show_asked_by_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("show_asked_at", Instant(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_attachment_show_asked_by_id_person"), "person", ["show_asked_by_id"], ["id"]
        )
    with op.batch_alter_table("attachment", schema=None) as batch_op:
        batch_op.alter_column("reviews", server_default=None)
        batch_op.alter_column("is_restricted", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("attachment", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_attachment_show_asked_by_id_person"), type_="foreignkey")
        for name in (
            "show_asked_at", "show_asked_by_id", "is_restricted", "reviews", "review_note", "face_regions",
            "face_policy",
        ):  # fmt: skip
            batch_op.drop_column(name)
