"""Asking for the end of a record, and taking that back: what refuses it, who hears of it, and when it will be done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from econsult import audit
from econsult.belonging import named_in
from econsult.consults.ledger import Clock, ClockState
from econsult.consults.lifecycle import OPEN
from econsult.consults.overseers import tell_officers
from econsult.consults.records import Consult, numbered
from econsult.consults.telephone import PhoneTask
from econsult.database import NO_KEY
from econsult.erasure.records import Basis, Erasure, RetentionHold
from econsult.erasure.retention import check_officer, check_reason, hold_of, kept_until, rule_of
from econsult.errors import ConsultError, ErasedError, ImpossibleVerbError, InvalidError, NotFoundError
from econsult.notices import NoticeKind
from econsult.people.ages import local_day
from econsult.people.patients import Patient, alias_of, note_patient
from econsult.people.persons import Person, Program

ASKED = (Basis.RETENTION, Basis.REQUEST, Basis.MISTAKE, Basis.ORDER)
"""What somebody may say. A law or a court alone is above the rule of retention."""


class KeptError(ConsultError):
    """The record must be kept. `why` is `hold`, `open` or `rule`, which has a day until which it is."""

    code = "kept"

    def __init__(self, why: str, message: str, until: date | None = None) -> None:
        super().__init__(message, detail={"why": why, **({"until": until.isoformat()} if until else {})})
        self.why, self.until = why, until


@dataclass(frozen=True)
class Wish:
    """Why a record is to be erased; `words` say which law, order or wish, except where the rule alone says it."""

    basis: str
    words: str = ""

    def __post_init__(self) -> None:
        if self.basis not in ASKED:
            raise InvalidError("Say why the record is erased.", {"basis": "unknown_value"})
        if self.basis != Basis.RETENTION:
            check_reason(self.words)


def child_named(session: Session, program_id: int, text: str) -> Patient:
    """The child of this program by its alias, by the number of one of its questions, or by its id. NotFoundError.

    Of an alias its letters and digits are enough: a page says the word before them in the reader's language.
    """
    wanted, number = text.strip(), numbered(text.strip())
    code = wanted.upper().rpartition(" ")[2]
    same = func.lower(Patient.alias) == wanted.lower(), Patient.alias == alias_of(code)
    meant = [*same, Patient.public_id == wanted.lower()]
    if number is not None:
        # One alias in fifteen has figures alone: what may be either is meant where it fits one child.
        meant.append(Patient.id.in_(select(Consult.patient_id).where(Consult.id == number)))
    found = list(session.scalars(select(Patient).where(Patient.program_id == program_id, or_(*meant)).limit(2)))
    if len(found) != 1:
        raise NotFoundError("There is no child of this alias, id or number of a question.")
    return found[0]


def ask_erasure(session: Session, patient: Patient, officer: Person | None, wish: Wish, *, now: datetime) -> Erasure:
    """Write down that the record is to be erased once the waiting time is over; the one that waits already, if any.

    Raises ErasedError, KeptError and ForbiddenError.
    """
    check_officer(officer)
    patient = session.get_one(Patient, patient.id, with_for_update=NO_KEY, populate_existing=True)
    known = waiting_for(session, patient)
    if known is not None:
        return known
    refuse_kept(session, patient, wish.basis, now)
    waits = timedelta(days=rule_of(session, patient.program_id).wait_days)
    row = Erasure(
        program_id=patient.program_id,
        patient_id=patient.id,
        basis=wish.basis,
        words=wish.words.strip(),
        asked_by_id=officer.id if officer else None,
        asked_at=now,
        due_at=now + waits,
    )
    session.add(row)
    session.flush()
    note_patient(session, patient, "ask_erasure", now, person_id=row.asked_by_id, detail=wish.basis)
    _tell(session, row, officer, now)
    return row


def ask_program(session: Session, program: Program, *, now: datetime) -> Erasure:
    """The same for a whole program: every child of it, and then its key. Raises KeptError where anything is held."""
    query = select(Erasure).where(
        Erasure.program_id == program.id, Erasure.patient_id.is_(None), Erasure.undone_at.is_(None)
    )
    known = session.scalars(query.limit(1)).one_or_none()
    if known is not None:
        return known
    refuse_program(session, program)
    row = Erasure(
        program_id=program.id,
        patient_id=None,
        basis=Basis.PROGRAM,
        asked_at=now,
        due_at=now + timedelta(days=rule_of(session, program.id).wait_days),
    )
    session.add(row)
    session.flush()
    audit.record(session, "ask_erasure", "program", program.public_id, now=now, person_id=None, program_id=program.id)
    _tell(session, row, None, now)
    return row


def undo_erasure(session: Session, erasure: Erasure, officer: Person | None, *, now: datetime) -> None:
    """Take it back while it waits. Raises ImpossibleVerbError once it was done."""
    check_officer(officer)
    erasure = session.get_one(Erasure, erasure.id, with_for_update=True, populate_existing=True)
    if erasure.done_at is not None or erasure.basis == Basis.RESTORED:
        raise ImpossibleVerbError("erased", "be brought back")
    if erasure.undone_at is not None:
        return
    erasure.undone_at, erasure.undone_by_id = now, officer.id if officer else None
    entity, public_id = "program", session.get_one(Program, erasure.program_id).public_id
    if erasure.patient_id is not None:
        entity, public_id = "patient", session.get_one(Patient, erasure.patient_id).public_id
    audit.record(
        session,
        "undo_erasure",
        entity,
        public_id,
        now=now,
        person_id=erasure.undone_by_id,
        patient_id=erasure.patient_id,
        program_id=erasure.program_id,
    )


def refuse_kept(session: Session, patient: Patient, basis: str, now: datetime) -> None:
    """Raise ErasedError or KeptError where the record may not be erased on this basis now."""
    if patient.erased_at is not None:
        raise ErasedError(patient.erased_at)
    if hold_of(session, patient) is not None:
        raise KeptError("hold", "A legal hold keeps this record. Lift the hold first.")
    if is_busy(session, patient):
        words = "A question of this child is still open, or its family waits for a call. End that first."
        raise KeptError("open", words)
    if basis in (Basis.ORDER, Basis.PROGRAM, Basis.RESTORED):
        return
    was_sent = session.scalar(
        select(Consult.id).where(Consult.patient_id == patient.id, Consult.submitted_at.is_not(None)).limit(1)
    )
    if basis in (Basis.REQUEST, Basis.MISTAKE) and was_sent is None:
        return
    until = kept_until(session, patient)
    if until > local_day(session, now):
        words = f"The rule of retention keeps this record until {until.isoformat()}."
        raise KeptError("rule", f"{words} Only a law or a court goes before it.", until)


def refuse_program(session: Session, program: Program) -> None:
    """Raise KeptError where a child of the program is held, or anything of it goes on."""
    alias = select(Patient.alias).where(Patient.program_id == program.id, Patient.erased_at.is_(None)).limit(1)
    holds = select(RetentionHold.patient_id).where(RetentionHold.lifted_at.is_(None))
    held = session.scalar(alias.where(Patient.id.in_(holds)))
    if held is not None:
        raise KeptError("hold", f"A legal hold keeps the record of {held}. Lift the hold first.")
    for going_on in _goings_on():
        busy = session.scalar(alias.where(Patient.id.in_(going_on)))
        if busy is not None:
            raise KeptError("open", f"A question of {busy} is still open. End it first.")


def is_busy(session: Session, patient: Patient) -> bool:
    """Whether anybody still works for the child."""
    own = Consult.patient_id == patient.id
    return any(session.scalar(query.where(own).limit(1)) is not None for query in _goings_on())


def _goings_on() -> tuple[Select[int], ...]:
    """The children of open questions, of clocks that run, and of calls that are due."""
    child = select(Consult.patient_id)
    return (
        child.where(Consult.status.in_(OPEN)),
        child.join(Clock, Clock.consult_id == Consult.id).where(Clock.state != ClockState.STOPPED),
        child.join(PhoneTask, PhoneTask.consult_id == Consult.id).where(PhoneTask.done_at.is_(None)),
    )


def waiting_for(session: Session, patient: Patient) -> Erasure | None:
    """The erasure of this child that waits, if one does."""
    query = select(Erasure).where(
        Erasure.patient_id == patient.id, Erasure.done_at.is_(None), Erasure.undone_at.is_(None)
    )
    return session.scalars(query).one_or_none()


def erasures_of(session: Session, program_id: int, most: int = 100) -> list[tuple[Erasure, Patient | None]]:
    """Those of the program that were not taken back: what waits first, then what was done, the newest first."""
    query = select(Erasure, Patient).outerjoin(Patient, Patient.id == Erasure.patient_id)
    query = query.where(Erasure.program_id == program_id, Erasure.undone_at.is_(None))
    order = (Erasure.done_at.is_not(None), Erasure.id.desc())
    return [(erasure, patient) for erasure, patient in session.execute(query.order_by(*order).limit(most))]


def erasure_named(session: Session, program_id: int, public_id: str) -> Erasure:
    """An erasure of this program. Raises NotFoundError."""
    return named_in(session, program_id, Erasure, public_id)


def _tell(session: Session, erasure: Erasure, but: Person | None, now: datetime) -> None:
    """Every other privacy officer hears of it while it can be undone, and the directors where there is no other."""
    about = f"erasure:{erasure.id}"
    tell_officers(session, erasure.program_id, NoticeKind.ERASURE_ASKED, about, but=but, now=now)
