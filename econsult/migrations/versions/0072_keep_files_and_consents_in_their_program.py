"""Let the database itself refuse that a file, a consent or who is told of a child points into another program.

Revision ID: 0072
Revises: 0071
"""

import sqlalchemy as sa
from alembic import op

revision = "0072"
down_revision = "0071"
branch_labels = None
depends_on = None

PATIENT, CONSULT, PERSON = "patient", "consult", "person"
NUMBERED = ("shift", "invitation", "attachment", "message")
"""Tables that others of these point to."""
CASE = {"consult_id": CONSULT, "patient_id": PATIENT, "recorded_by_id": PERSON}
TABLES = {
    "family_contact": {"patient_id": PATIENT, "set_by_id": PERSON},
    "mobile": {"person_id": PERSON, "added_by_id": PERSON},
    "swap": {"shift_id": "shift", "to_id": PERSON, "asked_by_id": PERSON},
    "arrival": {"consult_id": CONSULT, "invitation_id": "invitation", "adopted_by_id": PERSON},
    "legal_hold": {"consult_id": CONSULT, "person_id": PERSON},
    "attachment": {
        "consult_id": CONSULT,
        "patient_id": PATIENT,
        "uploaded_by_id": PERSON,
        "show_asked_by_id": PERSON,
    },
    "consent": CASE,
    "consent_withdrawal": CASE,
    "opt_in": CASE,
    "voice_consent": CASE,
    "presence": {"consult_id": CONSULT, "person_id": PERSON},
    "repeat_key": {"consult_id": CONSULT, "person_id": PERSON},
    "family_try": {"consult_id": CONSULT, "person_id": PERSON},
    "retake": {
        "consult_id": CONSULT,
        "author_id": PERSON,
        "attachment_id": "attachment",
        "message_id": "message",
    },
}
"""Each table with what its columns point to; the first is the one whose program is the row's."""
MORE = {
    "side_question": {"message_id": "message", "reply_id": "message"},
    "upload": {"attachment_id": "attachment"},
}
"""Tables that know their program already."""


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
    for table, columns in (TABLES | MORE).items():
        with op.batch_alter_table(table) as batch:
            if table in TABLES:
                batch.create_foreign_key(f"fk_{table}_program_id_program", "program", ["program_id"], ["id"])
            for column, parent in columns.items():
                batch.create_foreign_key(_key(table, column), parent, ["program_id", column], ["program_id", "id"])


def downgrade() -> None:
    for table, columns in reversed((TABLES | MORE).items()):
        with op.batch_alter_table(table) as batch:
            for column in columns:
                batch.drop_constraint(_key(table, column), type_="foreignkey")
            if table in MORE:
                continue
            batch.drop_constraint(f"fk_{table}_program_id_program", type_="foreignkey")
            if table in NUMBERED:
                batch.drop_index(f"uq_{table}_program_number")
            batch.drop_column("program_id")
    for table in NUMBERED:
        if table not in TABLES:
            op.drop_index(f"uq_{table}_program_number", table_name=table)


def _key(table: str, column: str) -> str:
    return f"fk_{table}_{column.removesuffix('_id')}_same_program"
