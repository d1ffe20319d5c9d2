"""Let the database itself refuse a row of one program that points to another's.

Revision ID: 0044
Revises: 0043
"""

from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

NUMBERED = (
    ("organization", "program_id"),
    ("person", "program_id"),
    ("patient", "program_id"),
    ("consult", "program_id"),
    ("consult", "patient_id"),
)
"""What keys of two columns point to."""
WITHIN = {
    "person": {"organization_id": "organization"},
    "patient": {"organization_id": "organization", "registered_by_id": "person"},
    "consult": {
        "patient_id": "patient",
        "organization_id": "organization",
        "requester_id": "person",
        "sent_on_by_id": "person",
        "holder_id": "person",
    },
    "policy": {"person_id": "person"},
    "shift": {"person_id": "person"},
    "age_task": {"patient_id": "patient", "done_by_id": "person"},
    "invitation": {
        "patient_id": "patient",
        "person_id": "person",
        "created_by_id": "person",
        "revoked_by_id": "person",
    },
    "retention_hold": {"patient_id": "patient", "placed_by_id": "person", "lifted_by_id": "person"},
    "erasure": {"patient_id": "patient", "asked_by_id": "person", "undone_by_id": "person"},
}
ABOUT_CHILD = ("attachment", "consent", "consent_withdrawal", "opt_in", "reading_code", "voice_consent")


def upgrade() -> None:
    for table, owner in NUMBERED:
        op.create_index(_index(table, owner), table, [owner, "id"], unique=True)
    for table, parents in WITHIN.items():
        with op.batch_alter_table(table) as batch:
            for column, parent in parents.items():
                batch.create_foreign_key(
                    _key(table, column, "program"), parent, ["program_id", column], ["program_id", "id"]
                )
    for table in ABOUT_CHILD:
        with op.batch_alter_table(table) as batch:
            name = _key(table, "consult_id", "patient")
            batch.create_foreign_key(name, "consult", ["patient_id", "consult_id"], ["patient_id", "id"])


def downgrade() -> None:
    for table in ABOUT_CHILD:
        with op.batch_alter_table(table) as batch:
            batch.drop_constraint(_key(table, "consult_id", "patient"), type_="foreignkey")
    for table, parents in WITHIN.items():
        with op.batch_alter_table(table) as batch:
            for column in parents:
                batch.drop_constraint(_key(table, column, "program"), type_="foreignkey")
    for table, owner in NUMBERED:
        op.drop_index(_index(table, owner), table)


def _index(table: str, owner: str) -> str:
    return f"uq_{table}_{owner.removesuffix('_id')}_number"


def _key(table: str, column: str, owner: str) -> str:
    return f"fk_{table}_{column.removesuffix('_id')}_same_{owner}"
