"""Let the database itself refuse a message or an answer whose author is of another program than its consult.

Revision ID: 0056
Revises: 0055
"""

import sqlalchemy as sa
from alembic import op

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None

TABLES = ("message", "answer")
CONSULT = sa.table("consult", sa.column("id"), sa.column("program_id"))
WITHIN = {"consult": "consult_id", "person": "author_id"}


def upgrade() -> None:
    for table in TABLES:
        # Processes of the version before write while this runs, and know of no program: so it may be empty.
        op.add_column(table, sa.Column("program_id", sa.Integer()))
        said = sa.table(table, sa.column("consult_id"), sa.column("program_id"))
        own = sa.select(CONSULT.c.program_id).where(CONSULT.c.id == said.c.consult_id).scalar_subquery()
        op.execute(sa.update(said).values(program_id=own))
        with op.batch_alter_table(table) as batch:
            batch.create_foreign_key(f"fk_{table}_program_id_program", "program", ["program_id"], ["id"])
            for parent, column in WITHIN.items():
                batch.create_foreign_key(_key(table, column), parent, ["program_id", column], ["program_id", "id"])


def downgrade() -> None:
    for table in TABLES:
        with op.batch_alter_table(table) as batch:
            for column in WITHIN.values():
                batch.drop_constraint(_key(table, column), type_="foreignkey")
            batch.drop_constraint(f"fk_{table}_program_id_program", type_="foreignkey")
            batch.drop_column("program_id")


def _key(table: str, column: str) -> str:
    return f"fk_{table}_{column.removesuffix('_id')}_same_program"
