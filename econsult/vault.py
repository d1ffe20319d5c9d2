"""The chain of keys: master wraps program, program wraps patient, patient wraps object; each wrap names its use."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.database import new_public_id
from econsult.people.patients import Patient
from econsult.people.persons import Program
from storage.keys import KeyRing, KeySource, Purpose, key_context, keyed_mark, new_key, signing_seed, unwrap, wrap

REPORTS = "de-identification report"
"""What the masters sign, beside what they wrap."""


class Keys(NamedTuple):
    """Public ids and wrapped keys of a program and of one of its children."""

    program: str
    program_key: bytes
    patient: str
    patient_key: bytes


class Vault:
    """Makes and opens the keys of one program's children and their objects."""

    def __init__(self, source: KeySource) -> None:
        self._source = source

    @property
    def ring(self) -> KeyRing:
        """The master keys as they are now."""
        return self._source.fresh()

    def ensure_program(self, session: Session, name: str, now: datetime) -> Program:
        """The program of this installation, made on first use."""
        program = session.scalars(select(Program).order_by(Program.id).limit(1)).one_or_none()
        return program or self.add_program(session, name, now)

    def add_program(self, session: Session, name: str, now: datetime) -> Program:
        """One more program, with a key of its own."""
        public_id = new_public_id()
        sealed = self.ring.wrap(new_key(), key_context(Purpose.PROGRAM, program=public_id))
        program = Program(public_id=public_id, name=name, key_wrapped=sealed, created_at=now)
        session.add(program)
        session.flush()
        return program

    def new_patient_key(self, program: Program) -> bytes:
        """A wrapped key for a child who is about to be registered."""
        return wrap(new_key(), self._program_key(program), key_context(Purpose.PATIENT, program=program.public_id))

    def new_object_key(self, session: Session, patient: Patient, object_id: str) -> tuple[bytes, bytes]:
        """A fresh key for one object, plain and wrapped."""
        key = new_key()
        return key, wrap(key, *self._around_object(session, patient.id, object_id))

    def object_key(self, session: Session, patient_id: int, object_id: str, wrapped: bytes) -> bytes:
        """The plain key of an object of this child. Raises WrongKey when it was wrapped for anything else."""
        return unwrap(wrapped, *self._around_object(session, patient_id, object_id))

    def set_aside(self, session: Session, patient_id: int, object_id: str, wrapped: bytes) -> bytes:
        """An object's key, wrapped anew so that `object_key` opens it no more and only `bring_back` does."""
        key = self.object_key(session, patient_id, object_id, wrapped)
        return wrap(key, *self._around_object(session, patient_id, _aside(object_id)))

    def bring_back(self, session: Session, patient_id: int, object_id: str, kept: bytes) -> bytes:
        """The plain key of an object whose key was set aside; its caller has checked and written down why."""
        return unwrap(kept, *self._around_object(session, patient_id, _aside(object_id)))

    def content_mark(self, session: Session, patient_id: int, sha256: str) -> str:
        """A keyed hash of a file's hash: tells that two files of one child are the same, and nothing to others."""
        return keyed_mark(self._patient_key(_keys_of(session, patient_id)), "content", bytes.fromhex(sha256))

    def told_mark(self, session: Session, patient_id: int, told: str) -> str:
        """A keyed hash of what tells who a child is: says whether it is still the same, and nothing to others."""
        return keyed_mark(self._patient_key(_keys_of(session, patient_id)), "told", told.encode())

    def report_seed(self) -> bytes:
        """The seed of the key that signs de-identification reports."""
        return signing_seed(self.ring, REPORTS)

    def _program_key(self, program: Program) -> bytes:
        return self.ring.unwrap(program.key_wrapped, key_context(Purpose.PROGRAM, program=program.public_id))

    def _patient_key(self, keys: Keys) -> bytes:
        program_key = self.ring.unwrap(keys.program_key, key_context(Purpose.PROGRAM, program=keys.program))
        return unwrap(keys.patient_key, program_key, key_context(Purpose.PATIENT, program=keys.program))

    def _around_object(self, session: Session, patient_id: int, object_id: str) -> tuple[bytes, str]:
        """The key that wraps the keys of a child's objects, and the context of this one."""
        keys = _keys_of(session, patient_id)
        context = key_context(Purpose.OBJECT, program=keys.program, patient=keys.patient, item=object_id)
        return self._patient_key(keys), context


def _aside(object_id: str) -> str:
    return f"aside:{object_id}"


def _keys_of(session: Session, patient_id: int) -> Keys:
    """The wrapped keys around a child, in one look that opens neither name nor birth date."""
    columns = (Program.public_id, Program.key_wrapped, Patient.public_id, Patient.key_wrapped)
    query = select(*columns).join(Patient, Patient.program_id == Program.id).where(Patient.id == patient_id)
    return Keys(*session.execute(query).one())
