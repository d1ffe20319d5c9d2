"""Let one person have an account in each of several programs: an address is used once in a program.

Revision ID: 0076
Revises: 0075
"""

from alembic import op

revision = "0076"
down_revision = "0075"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("person") as batch:
        batch.drop_constraint("uq_person_email_index", type_="unique")
        batch.create_unique_constraint("uq_person_email_in_program", ["program_id", "email_index"])
        batch.create_index("ix_person_email_index", ["email_index"])


def downgrade() -> None:
    # Fails where somebody is in two programs by now: the version before could not tell their accounts apart.
    with op.batch_alter_table("person") as batch:
        batch.drop_index("ix_person_email_index")
        batch.drop_constraint("uq_person_email_in_program", type_="unique")
        batch.create_unique_constraint("uq_person_email_index", ["email_index"])
