"""Keep words of children under keyed hashes, and of a browser whether it proved whose the address is.

Revision ID: 0104
Revises: 0103
"""

import sqlalchemy as sa
from alembic import op

from econsult.people.searching import keep_all_words

revision = "0104"
down_revision = "0103"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "patient_word",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("program_id", sa.Integer(), sa.ForeignKey("program.id"), nullable=False),
        sa.Column("patient_id", sa.Integer(), sa.ForeignKey("patient.id"), nullable=False),
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("word_index", sa.String(100), nullable=False),
        sa.ForeignKeyConstraint(
            ["program_id", "patient_id"],
            ["patient.program_id", "patient.id"],
            name="fk_patient_word_patient_same_program",
        ),
    )
    for column in ("patient_id", "word_index"):
        op.create_index(f"ix_patient_word_{column}", "patient_word", [column])
    keep_all_words(op.get_bind())
    op.add_column("known_browser", sa.Column("proves_address", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    with op.batch_alter_table("known_browser") as batch:
        batch.drop_column("proves_address")
    op.drop_table("patient_word")
