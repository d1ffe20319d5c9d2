"""Whom a court keeps from a child, for the staff pages on which somebody is let near the record."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask

from econsult.people.keptaway import kept_from
from econsult.people.patients import Patient
from web.context import database
from web.words.families import RELATIONS


@dataclass(frozen=True)
class Away:
    """One person whom a court keeps away, what they are to the child, and where that is written down."""

    name: str
    relation: str
    paper: str


def init_court(app: Flask) -> None:
    """Give templates `kept_away(child)`."""
    app.jinja_env.globals.update(kept_away=kept_away)


def kept_away(child: Patient) -> list[Away]:
    """Of a child that was loaded for somebody of the staff who may know its family."""
    with database().reading() as session:
        return [
            Away(person.name, str(RELATIONS.get(link.relation, "")), link.paper or "")
            for link, person in kept_from(session, child.id)
        ]
