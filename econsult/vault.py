"""The chain of keys: master wraps program, program wraps patient, patient wraps object; each wrap names its use.

A program's key has a version, which each child's key names that it wraps. While one takes the place of another
(`econsult.rekeying`) both are there; nothing but children's keys hangs on either of them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.database import new_public_id
from econsult.people.patients import Patient
from econsult.people.persons import Program
from storage.keys import (
    KeyRing,
    KeySource,
    Purpose,
    WrongKey,
    key_context,
    keyed_mark,
    new_key,
    signing_seed,
    unwrap,
    wrap,
)

REPORTS = "de-identification report"
"""What the masters sign, beside what they wrap."""


class ProgramKeys(NamedTuple):
    """A program's public id and its wrapped keys: the current one with its version, and that of the version before,
    while children's keys may still be under it."""

    program: str
    version: int
    current: bytes
    former: bytes | None


class Keys(NamedTuple):
    """The wrapped keys around one child."""

    around: ProgramKeys
    patient: str
    patient_key: bytes


OF_PROGRAM = (Program.public_id, Program.key_version, Program.key_wrapped, Program.former_key_wrapped)
FIRST, VERSIONED = b"\x01", b"\x02"


def child_header(version: int) -> bytes:
    """How each child's key begins that is under this version; under the first one they name none."""
    return FIRST if version == 1 else VERSIONED + version.to_bytes(4, "big")


class Vault:
    """Makes and opens the keys of one program's children and their objects."""

    def __init__(self, source: KeySource) -> None:
        self._source = source

    @property
    def ring(self) -> KeyRing:
        """The master keys as they are now."""
        return self._source.fresh()

    def opens(self, program: Program) -> bool:
        """Whether the master keys open this program's key."""
        try:
            self._program_key(program_keys(program), program.key_version)
        except WrongKey:
            return False
        return True

    def ensure_program(self, session: Session, name: str, now: datetime) -> Program:
        """The program of this installation, made on first use."""
        program = session.scalars(select(Program).order_by(Program.id).limit(1)).one_or_none()
        return program or self.add_program(session, name, now)

    def add_program(self, session: Session, name: str, now: datetime) -> Program:
        """One more program, with a key of its own."""
        public_id = new_public_id()
        sealed = self.ring.wrap(new_key(), _program_context(public_id, 1))
        program = Program(public_id=public_id, name=name, key_version=1, key_wrapped=sealed, created_at=now)
        session.add(program)
        session.flush()
        return program

    def next_program_key(self, program: Program) -> bytes:
        """A fresh key of the next version for a program, wrapped. Raises WrongKey where its own cannot be opened."""
        self._program_key(program_keys(program), program.key_version)
        return self.ring.wrap(new_key(), _program_context(program.public_id, program.key_version + 1))

    def new_patient_key(self, session: Session, program: Program) -> bytes:
        """A wrapped key for a child who is about to be registered in this transaction.

        The program's keys are read anew and stay what they are until it commits: a key that goes just now is never
        forgotten between this child's being wrapped and its being there.
        """
        query = select(*OF_PROGRAM).where(Program.id == program.id).with_for_update(key_share=True)
        return self._wrap_child(new_key(), ProgramKeys(*session.execute(query).one()))

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

    def picture_mark(self, session: Session, patient_id: int, content: str) -> str:
        """The same of what a file shows once it is decoded, as 64 hexadecimal digits from the jail."""
        return keyed_mark(self._patient_key(_keys_of(session, patient_id)), "picture", bytes.fromhex(content))

    def told_mark(self, session: Session, patient_id: int, told: str) -> str:
        """A keyed hash of what tells who a child is: says whether it is still the same, and nothing to others."""
        return keyed_mark(self._patient_key(_keys_of(session, patient_id)), "told", told.encode())

    def report_seed(self) -> bytes:
        """The seed of the key that signs de-identification reports."""
        return signing_seed(self.ring, REPORTS)

    def rewrap_program(self, program: Program) -> bool:
        """Wrap a program's keys with the current master; returns whether another had. A destroyed one stays empty."""
        keys = program_keys(program)
        current, former = (
            self.ring.rewrap(wrapped, _program_context(keys.program, version)) if wrapped else wrapped
            for wrapped, version in ((keys.current, keys.version), (keys.former, keys.version - 1))
        )
        program.key_wrapped, program.former_key_wrapped = current or b"", former
        return (current, former) != (keys.current, keys.former)

    def rewrapping(self, keys: ProgramKeys) -> Callable[[bytes], bytes]:
        """What wraps a child's key, which is under the former version, with the current one. Raises WrongKey.

        Both are opened here, so that later only the child's own key can be wrong.
        """
        context = key_context(Purpose.PATIENT, program=keys.program)
        former, current = self._program_key(keys, keys.version - 1), self._program_key(keys, keys.version)

        def rewrap(wrapped: bytes) -> bytes:
            return _versioned(keys.version, wrap(unwrap(_split_version(wrapped)[1], former, context), current, context))

        return rewrap

    def _program_key(self, keys: ProgramKeys, version: int) -> bytes:
        wrapped = {keys.version: keys.current, keys.version - 1: keys.former}.get(version)
        if not wrapped:
            raise WrongKey(f"this program has no key {version} any more")
        return self.ring.unwrap(wrapped, _program_context(keys.program, version))

    def _wrap_child(self, key: bytes, keys: ProgramKeys) -> bytes:
        sealed = wrap(key, self._program_key(keys, keys.version), key_context(Purpose.PATIENT, program=keys.program))
        return _versioned(keys.version, sealed)

    def _patient_key(self, keys: Keys) -> bytes:
        version, body = _split_version(keys.patient_key)
        context = key_context(Purpose.PATIENT, program=keys.around.program)
        return unwrap(body, self._program_key(keys.around, version), context)

    def _around_object(self, session: Session, patient_id: int, object_id: str) -> tuple[bytes, str]:
        """The key that wraps the keys of a child's objects, and the context of this one."""
        keys = _keys_of(session, patient_id)
        context = key_context(Purpose.OBJECT, program=keys.around.program, patient=keys.patient, item=object_id)
        return self._patient_key(keys), context


def _aside(object_id: str) -> str:
    return f"aside:{object_id}"


def program_keys(program: Program) -> ProgramKeys:
    """The keys of a program, as its record has them."""
    return ProgramKeys(program.public_id, program.key_version, program.key_wrapped, program.former_key_wrapped)


def _program_context(public_id: str, version: int) -> str:
    """Each version has its own, so that whoever writes to the database cannot pass a former key off as the current."""
    return key_context(Purpose.PROGRAM, program=public_id, item="" if version == 1 else str(version))


def _versioned(version: int, sealed: bytes) -> bytes:
    return sealed if version == 1 else child_header(version) + sealed


def _split_version(wrapped: bytes) -> tuple[int, bytes]:
    """Under which version of its program's key a child's key is, and what that one wrapped."""
    size = len(child_header(2))
    if wrapped[:1] == VERSIONED and len(wrapped) > size:
        return int.from_bytes(wrapped[1:size], "big"), wrapped[size:]
    return 1, wrapped


def _keys_of(session: Session, patient_id: int) -> Keys:
    """The wrapped keys around a child, in one look that opens neither name nor birth date: whatever is being changed
    meanwhile, they are of one moment."""
    query = select(*OF_PROGRAM, Patient.public_id, Patient.key_wrapped)
    query = query.join(Patient, Patient.program_id == Program.id).where(Patient.id == patient_id)
    program, version, current, former, patient, patient_key = session.execute(query).one()
    return Keys(ProgramKeys(program, version, current, former), patient, patient_key)
