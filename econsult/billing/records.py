"""What a claim asks for and nothing else in the house knows: numbers of clinicians and insurance, attestations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import ColumnElement, ForeignKey, String, UniqueConstraint, and_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult import audit
from econsult.belonging import in_program, program_of
from econsult.billing.identifiers import read_diagnosis, read_insurance_id, read_npi, read_state, read_taxonomy
from econsult.billing.siterules import rules_in
from econsult.consults.records import Consult, note
from econsult.database import Base, Instant, Sealed
from econsult.errors import InvalidError
from econsult.people.pasted import pasted
from econsult.people.patients import Patient, note_patient
from econsult.people.persons import Person
from econsult.people.told_more import tell_more

LONGEST_PLAN = 40
VISIT_WHY = ("another_team", "another_problem")
"""Why a visit on record is none of the consultant with the child for this problem."""
Row = TypeVar("Row", bound=Base)


class ClinicianNumbers(Base):
    """A clinician's public numbers, and where they hold a licence; `states` are codes with commas between."""

    __tablename__ = "clinician_numbers"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), unique=True)
    npi: Mapped[str] = mapped_column(String(10), default="")
    taxonomy: Mapped[str] = mapped_column(String(10), default="")
    is_enrolled: Mapped[bool] = mapped_column(default=False)
    states: Mapped[str] = mapped_column(String(200), default="")


class Coverage(Base):
    """Who pays for a child: the kind of payer by the name of the rules, the number on the card, the plan's number."""

    __tablename__ = "coverage"

    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id"), unique=True)
    payer: Mapped[str] = mapped_column(String(24), default="")
    insurance_id: Mapped[str] = mapped_column(Sealed("coverage.insurance_id"), default="")
    plan: Mapped[str] = mapped_column(Sealed("coverage.plan"), default="")
    state: Mapped[str] = mapped_column(String(2), default="")


class ConsultBilling(Base):
    """The diagnosis that the clinic gives for a claim."""

    __tablename__ = "consult_billing"

    consult_id: Mapped[int] = mapped_column(ForeignKey("consult.id"), unique=True)
    diagnosis: Mapped[str] = mapped_column(Sealed("consult_billing.diagnosis"), default="")


class Attestation(Base):
    """What somebody who answered says of their own part in one answer, by its version; the last word on each."""

    __tablename__ = "attestation"
    __table_args__ = (
        UniqueConstraint("consult_id", "person_id", "answer", name="uq_attestation"),
        *in_program("attestation", consult_id="consult", person_id="person"),
    )

    program_id: Mapped[int | None] = program_of("consult")
    consult_id: Mapped[int] = mapped_column(ForeignKey("consult.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    answer: Mapped[int]
    f2f_prior_14d: Mapped[bool]
    f2f_planned_14d: Mapped[bool]
    transfer_of_care: Mapped[bool]
    is_spoken_report: Mapped[bool]
    is_team_visit: Mapped[bool | None]
    visit_why: Mapped[str] = mapped_column(String(16), default="")
    attested_at: Mapped[datetime] = mapped_column(Instant)


@dataclass(frozen=True)
class Attested:
    """What the consultant says, each of it yes or no; and of the visits on record, where there are, why they stand
    against nothing: a code of VISIT_WHY."""

    f2f_prior_14d: bool
    f2f_planned_14d: bool
    transfer_of_care: bool
    is_spoken_report: bool
    is_team_visit: bool
    visit_why: str = ""

    @property
    def code(self) -> str:
        """For the audit trail: five letters in the order of the fields, and the reason where one was given."""
        in_person = (self.f2f_prior_14d, self.f2f_planned_14d, self.transfer_of_care)
        values = (*in_person, self.is_spoken_report, self.is_team_visit)
        return "/".join(filter(None, ("".join("y" if value else "n" for value in values), self.visit_why)))


def no_numbers(person_id: int) -> ClinicianNumbers:
    """Of a clinician who gave none."""
    return ClinicianNumbers(person_id=person_id, npi="", taxonomy="", is_enrolled=False, states="")


def no_coverage(patient_id: int) -> Coverage:
    """Of a child of whom nobody said who pays."""
    return Coverage(patient_id=patient_id, payer="", insurance_id="", plan="", state="")


def no_billing(consult_id: int) -> ConsultBilling:
    """Of a consult for which nothing was given."""
    return ConsultBilling(consult_id=consult_id, diagnosis="")


def numbers_of(session: Session, person_id: int) -> ClinicianNumbers:
    """A clinician's numbers; empty ones where nobody gave them."""
    return _found(session, ClinicianNumbers, ClinicianNumbers.person_id == person_id) or no_numbers(person_id)


def coverage_of(session: Session, patient_id: int) -> Coverage:
    """Who pays for the child; empty where nobody said."""
    return _found(session, Coverage, Coverage.patient_id == patient_id) or no_coverage(patient_id)


def billing_of(session: Session, consult_id: int) -> ConsultBilling:
    """What was given for the consult; empty where nothing was."""
    return _found(session, ConsultBilling, ConsultBilling.consult_id == consult_id) or no_billing(consult_id)


def attestation_of(session: Session, consult_id: int, person_id: int, *, answer: int) -> Attestation | None:
    """What this person said of their part in the consult's answer of this version."""
    own = and_(Attestation.consult_id == consult_id, Attestation.person_id == person_id, Attestation.answer == answer)
    return _found(session, Attestation, own)


def set_numbers(
    session: Session, person: Person, *, npi: str, taxonomy: str, states: str, is_enrolled: bool, now: datetime
) -> ClinicianNumbers:
    """Keep a clinician's own numbers. Raises InvalidError that names the field."""
    told = sorted({read_state(state) for state in states.replace(",", " ").split()})
    _in_line(session, Person, person.id)
    row = numbers_of(session, person.id)
    row.npi, row.taxonomy = read_npi(npi), read_taxonomy(taxonomy)
    row.states, row.is_enrolled = ",".join(told), is_enrolled
    session.add(row)
    session.flush()
    audit.record(session, "set_numbers", "person", person.public_id, now=now, person_id=person.id)
    return row


def set_coverage(
    session: Session,
    patient: Patient,
    person: Person,
    *,
    payer: str,
    insurance_id: str,
    plan: str,
    state: str,
    now: datetime,
) -> Coverage:
    """Keep who pays for a child that was loaded for this person. Raises InvalidError that names the field."""
    plan = pasted(plan)
    if payer and payer not in rules_in(session).payers:
        raise InvalidError("This payer is not known.", {"payer": "unknown_value"})
    if len(plan) > LONGEST_PLAN or (plan and not plan.isprintable()):
        raise InvalidError("A plan's number has at most 40 signs.", {"plan": "invalid"})
    _in_line(session, Patient, patient.id)
    row = coverage_of(session, patient.id)
    row.payer, row.insurance_id, row.plan, row.state = payer, read_insurance_id(insurance_id), plan, read_state(state)
    session.add(row)
    session.flush()
    note_patient(session, patient, "set_coverage", now, person_id=person.id)
    tell_more(session, patient.id, now)
    return row


def set_diagnosis(session: Session, consult: Consult, person: Person, diagnosis: str, *, now: datetime) -> None:
    """Keep the clinic's ICD-10 code. Raises InvalidError where it has not the form of one."""
    _in_line(session, Consult, consult.id)
    row = billing_of(session, consult.id)
    row.diagnosis = read_diagnosis(diagnosis)
    session.add(row)
    session.flush()
    note(session, consult, "set_diagnosis", person_id=person.id, now=now)


def attest(session: Session, consult: Consult, person: Person, said: Attested, *, answer: int, now: datetime) -> None:
    """Keep what somebody says of their own part in an answer, by its version; the audit trail holds each earlier word.

    What was said of one answer says nothing of the next one, which may have come weeks later.
    """
    if said.visit_why and said.visit_why not in VISIT_WHY:
        raise InvalidError("This reason is not known.", {"visit_why": "unknown_value"})
    _in_line(session, Consult, consult.id)
    row = attestation_of(session, consult.id, person.id, answer=answer)
    row = row or Attestation(consult_id=consult.id, person_id=person.id, answer=answer)
    row.f2f_prior_14d, row.f2f_planned_14d = said.f2f_prior_14d, said.f2f_planned_14d
    row.transfer_of_care, row.is_spoken_report = said.transfer_of_care, said.is_spoken_report
    row.is_team_visit, row.visit_why, row.attested_at = said.is_team_visit, said.visit_why, now
    session.add(row)
    session.flush()
    note(session, consult, "attest", person_id=person.id, now=now, detail=said.code)


def _in_line(session: Session, table: type[Person | Patient | Consult], number: int) -> None:
    """Let two who write the first row at once come one after the other, so that the second one finds it."""
    session.execute(select(table.id).where(table.id == number).with_for_update(key_share=True))


def _found(session: Session, table: type[Row], where: ColumnElement[bool]) -> Row | None:
    return session.scalars(select(table).where(where)).one_or_none()
