"""Find by an index of its own what is to be called, decided, told or written on, and what has come to something.

Revision ID: 0106
Revises: 0105
"""

import sqlalchemy as sa
from alembic import op

revision = "0106"
down_revision = "0105"
branch_labels = None
depends_on = None

DONE = "status IN ('answered', 'closed', 'declined', 'redirected', 'withdrawn')"
INDEXES = (
    ("ix_consult_draft", "consult", ["requester_id", "id"], "status = 'draft'"),
    ("ix_consult_done", "consult", ["program_id", "status", "id"], DONE),
    ("ix_consult_clinic_done", "consult", ["organization_id", "status", "id"], DONE),
    ("ix_red_flag_stop_uncalled", "red_flag_stop", ["id"], "NOT is_attested AND dealt_with_at IS NULL"),
    ("ix_phone_task_open", "phone_task", ["due_at", "id"], "done_at IS NULL"),
    ("ix_attachment_waits", "attachment", ["id"], "(state = 'held' OR show_asked_at IS NOT NULL)"),
    ("ix_outcome_ping_sent", "outcome_ping", ["sent_at"], "sent_at IS NOT NULL"),
    ("ix_outcome_report_worse", "outcome_report", ["id"], "side = 'family' AND how = 'worse'"),
    ("ix_family_try_wrong", "family_try", ["consult_id"], "result = 'wrong_number'"),
)


def upgrade() -> None:
    for name, table, columns, only in INDEXES:
        op.create_index(name, table, columns, sqlite_where=sa.text(only), postgresql_where=sa.text(only))


def downgrade() -> None:
    for name, table, _columns, _only in reversed(INDEXES):
        op.drop_index(name, table)
