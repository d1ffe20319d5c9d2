"""Where a database begins to read: an index over few rows only, and the side of a join that comes first.

SQLite reckons by what it counted of a table the last time, and takes one of which it counted nothing for a large one.
So of a table that is mostly empty, as emergency calls are, it read every open request to find the few that have one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Index, Join, TextClause, text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler


def narrow(name: str, *columns: str, only: str | TextClause, unique: bool = False) -> Index:
    """An index over those rows for which the words hold. A statement is served by it that says them word by word."""
    words = text(only) if isinstance(only, str) else only
    return Index(name, *columns, unique=unique, sqlite_where=words, postgresql_where=words)


class Led(Join):
    """A join that SQLite begins with its left side; the right one is a table. PostgreSQL, which counts, chooses."""

    inherit_cache = True


@compiles(Led, "sqlite")
def _in_this_order(element: Led, compiler: SQLCompiler, **options: Any) -> str:
    visit: Callable[..., str] = compiler.visit_join
    said = visit(element, **options)
    left, _join, right = said.rpartition(" JOIN ")
    return f"{left} CROSS JOIN {right}"
