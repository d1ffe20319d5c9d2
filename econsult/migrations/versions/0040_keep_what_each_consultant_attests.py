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
BILLING = sa.table(
    "consult_billing", *(sa.column(name) for name in ("consult_id", *SAID, "attested_by_id", "attested_at"))
)
KEPT = sa.table("attestation", *(sa.column(name) for name in ("id", "consult_id", "person_id", *SAID, "attested_at")))


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
    given = [BILLING.c[name] for name in ("consult_id", "attested_by_id", *SAID, "attested_at")]
    named = ["consult_id", "person_id", *SAID, "attested_at"]
    op.execute(sa.insert(KEPT).from_select(named, sa.select(*given).where(BILLING.c.attested_by_id.is_not(None))))
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
        last = sa.select(KEPT.c[of]).where(KEPT.c.consult_id == BILLING.c.consult_id)
        last = last.order_by(KEPT.c.attested_at.desc(), KEPT.c.id.desc()).limit(1)
        op.execute(sa.update(BILLING).values({name: last.scalar_subquery()}))
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
