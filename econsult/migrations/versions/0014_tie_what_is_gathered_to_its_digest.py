"""Tie each gathered notice to the digest that tells of it.

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

# What was gathered before this counts as told by the digest of the time, or by the next one that the person got.
TIE = """
UPDATE notice SET digest_id = (
    SELECT MIN(digest.id) FROM notice AS digest
    WHERE digest.kind = 'digest' AND digest.person_id = notice.person_id AND digest.id > notice.id
) WHERE state = 'gathered'
"""
TIE_REST = """
UPDATE notice SET digest_id = (
    SELECT MAX(digest.id) FROM notice AS digest
    WHERE digest.kind = 'digest' AND digest.person_id = notice.person_id
) WHERE state = 'gathered' AND digest_id IS NULL
"""


def upgrade() -> None:
    with op.batch_alter_table("notice") as table:
        table.add_column(sa.Column("digest_id", sa.Integer(), nullable=True))
        table.create_foreign_key("fk_notice_digest_id_notice", "notice", ["digest_id"], ["id"])
        table.create_index("ix_notice_digest_id", ["digest_id"])
    op.execute(TIE)
    op.execute(TIE_REST)


def downgrade() -> None:
    with op.batch_alter_table("notice") as table:
        table.drop_index("ix_notice_digest_id")
        table.drop_constraint("fk_notice_digest_id_notice", type_="foreignkey")
        table.drop_column("digest_id")
