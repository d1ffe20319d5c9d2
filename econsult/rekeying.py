"""A change of a program's key: each child's key is wrapped anew under it, in small steps, while people work.

Two versions live meanwhile. Which one opens a child's key is written on that key, so nobody who reads needs to know of
the change; whoever registers a child wraps with the current version and keeps the program locked until it commits
(`Vault.new_patient_key`). So nothing comes under the former version any more once the new one is there, and when no key
is left under it, it is forgotten. Each step commits: the whole may be killed anywhere, begun anew, or run twice at
once.

What hangs on a program's key are children's keys and nothing else. Marks of files and of what was told of a child are
made with the child's own key, which stays; the audit trail, and with it the register of erasures, has a key of its own;
indexes to search by are made with the master.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from econsult import audit
from econsult.database import NO_KEY, Database
from econsult.people.patients import Patient
from econsult.people.persons import Program
from econsult.rotation import PASSES, Size, one_pass
from econsult.vault import OF_PROGRAM, ProgramKeys, Vault, child_header
from storage.keys import WrongKey


@dataclass(frozen=True)
class State:
    """A program's key: its version, how many children have a key, and how many of those are not under it yet.

    `began_at` is when the change began that has not ended.
    """

    program: str
    version: int
    children: int
    left: int
    began_at: datetime | None


def begin(session: Session, vault: Vault, program: Program, now: datetime) -> bool:
    """Give the program a new key beside its own. False where such a change has not ended, which then goes on, and for a
    program that was erased. Raises WrongKey where its key cannot be opened."""
    session.refresh(program, with_for_update=NO_KEY)
    if program.former_key_wrapped or program.erased_at is not None:
        return False
    version, made = program.key_version + 1, vault.next_program_key(program)
    program.former_key_wrapped, program.key_wrapped = program.key_wrapped, made
    program.key_version, program.key_changed_at = version, now
    _note(session, program, "rotate_program_key", version, now)
    session.flush()
    return True


def wrap_anew(database: Database, vault: Vault, program_id: int, pause: Callable[[], None]) -> int:
    """Wrap with the current key whatever is under the former; returns how many children's keys. Raises WrongKey.

    A child whom somebody holds is passed over at first and waited for at the end, as in `rotation.seal_anew`. A key
    that cannot be opened stays as it is.
    """
    take = partial(_step, vault, program_id)
    return sum(one_pass(database, take, Size(0, count, is_patient), pause) for count, is_patient in PASSES)


def end(session: Session, program: Program, version: int, now: datetime) -> int:
    """Forget the key before this version, if no child's key needs it; returns how many do, of which none can be opened.

    Where another process has ended this change, there is nothing left to do.
    """
    session.refresh(program, with_for_update=NO_KEY)
    if not program.former_key_wrapped or program.key_version != version:
        return 0
    left = _left(session, program)
    if not left:
        program.former_key_wrapped = None
        _note(session, program, "forget_program_key", version - 1, now)
    return left


def states(session: Session) -> list[State]:
    """The keys of all programs that were not erased, in their order."""
    programs = session.scalars(select(Program).where(Program.erased_at.is_(None)).order_by(Program.id))
    return [
        State(
            program.name,
            program.key_version,
            session.scalars(select(func.count()).where(*_has_key(program))).one(),
            _left(session, program),
            program.key_changed_at if program.former_key_wrapped else None,
        )
        for program in programs
    ]


def half_changed(session: Session) -> list[datetime]:
    """Since when the key of a program has been changing, for each whose change has not ended."""
    began = select(Program.key_changed_at).where(Program.former_key_wrapped.is_not(None))
    return [each for each in session.scalars(began) if each is not None]


def _step(vault: Vault, program_id: int, session: Session, size: Size) -> tuple[int | None, int]:
    """Wrap some children's keys anew; returns the id of the last child, None where there is none, and how many."""
    keys = ProgramKeys(*session.execute(select(*OF_PROGRAM).where(Program.id == program_id)).one())
    if not keys.former:
        return None, 0
    rewrap, changes = vault.rewrapping(keys), []
    # While a child that is under the former key is locked, that key is not forgotten, and no other change begins.
    query = select(Patient.id, Patient.key_wrapped).where(
        Patient.program_id == program_id, Patient.id > size.after, _is_under(keys.version - 1)
    )
    query = query.order_by(Patient.id).limit(size.count)
    rows = session.execute(query.with_for_update(key_share=True, skip_locked=not size.is_patient)).all()
    for number, wrapped in rows:
        with suppress(WrongKey):
            changes.append({"id": number, "key_wrapped": rewrap(wrapped)})
    if changes:
        session.execute(update(Patient), changes)
    return (rows[-1][0] if rows else None), len(changes)


def _left(session: Session, program: Program) -> int:
    """How many children's keys are under another version than the current one."""
    others = *_has_key(program), ~_is_under(program.key_version)
    return session.scalars(select(func.count()).where(*others)).one()


def _has_key(program: Program) -> tuple[ColumnElement[bool], ...]:
    return Patient.program_id == program.id, Patient.key_wrapped != b""


def _is_under(version: int) -> ColumnElement[bool]:
    header = child_header(version)
    return func.substr(Patient.key_wrapped, 1, len(header)) == header


def _note(session: Session, program: Program, action: str, version: int, now: datetime) -> None:
    """An operator's act, with the version that it is about."""
    audit.record(
        session,
        action,
        "program",
        program.public_id,
        now=now,
        person_id=None,
        program_id=program.id,
        detail=str(version),
    )
