"""Ask for a second factor: apps, recovery codes, wrong tries, and sign-ins that are halfway.

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

from econsult.database import Instant, Sealed

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "second_factor",
        *_of_a_person(),
        sa.Column("secret", Sealed("second_factor.secret"), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.Column("last_step", sa.Integer(), nullable=False),
        sa.UniqueConstraint("person_id"),
    )
    op.create_table("recovery_code", *_of_a_person(), sa.Column("code_hash", sa.String(length=100), nullable=False))
    op.create_table("factor_try", *_of_a_person(), sa.Column("at", Instant(), nullable=False))
    op.create_table(
        "halfway_sign_in",
        *_of_a_person(),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("secret", Sealed("halfway_sign_in.secret"), nullable=True),
        sa.UniqueConstraint("token_hash"),
    )
    for name in ("recovery_code", "factor_try", "halfway_sign_in"):
        op.create_index(op.f(f"ix_{name}_person_id"), name, ["person_id"], unique=False)
    op.add_column("sign_in_session", sa.Column("has_factor", sa.Boolean(), nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("sign_in_session", "has_factor")
    for name in ("recovery_code", "factor_try", "halfway_sign_in"):
        op.drop_index(op.f(f"ix_{name}_person_id"), name)
        op.drop_table(name)
    op.drop_table("second_factor")


def _of_a_person() -> tuple[sa.schema.SchemaItem, ...]:
    """The columns that all of these tables begin with."""
    return (
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
