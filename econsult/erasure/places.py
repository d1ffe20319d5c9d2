"""Where a child's record rests: which rows of which tables are the child's, and what becomes of each.

Whatever is sealed in a child's row is emptied, whichever table comes next: places are found by the columns themselves.
What stays are ids, codes and moments, of which figures are made and of which the audit trail tells.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, LargeBinary, Table, delete, func, select, update
from sqlalchemy.orm import Session

from econsult.database import Base, Sealed, SealedJson

OWNERS = {
    "attachment_id": "attachment",
    "recommendation_id": "recommendation",
    "task_id": "phone_task",
    "side_id": "side_question",
}
"""By which column a row hangs on another one that is a child's."""
GONE = frozenset(
    {
        "age_task",
        "call_draft",
        "conflict",
        "correction_draft",
        "coverage",
        "family_contact",
        "home_word",
        "patient_correction",
        "patient_word",
        "presence",
        "reading_code",
        "rendition",
        "repeat_key",
        "set_aside_key",
    }
)
"""Rows of which no figure is made, and which go as a whole."""
STAYS = frozenset({"audit_event", "notice", "delivery", "erasure"})
"""Rows without a word of anybody: the audit trail must not be touched, and an erasure tells of itself."""
EMPTIED: dict[str, dict[str, Any]] = {
    "patient": {"sex": "unknown", "region": ""},
    "attachment": {"sha256": None, "content_mark": None, "picture_mark": None, "told_mark": None, "blob_key": None},
    "upload": {"sha256": None},
    "outcome_ping": {"next_at": None},
    "recommendation": {"next_at": None},
    "visit": {"next_at": None},
}
"""What tells something although it is not sealed, and what would make a clock look at it again."""


def places_of(patient_id: int) -> Iterator[tuple[Table, ColumnElement[bool]]]:
    """Every table with rows of this child, and which they are; those that hang on others first."""
    for table in reversed(Base.metadata.sorted_tables):
        is_own = rows_of(table, patient_id)
        if table.name not in STAYS and is_own is not None:
            yield table, is_own


def rows_of(table: Table, patient_id: int) -> ColumnElement[bool] | None:
    """Which rows of the table are this child's; None for a table that has none."""
    columns = table.c
    if table.name == "patient":
        return columns.id == patient_id
    if "patient_id" in columns:
        return columns.patient_id == patient_id
    if "consult_id" in columns:
        consult = Base.metadata.tables["consult"]
        return columns.consult_id.in_(select(consult.c.id).where(consult.c.patient_id == patient_id))
    for name, owner in OWNERS.items():
        if name in columns:
            above = Base.metadata.tables[owner]
            is_own = rows_of(above, patient_id)
            return None if is_own is None else columns[name].in_(select(above.c.id).where(is_own))
    return None


def emptied(table: Table) -> dict[str, Any]:
    """The values that take the place of what is secret in a row of this table."""
    values: dict[str, Any] = dict(EMPTIED.get(table.name, {}))
    for column in table.columns:
        if isinstance(column.type, Sealed):
            values[column.name] = None if column.nullable else ""
        elif isinstance(column.type, SealedJson):
            values[column.name] = None if column.nullable else {}
        elif isinstance(column.type, LargeBinary):
            values[column.name] = b""
    return values


def empty(session: Session, patient_id: int) -> set[str]:
    """Destroy the keys and empty the words of all rows of a child; returns the names of the tables that were touched.

    The row of the child itself keeps its random alias in the place of its name. Doing it again changes nothing more.
    """
    touched = set()
    for table, is_own in places_of(patient_id):
        if table.name in GONE:
            session.execute(delete(table).where(is_own))
        elif values := emptied(table):
            session.execute(update(table).where(is_own).values(values))
        else:
            continue
        touched.add(table.name)
    session.expire_all()
    return touched


def counts_of(session: Session, patient_id: int) -> list[tuple[str, int, bool]]:
    """What `empty` would touch: the table, how many rows, and whether they go as a whole."""
    found = []
    for table, is_own in places_of(patient_id):
        if table.name in GONE or emptied(table):
            count = session.scalar(select(func.count()).select_from(table).where(is_own)) or 0
            found.append((table.name, count, table.name in GONE))
    return sorted((name, count, goes) for name, count, goes in found if count)
