"""Measure the time that clinicians spend, and keep what a claim asks for.

Revision ID: 0036
Revises: 0035
"""

import sqlalchemy as sa
from alembic import op

from econsult.database import Instant, Sealed

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

RUNNING = sa.text("is_running")


def upgrade() -> None:
    op.create_table(
        "time_entry",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("public_id", sa.String(32), nullable=False, unique=True),
        sa.Column("consult_id", sa.Integer(), sa.ForeignKey("consult.id"), nullable=False),
        sa.Column("person_id", sa.Integer(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("activity", sa.String(16), nullable=False),
        sa.Column("source", sa.String(8), nullable=False),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=False),
        sa.Column("beat_at", Instant(), nullable=False),
        sa.Column("is_running", sa.Boolean(), nullable=False),
        sa.Column("is_amendment", sa.Boolean(), nullable=False),
        sa.Column("origin_id", sa.Integer(), sa.ForeignKey("time_entry.id")),
        sa.Column("replaced_at", Instant()),
        sa.Column("reason", Sealed("time_entry.reason"), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
    )
    op.create_index("ix_time_entry_consult_id", "time_entry", ["consult_id"])
    op.create_index("ix_time_entry_person", "time_entry", ["person_id", "started_at"])
    op.create_index(
        "uq_time_entry_running",
        "time_entry",
        ["person_id"],
        unique=True,
        sqlite_where=RUNNING,
        postgresql_where=RUNNING,
    )
    op.create_table(
        "clinician_numbers",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("person_id", sa.Integer(), sa.ForeignKey("person.id"), nullable=False, unique=True),
        sa.Column("npi", sa.String(10), nullable=False),
        sa.Column("taxonomy", sa.String(10), nullable=False),
        sa.Column("is_enrolled", sa.Boolean(), nullable=False),
        sa.Column("states", sa.String(200), nullable=False),
    )
    op.create_table(
        "coverage",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("patient_id", sa.Integer(), sa.ForeignKey("patient.id"), nullable=False, unique=True),
        sa.Column("payer", sa.String(24), nullable=False),
        sa.Column("insurance_id", Sealed("coverage.insurance_id"), nullable=False),
        sa.Column("plan", Sealed("coverage.plan"), nullable=False),
        sa.Column("state", sa.String(2), nullable=False),
    )
    op.create_table(
        "consult_billing",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("consult_id", sa.Integer(), sa.ForeignKey("consult.id"), nullable=False, unique=True),
        sa.Column("diagnosis", Sealed("consult_billing.diagnosis"), nullable=False),
        sa.Column("f2f_prior_14d", sa.Boolean()),
        sa.Column("f2f_planned_14d", sa.Boolean()),
        sa.Column("transfer_of_care", sa.Boolean()),
        sa.Column("is_spoken_report", sa.Boolean()),
        sa.Column("attested_by_id", sa.Integer(), sa.ForeignKey("person.id")),
        sa.Column("attested_at", Instant()),
    )


def downgrade() -> None:
    for table in ("consult_billing", "coverage", "clinician_numbers", "time_entry"):
        op.drop_table(table)
