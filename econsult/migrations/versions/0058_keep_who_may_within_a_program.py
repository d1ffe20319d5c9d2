"""Let the database itself refuse that whoever may do something to a child, a consult or a file is of another program.

Revision ID: 0058
Revises: 0057
"""

import sqlalchemy as sa
from alembic import op

revision = "0058"
down_revision = "0057"
branch_labels = None
depends_on = None

PATIENT, CONSULT, PERSON = "patient", "consult", "person"
TABLES = {
    "related_person": {"patient_id": PATIENT, "person_id": PERSON},
    "proxy_grant": {"patient_id": PATIENT, "person_id": PERSON, "recorded_by_id": PERSON, "ended_by_id": PERSON},
    "conflict": {"person_id": PERSON, "patient_id": PATIENT},
    "side_question": {"consult_id": CONSULT, "asked_by_id": PERSON, "wanted_id": PERSON, "holder_id": PERSON},
    "broken_glass": {"consult_id": CONSULT, "person_id": PERSON, "reviewed_by_id": PERSON},
    "handover": {"consult_id": CONSULT, "from_id": PERSON, "to_id": PERSON, "by_id": PERSON},
    "reading_code": {"consult_id": CONSULT, "person_id": PERSON, "patient_id": PATIENT},
    "upload": {"owner_id": PERSON, "consult_id": CONSULT},
}
"""Each table with what its columns point to."""


def upgrade() -> None:
    for table, columns in TABLES.items():
        # Processes of the version before write while this runs, and know of no program: so it may be empty.
        op.add_column(table, sa.Column("program_id", sa.Integer()))
        column, parent = next((column, parent) for column, parent in columns.items() if parent != PERSON)
        owner = sa.table(parent, sa.column("id"), sa.column("program_id"))
        said = sa.table(table, sa.column(column), sa.column("program_id"))
        own = sa.select(owner.c.program_id).where(owner.c.id == said.c[column]).scalar_subquery()
        op.execute(sa.update(said).values(program_id=own))
        with op.batch_alter_table(table) as batch:
            batch.create_foreign_key(f"fk_{table}_program_id_program", "program", ["program_id"], ["id"])
            for column, parent in columns.items():
                batch.create_foreign_key(_key(table, column), parent, ["program_id", column], ["program_id", "id"])


def downgrade() -> None:
    for table, columns in TABLES.items():
        with op.batch_alter_table(table) as batch:
            for column in columns:
                batch.drop_constraint(_key(table, column), type_="foreignkey")
            batch.drop_constraint(f"fk_{table}_program_id_program", type_="foreignkey")
            batch.drop_column("program_id")


def _key(table: str, column: str) -> str:
    return f"fk_{table}_{column.removesuffix('_id')}_same_program"
