"""Tries to tell a family, for the page of one case."""

from __future__ import annotations

from flask import Flask

from econsult.consults.records import Consult
from econsult.consults.tries import FamilyTry, tries_of
from econsult.people.persons import Person
from web.context import database


def init_tries(app: Flask) -> None:
    """Give templates `tries_to_tell(consult)`."""
    app.jinja_env.globals.update(tries_to_tell=tries_to_tell)


def tries_to_tell(consult: Consult) -> list[tuple[FamilyTry, Person]]:
    """The tries since its last answer, oldest first, of a consult that was loaded for a reader who tells families."""
    with database().reading() as session:
        return tries_of(session, [consult]).get(consult.id, [])
