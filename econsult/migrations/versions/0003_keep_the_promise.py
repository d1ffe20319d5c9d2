"""Keep the promise.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "fallback_pool",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("specialty", sa.String(length=32), nullable=False),
        sa.Column("fallback", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["program_id"],
            ["program.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("program_id", "specialty", "fallback", name="uq_fallback_pool"),
    )
    op.create_table(
        "notice_slot",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("person_id", "kind", "hour", name="uq_notice_slot"),
    )
    op.create_table(
        "policy",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("specialty", sa.String(length=32), nullable=False),
        sa.Column("urgency", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["program_id"],
            ["program.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("program_id", "specialty", "urgency", "version", name="uq_policy"),
    )
    op.create_table(
        "practitioner_limits",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("states", sa.String(length=200), nullable=False),
        sa.Column("languages", sa.String(length=80), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("person_id"),
    )
    op.create_table(
        "shift",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("specialty", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("starts", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("time_zone", sa.String(length=40), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("to_day", sa.Date(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["program_id"],
            ["program.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("shift", schema=None) as batch_op:
        batch_op.create_index("ix_shift_specialty", ["program_id", "specialty"], unique=False)

    op.create_table(
        "time_off",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("time_off", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_time_off_person_id"), ["person_id"], unique=False)

    op.create_table(
        "conflict",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_id"],
            ["patient.id"],
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("person_id", "patient_id", name="uq_conflict"),
    )
    with op.batch_alter_table("conflict", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_conflict_patient_id"), ["patient_id"], unique=False)

    op.create_table(
        "swap",
        sa.Column("shift_id", sa.Integer(), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("to_id", sa.Integer(), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["asked_by_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["shift_id"],
            ["shift.id"],
        ),
        sa.ForeignKeyConstraint(
            ["to_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("shift_id", "on_day", name="uq_swap"),
    )
    op.create_table(
        "handover",
        sa.Column("consult_id", sa.Integer(), nullable=False),
        sa.Column("verb", sa.String(length=16), nullable=False),
        sa.Column("from_id", sa.Integer(), nullable=True),
        sa.Column("to_id", sa.Integer(), nullable=True),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["by_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["consult_id"],
            ["consult.id"],
        ),
        sa.ForeignKeyConstraint(
            ["from_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["to_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("handover", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_handover_consult_id"), ["consult_id"], unique=False)

    op.create_table(
        "presence",
        sa.Column("consult_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["consult_id"],
            ["consult.id"],
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("consult_id", "person_id", name="uq_presence"),
    )
    with op.batch_alter_table("presence", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_presence_seen_at"), ["seen_at"], unique=False)

    with op.batch_alter_table("answer", schema=None) as batch_op:
        batch_op.add_column(sa.Column("released_at", sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table("clock", schema=None) as batch_op:
        batch_op.add_column(sa.Column("lane", sa.String(length=16), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("target_seconds", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("fired_level", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("pauses", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("is_reminded", sa.Boolean(), nullable=False, server_default="0"))
        batch_op.create_index(
            "ix_clock_open",
            ["consult_id"],
            unique=False,
            sqlite_where=sa.text("state <> 'stopped'"),
            postgresql_where=sa.text("state <> 'stopped'"),
        )

    with op.batch_alter_table("clock_event", schema=None) as batch_op:
        batch_op.add_column(sa.Column("lane", sa.String(length=16), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("level", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("target_seconds", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("is_late", sa.Boolean(), nullable=False, server_default="0"))
        batch_op.drop_constraint(batch_op.f("uq_clock_event"), type_="unique")
        batch_op.create_unique_constraint(
            "uq_clock_event", ["consult_id", "name", "cycle", "kind", "level", "sequence"]
        )
        batch_op.create_index("ix_clock_event_at", ["at"], unique=False)

    with op.batch_alter_table("consult", schema=None) as batch_op:
        batch_op.add_column(sa.Column("fallback_specialty", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("language", sa.String(length=8), nullable=False, server_default="en"))
        batch_op.add_column(sa.Column("rules", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("route", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("is_unallocated", sa.Boolean(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("clinic_waits_since", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("first_contact_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(
            "ix_consult_clinic", ["organization_id", "status", "urgency_rank", "due_at", "id"], unique=False
        )
        batch_op.create_index("ix_consult_desk", ["program_id", "status", "urgency_rank", "due_at", "id"], unique=False)
        batch_op.create_index(
            "ix_consult_fallback",
            ["program_id", "fallback_specialty"],
            unique=False,
            sqlite_where=sa.text("fallback_specialty IS NOT NULL"),
            postgresql_where=sa.text("fallback_specialty IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_consult_lease",
            ["claim_until"],
            unique=False,
            sqlite_where=sa.text("status = 'claimed' AND claim_until IS NOT NULL"),
            postgresql_where=sa.text("status = 'claimed' AND claim_until IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_consult_unallocated",
            ["program_id", "id"],
            unique=False,
            sqlite_where=sa.text("is_unallocated"),
            postgresql_where=sa.text("is_unallocated"),
        )

    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.add_column(sa.Column("is_relayed", sa.Boolean(), nullable=False, server_default="0"))

    with op.batch_alter_table("organization", schema=None) as batch_op:
        batch_op.add_column(sa.Column("state", sa.String(length=2), nullable=False, server_default=""))

    _carry_over()


def _carry_over() -> None:
    """Give what is there already its target, its level and its language."""
    promised = {
        "sqlite": "UPDATE clock_event SET target_seconds = "
        "CAST(ROUND((JULIANDAY(deadline_at) - JULIANDAY(at)) * 86400) AS INTEGER) WHERE kind = 'started'",
        "postgresql": "UPDATE clock_event SET target_seconds = CAST(ROUND(EXTRACT(EPOCH FROM deadline_at - at)) "
        "AS INTEGER) WHERE kind = 'started'",
    }
    op.execute(promised[op.get_bind().dialect.name])
    op.execute(
        "UPDATE clock SET target_seconds = COALESCE((SELECT MAX(e.target_seconds) FROM clock_event e WHERE "
        "e.consult_id = clock.consult_id AND e.name = clock.name AND e.cycle = clock.cycle AND e.kind = 'started'), "
        "86400), pauses = (SELECT COUNT(*) FROM clock_event e WHERE e.consult_id = clock.consult_id "
        "AND e.name = clock.name AND e.cycle = clock.cycle AND e.kind = 'paused')"
    )
    op.execute(
        "UPDATE clock_event SET target_seconds = (SELECT c.target_seconds FROM clock c WHERE "
        "c.consult_id = clock_event.consult_id AND c.name = clock_event.name AND c.cycle = clock_event.cycle)"
    )
    op.execute("UPDATE clock SET fired_level = 100 WHERE is_breached")
    op.execute("UPDATE clock_event SET level = 100 WHERE kind = 'breached'")
    op.execute("UPDATE answer SET released_at = (SELECT c.released_at FROM consult c WHERE c.id = answer.consult_id)")
    # The next tick looks at each of them and works out when it is due from now on.
    op.execute(
        "UPDATE consult SET next_deadline_at = created_at WHERE EXISTS "
        "(SELECT 1 FROM clock c WHERE c.consult_id = consult.id AND c.state <> 'stopped')"
    )
    op.execute("UPDATE consult SET language = (SELECT p.language FROM patient p WHERE p.id = consult.patient_id)")


def downgrade() -> None:
    # Without levels the ledger can hold one warning a cycle only.
    op.execute("DELETE FROM clock_event WHERE kind IN ('warned', 'escalated', 'reminded', 'carried', 'recomputed')")
    op.drop_column("organization", "state")

    op.drop_column("message", "is_relayed")

    with op.batch_alter_table("consult", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_consult_unallocated", sqlite_where=sa.text("is_unallocated"), postgresql_where=sa.text("is_unallocated")
        )
        batch_op.drop_index(
            "ix_consult_lease",
            sqlite_where=sa.text("status = 'claimed' AND claim_until IS NOT NULL"),
            postgresql_where=sa.text("status = 'claimed' AND claim_until IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_consult_fallback",
            sqlite_where=sa.text("fallback_specialty IS NOT NULL"),
            postgresql_where=sa.text("fallback_specialty IS NOT NULL"),
        )
        batch_op.drop_index("ix_consult_desk")
        batch_op.drop_index("ix_consult_clinic")
    op.drop_column("consult", "first_contact_at")
    op.drop_column("consult", "clinic_waits_since")
    op.drop_column("consult", "is_unallocated")
    op.drop_column("consult", "route")
    op.drop_column("consult", "rules")
    op.drop_column("consult", "language")
    op.drop_column("consult", "fallback_specialty")

    with op.batch_alter_table("clock_event", schema=None) as batch_op:
        batch_op.drop_index("ix_clock_event_at")
        batch_op.drop_constraint("uq_clock_event", type_="unique")
        batch_op.create_unique_constraint(
            batch_op.f("uq_clock_event"), ["consult_id", "name", "cycle", "kind", "sequence"]
        )
        batch_op.drop_column("is_late")
        batch_op.drop_column("target_seconds")
        batch_op.drop_column("due_at")
        batch_op.drop_column("level")
        batch_op.drop_column("lane")

    with op.batch_alter_table("clock", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_clock_open", sqlite_where=sa.text("state <> 'stopped'"), postgresql_where=sa.text("state <> 'stopped'")
        )
    op.drop_column("clock", "is_reminded")
    op.drop_column("clock", "pauses")
    op.drop_column("clock", "fired_level")
    op.drop_column("clock", "target_seconds")
    op.drop_column("clock", "lane")

    op.drop_column("answer", "released_at")

    with op.batch_alter_table("presence", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_presence_seen_at"))

    op.drop_table("presence")
    with op.batch_alter_table("handover", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_handover_consult_id"))

    op.drop_table("handover")
    op.drop_table("swap")
    with op.batch_alter_table("conflict", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_conflict_patient_id"))

    op.drop_table("conflict")
    with op.batch_alter_table("time_off", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_time_off_person_id"))

    op.drop_table("time_off")
    with op.batch_alter_table("shift", schema=None) as batch_op:
        batch_op.drop_index("ix_shift_specialty")

    op.drop_table("shift")
    op.drop_table("practitioner_limits")
    op.drop_table("policy")
    op.drop_table("notice_slot")
    op.drop_table("fallback_pool")
