"""Know which young person's account was closed with their death, so that a mistake opens it again.

Revision ID: 0092
Revises: 0091
"""

import sqlalchemy as sa
from alembic import op

revision = "0092"
down_revision = "0091"
branch_labels = None
depends_on = None

OPEN_STILL = """
UPDATE death SET closed_id = (
  SELECT min(p.id) FROM related_person r JOIN person p ON p.id = r.person_id
  WHERE r.patient_id = death.patient_id AND r.relation = 'self' AND r.ends_at IS NULL AND p.is_active
) WHERE taken_back_at IS NULL
"""
CLOSE = "UPDATE person SET is_active = :no WHERE id IN (SELECT closed_id FROM death WHERE closed_id IS NOT NULL)"
SAME_PROGRAM = "fk_death_closed_same_program"
OF_PERSON = "fk_death_closed_id_person"


def upgrade() -> None:
    with op.batch_alter_table("death") as batch:
        batch.add_column(sa.Column("closed_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(OF_PERSON, "person", ["closed_id"], ["id"])
        batch.create_foreign_key(SAME_PROGRAM, "person", ["program_id", "closed_id"], ["program_id", "id"])
    # Of children who were marked before this the account is open still.
    op.execute(OPEN_STILL)
    op.execute(sa.text(CLOSE).bindparams(no=False))


def downgrade() -> None:
    with op.batch_alter_table("death") as batch:
        batch.drop_constraint(SAME_PROGRAM, type_="foreignkey")
        batch.drop_constraint(OF_PERSON, type_="foreignkey")
        batch.drop_column("closed_id")
