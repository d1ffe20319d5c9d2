"""The program's name on pages and papers: where several share an installation, that of whoever reads.

A single program is called as the setting says, so that it can be renamed; of several each has the name it was made
with.
"""

from __future__ import annotations

import time
from typing import Any

from flask import Flask, current_app
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from econsult.people.persons import Program
from web.context import database, settings, signed_in

KEPT, LASTS = "econsult_program_names", 60.0
"""Names are read once a minute: every page carries one, and they hardly ever change."""


def init_program(app: Flask) -> None:
    """Give templates `program`, with the name for whoever is signed in."""
    app.context_processor(_named)


def _named() -> dict[str, Any]:
    told: dict[str, Any] = current_app.jinja_env.globals["program"]  # type: ignore[assignment]
    return {"program": told | {"name": name_here()}}


def name_here() -> str:
    """The name for whoever is signed in; for visitors that of the installation."""
    person = signed_in()
    return settings().program_name if person is None else name_of(person.program_id)


def name_of(program_id: int) -> str:
    """The name of a program, as its people read it. A database that is away makes it the installation's."""
    try:
        names = _names()
    except SQLAlchemyError:
        return settings().program_name
    return names.get(program_id, settings().program_name) if len(names) > 1 else settings().program_name


def _names() -> dict[int, str]:
    at, names = current_app.extensions.get(KEPT, (-LASTS, {}))
    if time.monotonic() - at >= LASTS:
        with database().reading(is_whole=False) as session:
            names = {each.id: each.name for each in session.execute(select(Program.id, Program.name))}
        current_app.extensions[KEPT] = (time.monotonic(), names)
    found: dict[int, str] = names
    return found
