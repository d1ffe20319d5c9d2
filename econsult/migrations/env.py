"""Runs migrations on the connection that `Database.migrate` hands over; there is no other way in."""

from typing import Any, Literal

from alembic import context

from econsult.database import Instant, Sealed, SealedJson
from econsult.tables import METADATA

PLAIN_TYPES = {Instant: "sa.DateTime(timezone=True)", Sealed: "sa.Text()", SealedJson: "sa.Text()"}


def plain_type(kind: str, item: Any, _autogen_context: Any) -> str | Literal[False]:
    """Write columns with plain types, so that an old migration never depends on today's code."""
    name = PLAIN_TYPES.get(type(item)) if kind == "type" else None
    return False if name is None else name


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
    render_item=plain_type,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
