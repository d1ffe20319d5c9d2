"""Keep what each who answered attests of their own part.

Revision ID: 0040
Revises: 0039
"""

import sqlalchemy as sa
from alembic import op

from econsult.database import Instant, Sealed

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

SAID = ("f2f_prior_14d", "f2f_planned_14d", "transfer_of_care", "is_spoken_report")
LISTED = ", ".join(SAID)


def upgrade() -> None:
    op.create_table(
        "attestation",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("consult_id", sa.Integer(), sa.ForeignKey("consult.id"), nullable=False),
        sa.Column("person_id", sa.Integer(), sa.ForeignKey("person.id"), nullable=False),
        *(sa.Column(name, sa.Boolean(), nullable=False) for name in SAID),
        sa.Column("attested_at", Instant(), nullable=False),
        sa.UniqueConstraint("consult_id", "person_id", name="uq_attestation"),
    )
    op.execute(
        f"INSERT INTO attestation (consult_id, person_id, {LISTED}, attested_at) "  # noqa: S608 - our own columns.
        f"SELECT consult_id, attested_by_id, {LISTED}, attested_at FROM consult_billing "
        "WHERE attested_by_id IS NOT NULL"
    )
    with op.batch_alter_table("consult_billing") as table:
        for name in (*SAID, "attested_by_id", "attested_at"):
            table.drop_column(name)


def downgrade() -> None:
    with op.batch_alter_table("consult_billing") as table:
        for name in SAID:
            table.add_column(sa.Column(name, sa.Boolean()))
        table.add_column(sa.Column("attested_by_id", sa.Integer()))
        table.add_column(sa.Column("attested_at", Instant()))
        table.create_foreign_key("fk_consult_billing_attested_by", "person", ["attested_by_id"], ["id"])
    _make_room()
    # Of several who attested, the last one: before, there was room for one.
    for name, of in (*((name, name) for name in SAID), ("attested_by_id", "person_id"), ("attested_at", "attested_at")):
        op.execute(
            f"UPDATE consult_billing SET {name} = (SELECT {of} FROM attestation "  # noqa: S608 - our own columns.
            "WHERE attestation.consult_id = consult_billing.consult_id ORDER BY attested_at DESC, id DESC LIMIT 1)"
        )
    op.drop_table("attestation")


def _make_room() -> None:
    """A row for each consult of which somebody attested something and nobody gave the diagnosis."""
    room = sa.table(
        "consult_billing",
        sa.column("consult_id", sa.Integer),
        sa.column("diagnosis", Sealed("consult_billing.diagnosis")),
    )
    said = sa.table("attestation", sa.column("consult_id", sa.Integer))
    query = sa.select(said.c.consult_id).distinct().where(said.c.consult_id.not_in(sa.select(room.c.consult_id)))
    numbers = op.get_bind().scalars(query).all()
    if numbers:
        op.bulk_insert(room, [{"consult_id": number, "diagnosis": ""} for number in numbers])
