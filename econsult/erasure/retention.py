"""Until when a record must be kept: years after the last contact, or until an age, whichever comes later.

Birth dates rest sealed, so that no column tells it: each is opened anew. A legal hold knows no date.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from econsult import audit
from econsult.belonging import named_in
from econsult.consults.records import Consult
from econsult.consults.threads import Message
from econsult.database import NO_KEY
from econsult.erasure.records import RetentionHold, RetentionRule
from econsult.errors import ForbiddenError, ImpossibleVerbError, InvalidError
from econsult.people.ages import birthday, local_day
from econsult.people.patients import Patient, day_of, note_patient
from econsult.people.persons import Person, Program, Role

SHORTEST_REASON, LONGEST_REASON = 20, 2000
LONGEST_ORIGINAL = 36_500
"""Days; as long as the longest time of a record, for who lets no original go before its record."""
LOOKED_AT = 500
"""Of so many children with the oldest registrations the page opens the birth dates, to find whose time is over."""


@dataclass(frozen=True)
class Retention:
    """The rule of a program: `years` after the last contact, or until `age`, and `wait_days` in which it is undone.

    The sealed originals go `original_days` after the end of what they were sent for (`econsult.erasure.originals`).
    """

    years: int = 10
    age: int = 28
    wait_days: int = 7
    original_days: int = 30


def rule_of(session: Session, program_id: int) -> Retention:
    """What holds in the program."""
    row = session.scalars(select(RetentionRule).where(RetentionRule.program_id == program_id)).one_or_none()
    return Retention() if row is None else Retention(row.years, row.age, row.wait_days, row.original_days)


def set_rule(session: Session, program: Program, rule: Retention, *, now: datetime) -> None:
    """Let another rule hold from now on. Raises InvalidError for one that makes no sense."""
    if not (1 <= rule.years <= 100 and 18 <= rule.age <= 100 and 1 <= rule.wait_days <= 90):
        raise InvalidError(
            "Records are kept 1 to 100 years after the last contact and until an age from 18 to 100, and an erasure "
            "waits 1 to 90 days.",
            {"rule": "invalid"},
        )
    if not 1 <= rule.original_days <= LONGEST_ORIGINAL:
        raise InvalidError(
            f"The originals of a request are kept 1 to {LONGEST_ORIGINAL} days after its end.",
            {"rule": "invalid"},
        )
    row = session.scalars(select(RetentionRule).where(RetentionRule.program_id == program.id)).one_or_none()
    row = row or RetentionRule(program_id=program.id)
    row.years, row.age, row.wait_days, row.original_days = rule.years, rule.age, rule.wait_days, rule.original_days
    session.add(row)
    detail = f"{rule.years}/{rule.age}/{rule.wait_days}/{rule.original_days}"
    audit.record(
        session,
        "set_retention",
        "program",
        program.public_id,
        now=now,
        person_id=None,
        program_id=program.id,
        detail=detail,
    )


def kept_until(session: Session, patient: Patient) -> date:
    """The first day on which the record need not be kept any more. Of an unknown birth date the registration counts."""
    rule = rule_of(session, patient.program_id)
    born = day_of(patient.birth_date_text) or patient.created_at.date()
    return max(birthday(last_contact(session, patient).date(), rule.years), birthday(born, rule.age))


def last_contact(session: Session, patient: Patient) -> datetime:
    """When anything last happened between the child's family, its clinic and a specialist."""
    moments = (Consult.created_at, Consult.submitted_at, Consult.answered_at, Consult.informed_at, Consult.ended_at)
    own = Consult.patient_id == patient.id
    newest = session.execute(select(*(func.max(each) for each in moments)).where(own)).one()
    messages = select(func.max(Message.created_at)).join(Consult, Consult.id == Message.consult_id)
    said = session.scalar(messages.where(own))
    return max(each for each in (patient.created_at, said, *newest) if each is not None)


def over_among(session: Session, program_id: int, now: datetime, most: int) -> list[tuple[Patient, date]]:
    """Children of the program whose time is over, the oldest registration first, each with since when."""
    today = local_day(session, now)
    # Who was registered later cannot have had a last contact so long ago.
    before = now - timedelta(days=365 * rule_of(session, program_id).years)
    query = select(Patient).where(
        Patient.program_id == program_id, Patient.erased_at.is_(None), Patient.created_at < before
    )
    found = []
    for patient in session.scalars(query.order_by(Patient.id).limit(LOOKED_AT)):
        until = kept_until(session, patient)
        if until <= today and hold_of(session, patient) is None:
            found.append((patient, until))
    return found[:most]


def hold_of(session: Session, patient: Patient) -> RetentionHold | None:
    """The legal hold that lasts on the record, if one does."""
    query = select(RetentionHold).where(RetentionHold.patient_id == patient.id, RetentionHold.lifted_at.is_(None))
    return session.scalars(query).one_or_none()


def holds_among(session: Session, program_id: int) -> list[tuple[RetentionHold, Patient]]:
    """Every legal hold that lasts in the program, the newest first."""
    query = select(RetentionHold, Patient).join(Patient, Patient.id == RetentionHold.patient_id)
    query = query.where(RetentionHold.program_id == program_id, RetentionHold.lifted_at.is_(None))
    return [(hold, patient) for hold, patient in session.execute(query.order_by(RetentionHold.id.desc()))]


def place_hold(session: Session, patient: Patient, officer: Person | None, reason: str, *, now: datetime) -> None:
    """Keep the record whatever comes. Raises InvalidError without a reason; a second time changes nothing."""
    check_officer(officer)
    check_reason(reason)
    patient = session.get_one(Patient, patient.id, with_for_update=NO_KEY, populate_existing=True)
    if patient.erased_at is not None:
        raise ImpossibleVerbError("erased", "be held")
    if hold_of(session, patient) is not None:
        return
    session.add(
        RetentionHold(
            program_id=patient.program_id,
            patient_id=patient.id,
            reason=reason.strip(),
            placed_by_id=officer.id if officer else None,
            placed_at=now,
        )
    )
    note_patient(session, patient, "place_hold", now, person_id=officer.id if officer else None)
    session.flush()


def lift_hold(session: Session, hold: RetentionHold, officer: Person | None, *, now: datetime) -> None:
    """End a legal hold: from now on the rule decides again."""
    check_officer(officer)
    hold = session.get_one(RetentionHold, hold.id, with_for_update=True, populate_existing=True)
    if hold.lifted_at is not None:
        return
    hold.lifted_at, hold.lifted_by_id = now, officer.id if officer else None
    patient = session.get_one(Patient, hold.patient_id)
    note_patient(session, patient, "lift_hold", now, person_id=officer.id if officer else None)


def hold_named(session: Session, program_id: int, public_id: str) -> RetentionHold:
    """A legal hold of this program. Raises NotFoundError."""
    return named_in(session, program_id, RetentionHold, public_id)


def check_officer(officer: Person | None) -> None:
    """Whoever runs the program is nobody here; of people the privacy officer alone decides."""
    if officer is not None and officer.role != Role.PRIVACY:
        raise ForbiddenError("Only the privacy officer decides about the end of a record.")


def check_reason(reason: str) -> None:
    """Raise InvalidError for what is no sentence."""
    if not SHORTEST_REASON <= len(reason.strip()) <= LONGEST_REASON:
        raise InvalidError("Write in a sentence which law, order or wish demands it.", {"reason": "required"})
