"""Commands for programs: several may share an installation, and nobody of one sees anything of another."""

from __future__ import annotations

import argparse
from datetime import datetime

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from econsult import audit
from econsult.errors import ConsultError, InvalidError
from econsult.installation import Installation
from econsult.people.pasted import pasted
from econsult.people.persons import Program

LONGEST = 120
UNKNOWN = "There is no program of that name: `python -m econsult program list` shows them."
GONE = "This program was erased: its key is destroyed."


def offer(_name: str, command: argparse.ArgumentParser) -> None:
    """Offer `program`."""
    program = command.add_subparsers(required=True)
    create = program.add_parser("create", help="one more program, with a key of its own")
    create.add_argument("--name", required=True)
    create.set_defaults(run=_create)
    program.add_parser("list", help="print the name of every program").set_defaults(run=_list)


def program_of(session: Session, installation: Installation, options: argparse.Namespace, now: datetime) -> Program:
    """The program that was named with --program, else the only one, made on first use. Raises ConsultError."""
    programs = list(session.scalars(select(Program).order_by(Program.id)))
    if not options.program:
        if programs and all(program.erased_at for program in programs):
            raise ConsultError(GONE)
        if len(programs) > 1:
            raise ConsultError("There are several programs: say which, with --program NAME before the command.")
        return installation.vault.ensure_program(session, installation.settings.program_name, now)
    for program in programs:
        if program.name == options.program:
            if program.erased_at:
                raise ConsultError(GONE)
            return program
    raise ConsultError(UNKNOWN)


def only_of(session: Session, options: argparse.Namespace, column: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """What a list is narrowed to: rows of the program that was named with --program, else those of all of them."""
    if not options.program:
        return true()
    number = session.scalars(select(Program.id).where(Program.name == options.program)).one_or_none()
    if number is None:
        raise ConsultError(UNKNOWN)
    return column == number


def _create(installation: Installation, options: argparse.Namespace, now: datetime) -> str:
    name = pasted(options.name)
    if not 1 <= len(name) <= LONGEST or not name.isprintable():
        raise InvalidError(f"A program has a name of 1 to {LONGEST} letters.", {"name": "invalid"})
    with installation.database.writing() as session:
        # The first one is there, and has its name, before there is a second.
        installation.vault.ensure_program(session, installation.settings.program_name, now)
        if session.scalars(select(Program.id).where(Program.name == name)).first() is not None:
            raise ConsultError("There is a program of that name already.")
        program = installation.vault.add_program(session, name, now)
        audit.record(session, "create", "program", program.public_id, now=now, person_id=None, program_id=program.id)
    return ""


def _list(installation: Installation, _options: argparse.Namespace, _now: datetime) -> str:
    with installation.database.reading() as session:
        return "\n".join(session.scalars(select(Program.name).order_by(Program.id)))
