"""Let a program's key have a version, and the one before it while it is being changed.

Revision ID: 0086
Revises: 0085
"""

import sqlalchemy as sa
from alembic import op

from econsult.database import Instant

revision = "0086"
down_revision = "0085"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("program", sa.Column("key_version", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("program", sa.Column("former_key_wrapped", sa.LargeBinary(), nullable=True))
    op.add_column("program", sa.Column("key_changed_at", Instant(), nullable=True))


def downgrade() -> None:
    """Only where no key was ever changed: the version before could open nothing that is under a later one."""
    changed = "SELECT count(*) FROM program WHERE key_version > 1"
    if op.get_bind().exec_driver_sql(changed).scalar():
        raise RuntimeError("A program's key was changed, and an older program could open no file: not taken back.")
    with op.batch_alter_table("program") as batch:
        batch.drop_column("key_changed_at")
        batch.drop_column("former_key_wrapped")
        batch.drop_column("key_version")
