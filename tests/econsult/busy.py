"""Somebody at work in a process of their own, until told to stop: makes people and finds them, asks and reads,
registers children, and gives each a file whose key has to open from then on.

Ends with 1 when anything fails. Standard output: one line when it begins, and how many rounds there were at the end.
"""

from __future__ import annotations

import os
import signal
import sys

from sqlalchemy import select

from econsult.consults.records import Consult
from econsult.installation import open_installation
from econsult.people.patients import Patient, add_patient
from econsult.people.persons import Person, Program, Role, add_person, person_by_email
from econsult.settings import load_settings
from tests.personas import NOON


def main() -> int:
    """Work until SIGTERM."""
    stopping: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _frame: stopping.append(number))
    installation = open_installation(load_settings())
    database, vault, rounds = installation.database, installation.vault, 0
    files: list[tuple[int, str, bytes, bytes]] = []
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
            told = {"name": email, "birth_date": "2024-05-01", "now": NOON}
            new = add_patient(session, program, key_wrapped=vault.new_patient_key(session, program), **told)
            files += [(each.id, email, *vault.new_object_key(session, each, email)) for each in (child, new)]
        with database.reading() as session:
            looked_at = files[:2] + files[-10:]
            opened = [vault.object_key(session, each, name, wrapped) for each, name, _, wrapped in looked_at]
            assert opened == [plain for _, _, plain, _ in looked_at]
        rounds += 1
        if rounds == 1:
            sys.stdout.write("busy\n")
            sys.stdout.flush()
    sys.stdout.write(f"{rounds}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
