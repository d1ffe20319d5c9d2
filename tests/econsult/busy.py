"""Somebody at work in a process of their own, until told to stop: makes people and finds them, asks and reads.

Ends with 1 when anything fails. Standard output: one line when it begins, and how many rounds there were at the end.
"""

from __future__ import annotations

import os
import signal
import sys

from sqlalchemy import select

from econsult.consults.records import Consult
from econsult.installation import open_installation
from econsult.people.patients import Patient
from econsult.people.persons import Person, Program, Role, add_person, person_by_email
from econsult.settings import load_settings
from tests.personas import NOON


def main() -> int:
    """Work until SIGTERM."""
    stopping: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _frame: stopping.append(number))
    installation = open_installation(load_settings())
    database, rounds = installation.database, 0
    while not stopping:
        email = f"busy-{os.getpid()}-{rounds}@clinic.test"
        with database.writing() as session:
            program = session.scalars(select(Program)).one()
            add_person(session, database.cipher, program, email=email, name=email, role=Role.PCP, now=NOON)
        with database.reading() as session:
            found = [person_by_email(session, database.cipher, known) for known in (email, "mother@clinic.test")]
            assert [person.name for person in found if person] == [email, "mother"]
            child = session.scalars(select(Patient).order_by(Patient.id)).first()
            assert child is not None
            assert child.name == "Luz Prueba"
            assert all(consult.question for consult in session.scalars(select(Consult)))
            assert len(list(session.scalars(select(Person)))) > rounds
        with database.writing() as session:
            installation.vault.new_object_key(session, session.get_one(Patient, child.id), "a" * 32)
        rounds += 1
        if rounds == 1:
            sys.stdout.write("busy\n")
            sys.stdout.flush()
    sys.stdout.write(f"{rounds}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
