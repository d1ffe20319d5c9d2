"""Remember beside a question to a colleague until when its asker would have the request without it.

Revision ID: 0050
Revises: 0049
"""

import sqlalchemy as sa
from alembic import op

from econsult.database import Instant

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("side_question", sa.Column("own_until", Instant()))
    # Of what is open already nobody knows it any more: it stays with whoever has it for as long as it does now.
    op.execute(
        "UPDATE side_question SET own_until = "
        "(SELECT claim_until FROM consult WHERE consult.id = side_question.consult_id) WHERE state = 'open'"
    )


def downgrade() -> None:
    op.drop_column("side_question", "own_until")
