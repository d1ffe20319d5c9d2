"""Which children have died, for whoever of the staff meets their names: nobody telephones then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from flask import Flask, g

from econsult.people.deaths import Death, death_of, the_dead
from econsult.people.patients import Patient
from econsult.people.persons import Person
from web.context import database
from web.shell.auth import me


@dataclass(frozen=True)
class Marked:
    """What was written down: the day, where it is known, when, and by whom."""

    day: date | None
    at: datetime
    by: str


def init_deaths(app: Flask) -> None:
    """Give templates `has_died(patient_id)` and `death_told(child)`."""
    app.jinja_env.globals.update(has_died=has_died, death_told=death_told)


def has_died(patient_id: int | None) -> bool:
    """Whether this child of the signed-in person's program has died; a page asks once for all that it shows."""
    if "the_dead" not in g:
        with database().reading() as session:
            g.the_dead = frozenset(session.scalars(the_dead().where(Death.program_id == me().program_id)))
    return patient_id in g.the_dead


def death_told(child: Patient) -> Marked | None:
    """The same with its day, of a child that was loaded for somebody of the staff who may know who it is."""
    with database().reading() as session:
        death = death_of(session, child.id)
        by = session.get_one(Person, death.noted_by_id).name if death is not None else ""
    return Marked(death.day, death.noted_at, by) if death is not None else None


def died_on(child: Patient) -> str | None:
    """The day as `2026-03-01`; None where nobody knows it, or the child lives. For who may know who the child is."""
    if not has_died(child.id):
        return None
    with database().reading() as session:
        death = death_of(session, child.id)
    return death.day_text or None if death is not None else None
