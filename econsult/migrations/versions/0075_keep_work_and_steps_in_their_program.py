"""Let the database itself refuse that work on a consult, a stop, a step or a call points into another program.

Revision ID: 0075
Revises: 0074
"""

import sqlalchemy as sa
from alembic import op

revision = "0075"
down_revision = "0074"
branch_labels = None
depends_on = None

CONSULT, PERSON = "consult", "person"
NUMBERED = ("side_question", "phone_task", "recommendation")
"""Tables that others of these point to."""
TABLES = {
    "attestation": {"consult_id": CONSULT, "person_id": PERSON},
    "exported_part": {"consult_id": CONSULT, "person_id": PERSON},
    "time_entry": {"consult_id": CONSULT, "person_id": PERSON},
    "outcome_report": {"consult_id": CONSULT, "person_id": PERSON},
    "red_flag_stop": {"consult_id": CONSULT, "person_id": PERSON, "dealt_with_by_id": PERSON},
    "phone_task": {"consult_id": CONSULT, "done_by_id": PERSON},
    "recommendation": {"consult_id": CONSULT},
    "phone_event": {"task_id": "phone_task", "person_id": PERSON},
    "recommendation_event": {"recommendation_id": "recommendation", "person_id": PERSON},
    "side_event": {"side_id": "side_question", "person_id": PERSON},
}
"""Each table with what its columns point to; the first is the one whose program is the row's."""


def upgrade() -> None:
    for table, columns in TABLES.items():
        # Processes of the version before write while this runs, and know of no program: so it may be empty.
        op.add_column(table, sa.Column("program_id", sa.Integer()))
        column, parent = next(iter(columns.items()))
        owner = sa.table(parent, sa.column("id"), sa.column("program_id"))
        said = sa.table(table, sa.column(column), sa.column("program_id"))
        own = sa.select(owner.c.program_id).where(owner.c.id == said.c[column]).scalar_subquery()
        op.execute(sa.update(said).values(program_id=own))
    for table in NUMBERED:
        op.create_index(f"uq_{table}_program_number", table, ["program_id", "id"], unique=True)
    for table, columns in TABLES.items():
        with op.batch_alter_table(table) as batch:
            batch.create_foreign_key(f"fk_{table}_program_id_program", "program", ["program_id"], ["id"])
            for column, parent in columns.items():
                batch.create_foreign_key(_key(table, column), parent, ["program_id", column], ["program_id", "id"])


def downgrade() -> None:
    for table, columns in reversed(TABLES.items()):
        with op.batch_alter_table(table) as batch:
            for column in columns:
                batch.drop_constraint(_key(table, column), type_="foreignkey")
            batch.drop_constraint(f"fk_{table}_program_id_program", type_="foreignkey")
            if table in NUMBERED:
                batch.drop_index(f"uq_{table}_program_number")
            batch.drop_column("program_id")
    for table in NUMBERED:
        if table not in TABLES:
            op.drop_index(f"uq_{table}_program_number", table_name=table)


def _key(table: str, column: str) -> str:
    return f"fk_{table}_{column.removesuffix('_id')}_same_program"
