"""Carrying an erasure out: in one transaction the keys are destroyed, the words emptied, and the people forgotten.

A process that is killed leaves all of it or nothing, and the next clock does it. What rests in the store is only
ciphertext by then; a job removes it (`workers.erasing`), looks at the rows once more, and is done again until it ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from econsult import audit
from econsult.consults.attachments import ERASED, Attachment, AttachmentState
from econsult.consults.intake import Upload, UploadState
from econsult.consults.lifecycle import Status
from econsult.consults.outcomes import OutcomePing, PingState
from econsult.consults.records import Consult
from econsult.database import NO_KEY, TextCipher
from econsult.erasure.asking import KeptError, is_busy, refuse_kept, refuse_program, waiting_for
from econsult.erasure.forgetting import forget_family
from econsult.erasure.places import empty
from econsult.erasure.records import Basis, Erasure, RetentionHold
from econsult.erasure.register import is_ours, last_line, read_lines, write_line
from econsult.erasure.retention import hold_of
from econsult.erasure.scrubbing import overwrite_what_goes
from econsult.errors import SettingError
from econsult.jobs import JobKind, Lane, add_job
from econsult.people.caregivers import ProxyGrant
from econsult.people.invitations import Invitation
from econsult.people.patients import Patient, RelatedPerson, note_patient
from econsult.people.persons import Person, Program
from econsult.people.signin import close_account
from econsult.picking import ANY, Pick
from econsult.trail import AuditChain, AuditEvent, chain_key

AT_ONCE = 20
"""How many children of a program one transaction erases."""
MEANWHILE = timedelta(minutes=15)
"""Longer than anybody waits for a record that the clock holds."""
AGAIN = timedelta(days=1)
"""After so long an erasure that something holds back is looked at again."""
NO_KEY_LEFT = b""
WAITING = (Erasure.done_at.is_(None), Erasure.undone_at.is_(None))


@dataclass(frozen=True)
class Tools:
    """What erasing needs beside the records: the cipher of their columns, and the folder of the register."""

    cipher: TextCipher
    folder: Path


def erase_due(session: Session, tools: Tools, now: datetime, pick: Pick = ANY) -> int:
    """Carry out what was asked for and has waited; returns how many rows were looked at. Raises OSError.

    What is held back meanwhile is looked at again the next day.
    """
    overwrite_what_goes(session)
    query = select(Erasure).where(Erasure.due_at <= now, *WAITING).order_by(Erasure.due_at, Erasure.id)
    query = pick.narrow(query.limit(min(pick.most, AT_ONCE)), Erasure.id)
    found = session.scalars(query.with_for_update(skip_locked=True)).all()
    for erasure in found:
        try:
            if erasure.patient_id is None:
                _erase_program(session, tools, erasure, now)
            else:
                # Whoever places a hold at this moment is waited for, and then seen.
                patient = session.get_one(Patient, erasure.patient_id, with_for_update=True, populate_existing=True)
                refuse_kept(session, patient, erasure.basis, now)
                erase_child(session, tools, erasure, now)
        except KeptError:
            erasure.due_at = now + AGAIN
    return len(found)


def erase_child(session: Session, tools: Tools, erasure: Erasure, now: datetime) -> None:
    """Erase the record of one child. Whoever calls it has asked whether it may be. Raises OSError."""
    number = erasure.patient_id
    patient = session.get_one(Patient, number, with_for_update=True, populate_existing=True)
    # Whoever changes a question of the child at this moment is waited for, and finds nothing afterwards.
    session.execute(select(Consult.id).where(Consult.patient_id == number).with_for_update(key_share=True))
    program = session.get_one(Program, patient.program_id)
    if patient.erased_at is None:
        _register(session, tools, program, patient, now)
        forget_family(session, tools.cipher, patient, now)
        _end_what_lasts(session, patient.id, now)
        empty(session, patient.id)
        patient.name, patient.birth_date_text, patient.erased_at = patient.alias, "", now
        patient.key_wrapped = NO_KEY_LEFT
        note_patient(session, patient, "erase", now, person_id=erasure.asked_by_id, detail=erasure.basis)
    erasure.done_at, erasure.words = now, ""
    session.flush()
    sweep_later(session, erasure, now)


def sweep_later(session: Session, erasure: Erasure, now: datetime) -> None:
    """Let a worker remove what is left of it in the store; a job that gave up is followed by another in an hour."""
    key = f"erase:{erasure.id}:{now:%Y%m%d%H}"
    add_job(session, JobKind.ERASE, erasure.id, lane=Lane.SLOW, dedupe_key=key, now=now)


def sweep_again(session: Session, now: datetime, pick: Pick = ANY) -> int:
    """Ask again for what no worker has ended for an hour; returns how many."""
    query = select(Erasure).where(Erasure.swept_at.is_(None), Erasure.done_at <= now - timedelta(hours=1))
    rows = session.scalars(pick.narrow(query.where(Erasure.patient_id.is_not(None)).limit(pick.most), Erasure.id))
    found = rows.all()
    for erasure in found:
        sweep_later(session, erasure, now)
    return len(found)


def replay(session: Session, tools: Tools, now: datetime) -> int:
    """Erase again what an older copy of the database has brought back; returns how many. Raises OSError.

    Lines that were not sealed with the keys of their program are passed over, and so is a record that lived on: its
    line was written, and the transaction was lost with which the record would have gone.
    """
    found = 0
    for program, patient, at in came_back(session, tools):
        if patient is not None:
            session.refresh(patient, with_for_update=True)
        if _lived_on(session, program, patient, at):
            continue
        overwrite_what_goes(session)
        erasure = (waiting_for(session, patient) if patient else None) or Erasure(
            program_id=program.id, patient_id=patient.id if patient else None, asked_at=now, due_at=now
        )
        erasure.basis, erasure.due_at = Basis.RESTORED, now
        session.add(erasure)
        session.flush()
        found += 1
        if patient is not None:
            erase_child(session, tools, erasure, now)
    return found


def refuse_brought_back(session: Session, tools: Tools, now: datetime) -> None:
    """Raise SettingError while an older copy of the database holds what the register says is gone. Raises OSError.

    A line of the last minutes may be of an erasure that is under way, which is no reason to stay shut.
    """
    for program, patient, at in came_back(session, tools):
        if at <= now - MEANWHILE and not _lived_on(session, program, patient, at):
            raise SettingError(
                "This database is an older copy and holds records that were erased since: "
                "run `python -m econsult shred replay`, then start again."
            )


def _register(session: Session, tools: Tools, program: Program, patient: Patient | None, now: datetime) -> None:
    """Write the line, unless one is there of a try that failed; a record that lived on since then gets a line anew."""
    number = patient.public_id if patient is not None else ""
    last = last_line(tools.folder, program.public_id, number)
    if last is None or _was_there(session, program, patient, last):
        write_line(tools.folder, _key(session, program.id), program.public_id, number, now)


def _lived_on(session: Session, program: Program, patient: Patient | None, at: datetime) -> bool:
    """Whether what was done with the record since its line was written keeps it still."""
    if not _was_there(session, program, patient, at):
        return False
    own = _own(program, patient)
    undone = select(Erasure.id).where(*own, Erasure.undone_at >= at - MEANWHILE)
    if patient is None or session.scalar(undone.limit(1)) is not None:
        return True
    hold = hold_of(session, patient)
    return is_busy(session, patient) or (hold is not None and hold.placed_at >= at - MEANWHILE)


def _was_there(session: Session, program: Program, patient: Patient | None, at: datetime) -> bool:
    """Whether the record was held, its erasure undone, or something asked about it since its line was written.

    What somebody did while the clock already held the record carries the time at which they began. Whatever was done
    later proves nothing by itself: people go on working with an older copy of the database. Only the one in which the
    transaction was lost has something in its trail from about the time of the line.
    """
    since, until = at - MEANWHILE, at + MEANWHILE
    acts = [select(Erasure.undone_at).where(*_own(program, patient), Erasure.undone_at >= since)]
    if patient is not None:
        holds = select(RetentionHold.placed_at).where(RetentionHold.patient_id == patient.id)
        acts.append(holds.where(RetentionHold.placed_at >= since))
        asked = select(Consult.created_at).where(Consult.patient_id == patient.id)
        acts.append(asked.where(Consult.created_at >= since))
    times = [each for act in acts for each in session.scalars(act) if each is not None]
    about = select(AuditEvent.id).where(AuditEvent.at.between(since, until)).limit(1)
    return bool(times) and (min(times) <= until or session.scalar(about) is not None)


def _own(program: Program, patient: Patient | None) -> tuple[ColumnElement[bool], ...]:
    if patient is not None:
        return (Erasure.patient_id == patient.id,)
    return (Erasure.program_id == program.id, Erasure.patient_id.is_(None))


def came_back(session: Session, tools: Tools) -> list[tuple[Program, Patient | None, datetime]]:
    """What the register names and the database still has, each with the time of its line.

    They are children, and where there is none, whole programs.
    """
    lines = list(read_lines(tools.folder))
    programs = {each.public_id: each for each in session.scalars(select(Program))} if lines else {}
    back = {each.public_id: each for each in _unerased(session, [line.patient for line in lines])}
    found: list[tuple[Program, Patient | None, datetime]] = []
    for line in lines:
        program, patient = programs.get(line.program), back.get(line.patient)
        is_back = patient is not None if line.patient else program is not None and program.erased_at is None
        if program is not None and is_back and is_ours(line, _key(session, program.id)):
            found.append((program, patient, datetime.fromisoformat(line.at)))
    return found


def _unerased(session: Session, public_ids: list[str]) -> list[Patient]:
    found: list[Patient] = []
    for start in range(0, len(public_ids), 500):
        some = Patient.public_id.in_(public_ids[start : start + 500])
        found += session.scalars(select(Patient).where(some, Patient.erased_at.is_(None)))
    return found


def _erase_program(session: Session, tools: Tools, erasure: Erasure, now: datetime) -> None:
    """Some of its children; and where none is left, its key and its accounts."""
    program = session.get_one(Program, erasure.program_id)
    if erasure.basis != Basis.RESTORED:
        refuse_program(session, program)
    children = select(Patient).where(Patient.program_id == program.id, Patient.erased_at.is_(None))
    left = session.scalars(children.order_by(Patient.id).limit(AT_ONCE)).all()
    for patient in left:
        session.refresh(patient, with_for_update=True)
        if erasure.basis != Basis.RESTORED and hold_of(session, patient) is not None:
            raise KeptError("hold", f"A legal hold keeps the record of {patient.alias}. Lift the hold first.")
        own = waiting_for(session, patient) or Erasure(
            program_id=program.id, patient_id=patient.id, asked_at=erasure.asked_at, due_at=now
        )
        own.basis = Basis.PROGRAM
        session.add(own)
        session.flush()
        erase_child(session, tools, own, now)
    if len(left) == AT_ONCE:
        return
    _register(session, tools, program, None, now)
    for person in session.scalars(select(Person).where(Person.program_id == program.id, Person.is_active)):
        close_account(session, person, now)
    # Its key may have begun to change since it was looked at: then there are two to destroy.
    session.refresh(program, with_for_update=NO_KEY)
    program.key_wrapped, program.former_key_wrapped, program.erased_at = NO_KEY_LEFT, None, now
    erasure.done_at = erasure.swept_at = now
    audit.record(session, "erase", "program", program.public_id, now=now, person_id=None, program_id=program.id)


def _end_what_lasts(session: Session, patient_id: int, now: datetime) -> None:
    """Links, papers and invitations end, drafts are thrown away, and files show that they are gone."""
    for table in (RelatedPerson, ProxyGrant):
        lasts = or_(table.ends_at.is_(None), table.ends_at > now)
        session.execute(update(table).where(table.patient_id == patient_id, lasts).values(ends_at=now))
    own = Invitation.patient_id == patient_id
    session.execute(update(Invitation).where(own, Invitation.revoked_at.is_(None)).values(revoked_at=now))
    gone = {"state": AttachmentState.REJECTED, "reason": ERASED, "show_asked_by_id": None, "show_asked_at": None}
    session.execute(update(Attachment).where(Attachment.patient_id == patient_id).values(gone))
    consults = select(Consult.id).where(Consult.patient_id == patient_id)
    session.execute(update(Upload).where(Upload.consult_id.in_(consults)).values(state=UploadState.TERMINATED))
    asks = OutcomePing.state.in_((PingState.WAITING, PingState.SENT, PingState.DESK))
    session.execute(
        update(OutcomePing).where(OutcomePing.consult_id.in_(consults), asks).values(state=PingState.DROPPED)
    )
    drafts = Consult.id.in_(consults), Consult.status == Status.DRAFT
    session.execute(
        update(Consult).where(*drafts).values(status=Status.WITHDRAWN, ended_at=now, version=Consult.version + 1)
    )


def _key(session: Session, program_id: int) -> bytes:
    """What keys the register: each program that has done anything has an audit trail, and so a key."""
    return chain_key(session.scalars(select(AuditChain).where(AuditChain.program_id == program_id)).one())
