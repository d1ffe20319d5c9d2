"""Keep why a visit on record stands against no code.

Revision ID: 0096
Revises: 0095
"""

import sqlalchemy as sa
from alembic import op

revision = "0096"
down_revision = "0095"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("attestation") as batch:
        batch.add_column(sa.Column("visit_why", sa.String(16), nullable=False, server_default=""))
    with op.batch_alter_table("attestation") as batch:
        batch.alter_column("visit_why", existing_type=sa.String(16), server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("attestation") as batch:
        batch.drop_column("visit_why")
