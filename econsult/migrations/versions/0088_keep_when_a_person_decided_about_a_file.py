"""Keep when a person last decided how a file is prepared.

Revision ID: 0088
Revises: 0087
"""

import sqlalchemy as sa
from alembic import op

from econsult.database import Instant

revision = "0088"
down_revision = "0087"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("attachment", sa.Column("decided_at", Instant(), nullable=True))
    # What was decided before is in the trail; without it a family's older no would shut what was opened knowing it.
    op.execute(
        "UPDATE attachment SET decided_at = decided.at FROM ("
        "SELECT entity_id, max(at) AS at FROM audit_event WHERE entity = 'attachment'"
        " AND action IN ('choose_faces', 'release_for_treatment') GROUP BY entity_id) AS decided"
        " WHERE decided.entity_id = attachment.public_id"
    )


def downgrade() -> None:
    with op.batch_alter_table("attachment") as batch:
        batch.drop_column("decided_at")
