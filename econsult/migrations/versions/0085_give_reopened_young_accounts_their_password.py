"""Give young accounts that were opened again without a password the one that their address has in other programs.

Revision ID: 0085
Revises: 0084
"""

from alembic import op

revision = "0085"
down_revision = "0084"
branch_labels = None
depends_on = None

OTHER = """FROM person AS other WHERE other.email_index = person.email_index AND other.id <> person.id
    AND other.is_active AND other.password_hash IS NOT NULL"""


def upgrade() -> None:
    """The password of an address is that of all its open accounts: sealed as it is, so that none need be opened."""
    op.execute(
        f"""UPDATE person SET password_hash = (SELECT other.password_hash {OTHER} ORDER BY other.id LIMIT 1)
        WHERE role = 'youth' AND is_active AND password_hash IS NULL AND EXISTS (SELECT 1 {OTHER})"""  # noqa: S608
    )


def downgrade() -> None:
    """Nothing to take back: an account without the password of its address was never meant."""
