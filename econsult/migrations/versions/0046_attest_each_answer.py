"""Keep what is attested of each answer by itself: a question that is asked again may be answered months later.

Revision ID: 0046
Revises: 0045
"""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

# Of the answers before this attestation, those after which the question was asked again.
PASSED = sa.text(
    "UPDATE attestation SET answer = 1 + (SELECT count(*) FROM answer WHERE answer.consult_id = attestation.consult_id "
    "AND answer.signed_at IS NOT NULL AND EXISTS (SELECT 1 FROM handover WHERE handover.verb = 'reopen' AND "
    "handover.consult_id = attestation.consult_id AND handover.at >= answer.signed_at AND "
    "handover.at <= attestation.attested_at))"
)
# There is room for one word of each again: the last one.
LAST = sa.text(
    "DELETE FROM attestation WHERE EXISTS (SELECT 1 FROM attestation AS later WHERE later.answer > attestation.answer "
    "AND later.consult_id = attestation.consult_id AND later.person_id = attestation.person_id)"
)


def upgrade() -> None:
    with op.batch_alter_table("attestation") as table:
        table.add_column(sa.Column("answer", sa.Integer(), nullable=False, server_default="1"))
        table.drop_constraint("uq_attestation", type_="unique")
        table.create_unique_constraint("uq_attestation", ["consult_id", "person_id", "answer"])
    op.execute(PASSED)
    with op.batch_alter_table("attestation") as table:
        table.alter_column("answer", server_default=None)


def downgrade() -> None:
    op.execute(LAST)
    with op.batch_alter_table("attestation") as table:
        table.drop_constraint("uq_attestation", type_="unique")
        table.create_unique_constraint("uq_attestation", ["consult_id", "person_id"])
        table.drop_column("answer")
