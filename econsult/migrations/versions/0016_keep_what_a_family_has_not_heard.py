"""Keep in sight an answer that a family has not heard when its question is opened again.

Questions that were opened again before this revision are found by their ledger: the clock of telling the family was
stopped by the reopening, after an answer had been opened to it. Their clock is not started anew, so that
`python -m econsult invariants` names those that go on until somebody has told the family.

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

# The latest open answer, where the latest stop of that clock came from the reopening of the question.
UNHEARD = """
UPDATE consult SET unheard_version = (
    SELECT max(answer.version) FROM answer
    WHERE answer.consult_id = consult.id AND answer.released_at IS NOT NULL
)
WHERE released_at IS NULL AND EXISTS (
    SELECT 1 FROM clock_event AS stop
    WHERE stop.consult_id = consult.id AND stop.name = 'family_informed' AND stop.kind = 'stopped'
    AND stop.reason = 'reopened' AND NOT EXISTS (
        SELECT 1 FROM clock_event AS later
        WHERE later.consult_id = consult.id AND later.name = 'family_informed' AND later.id > stop.id
        AND later.kind = 'stopped' AND later.reason IN ('opened', 'phone', 'visit')
    )
)
"""


def upgrade() -> None:
    op.add_column("consult", sa.Column("unheard_version", sa.Integer(), nullable=True))
    is_unheard = sa.text("unheard_version IS NOT NULL")
    op.create_index(
        "ix_consult_unheard", "consult", ["program_id", "id"], sqlite_where=is_unheard, postgresql_where=is_unheard
    )
    op.execute(UNHEARD)


def downgrade() -> None:
    op.drop_index("ix_consult_unheard", "consult")
    op.drop_column("consult", "unheard_version")
