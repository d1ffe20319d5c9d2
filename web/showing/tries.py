"""Tries to tell a family, and what to do about a number that does not reach it, for the page of one case."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask

from econsult.consults.records import Consult
from econsult.consults.tries import FamilyTry, tries_of
from econsult.consults.wrong_numbers import is_number_wrong
from econsult.people.persons import Person
from web.context import database
from web.showing.letter import is_endangering, may_write_letter


@dataclass(frozen=True)
class Number:
    """Whether the contact on file does not reach the family, whether a letter may go to it, or could do harm there."""

    is_wrong: bool
    may_write: bool = False
    is_endangering: bool = False


def init_tries(app: Flask) -> None:
    """Give templates `tries_to_tell(consult)` and `number_of(consult)`."""
    app.jinja_env.globals.update(tries_to_tell=tries_to_tell, number_of=number_of)


def tries_to_tell(consult: Consult) -> list[tuple[FamilyTry, Person]]:
    """The tries since its last answer, oldest first, of a consult that was loaded for a reader who tells families."""
    with database().reading() as session:
        return tries_of(session, [consult]).get(consult.id, [])


def number_of(consult: Consult) -> Number:
    """How it stands with the family's number, of a consult that was loaded for a reader who tells families."""
    with database().reading() as session:
        if not is_number_wrong(session, consult):
            return Number(is_wrong=False)
        return Number(True, may_write_letter(session, consult), is_endangering(session, consult))
