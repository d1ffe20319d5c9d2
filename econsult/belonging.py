"""What belongs together, said to the database itself: a row of one program cannot point to another program's rows.

A key of two columns, `(program_id, patient_id)` to `(program_id, id)` of `patient`, is what the database then checks at
each write, whoever writes and by whatever code. In the same way what hangs on a consult hangs on its child.
"""

from __future__ import annotations

import functools
from typing import TypeVar

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, Select, Table, bindparam, select
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import MappedColumn, Session, mapped_column

from econsult.errors import NotFoundError

PROGRAM, CHILD = "program_id", "patient_id"
Row = TypeVar("Row")


def in_program(table: str, **parents: str) -> tuple[ForeignKeyConstraint, ...]:
    """Columns of `table` by the tables that they point to, all of them within the row's own program."""
    return tuple(_key(table, PROGRAM, column, parent) for column, parent in parents.items())


def program_of(parent: str, column: str = "") -> MappedColumn[int | None]:
    """The column of a row's program, which is that of the row it hangs on by `column`; whoever adds one writes neither.

    It may be empty only in what the version before wrote at an upgrade.
    """

    def read(context: DefaultExecutionContext) -> int | None:
        given: dict[str, int] = context.get_current_parameters()  # type: ignore[no-untyped-call]
        number = given[column or f"{parent}_id"]
        owner = context.current_column.table.metadata.tables[parent]
        found: int | None = context.root_connection.scalar(_program_behind(owner), {"number": number})
        return found

    return mapped_column(ForeignKey("program.id"), default=read)


@functools.cache
def _program_behind(owner: Table) -> Select[int]:
    return select(owner.c.program_id).where(owner.c.id == bindparam("number"))


def about_child(table: str) -> ForeignKeyConstraint:
    """The row's consult is one about the row's child."""
    return _key(table, CHILD, "consult_id", "consult")


def of_child(table: str, column: str) -> ForeignKeyConstraint:
    """Another consult that the row points to is one about the row's child too."""
    return _key(table, CHILD, column, "consult")


def numbered_within(table: str, owner: str = PROGRAM) -> Index:
    """What the other side of such a key needs: a number that is looked up together with its owner's."""
    return Index(f"uq_{table}_{owner.removesuffix('_id')}_number", owner, "id", unique=True)


def named_in(session: Session, program_id: int, table: type[Row], public_id: str) -> Row:
    """The row of this program with this public id. Raises NotFoundError for one of another program as for none."""
    found = session.scalars(select(table).filter_by(public_id=public_id, program_id=program_id)).one_or_none()
    if found is None:
        raise NotFoundError
    return found


def _key(table: str, owner: str, column: str, parent: str) -> ForeignKeyConstraint:
    name = f"fk_{table}_{column.removesuffix('_id')}_same_{owner.removesuffix('_id')}"
    return ForeignKeyConstraint((owner, column), (f"{parent}.{owner}", f"{parent}.id"), name=name)
