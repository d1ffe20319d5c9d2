"""What a clinic says came of an answer: as it closes the request, or afterwards where the desk closed it.

The desk knows whether the family has heard, and not what the answer changed: it closes without these questions, which
stay open for the clinic.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from econsult.access import Pass, patients_on
from econsult.advice.asking import ASKED_FOR, SHOWN, Asked
from econsult.consults.answers import close
from econsult.consults.lifecycle import Status
from econsult.consults.open_ends import (
    NOBODY_TOLD,
    ClinicTold,
    as_kept,
    check_closable,
    faults_of_reason,
    faults_of_telling,
    is_unread,
)
from econsult.consults.outcomes import AT_CLOSING, CLOSING, OutcomeReport, Said, Side, report
from econsult.consults.records import Consult, Kind
from econsult.errors import ForbiddenError, InvalidError, NotFoundError
from econsult.people.deaths import the_dead
from econsult.people.persons import Person, Role
from econsult.rights import Relation

LISTED_FOR = ASKED_FOR
"""For so long the clinic's list goes on asking; the page of the request does so for good."""
_SAID = exists().where(
    OutcomeReport.consult_id == Consult.id, OutcomeReport.is_close, OutcomeReport.at >= Consult.ended_at
)
_LEFT_OPEN = (
    Consult.status == Status.CLOSED,
    Consult.kind != Kind.FAMILY_QUESTION,
    Consult.consent_withdrawn_at.is_(None),
    Consult.patient_id.not_in(the_dead()),
    ~_SAID,
)


def close_out(
    session: Session,
    consult: Consult,
    person: Person,
    said: Said,
    *,
    reason: str,
    now: datetime,
    version: int | None = None,
) -> None:
    """The clinic closes and says what came of the answer. What it answered itself to a family takes no such answers.

    Raises InvalidError naming each answer that is missing, and the reason where closing needs one; and as
    `check_closable` does.
    """
    check_closable(session, consult, version)
    wrong: dict[str, str] = {}
    is_asked = consult.kind != Kind.FAMILY_QUESTION and consult.status == Status.ANSWERED
    if is_asked:
        try:
            said.check(*CLOSING)
        except InvalidError as error:
            wrong |= error.fields
        # Any reason will do for the clinic itself, which reads what it closes.
        wrong |= {} if reason.strip() else faults_of_reason(consult, reason)
    if wrong:
        raise InvalidError("Some answers are missing: " + ", ".join(sorted(wrong)) + ".", wrong)
    close(session, consult, person, reason=reason, now=now)
    if is_asked:
        report(session, consult, person, Side.CLINIC, said, now=now, is_close=True)


def close_as(
    session: Session,
    passed: Pass,
    person: Person,
    said: Said,
    *,
    reason: str,
    now: datetime,
    version: int | None,
    told: ClinicTold = NOBODY_TOLD,
) -> None:
    """Close for whoever may: the clinic says what came of the answer, the desk leaves that to the clinic.

    Raises ForbiddenError where anybody but the clinic says it, and whatever `close_out` and `close_for_clinic` raise.
    """
    if passed.relation == Relation.MEDICAL_HOME:
        close_out(session, passed.consult, person, said, reason=reason, now=now, version=version)
        return
    if said != Said():
        raise ForbiddenError("The clinic says what came of its answer; the desk closes without it.")
    close_for_clinic(session, passed.consult, person, told, reason=reason, now=now, version=version)


def close_for_clinic(
    session: Session,
    consult: Consult,
    person: Person,
    told: ClinicTold,
    *,
    reason: str,
    now: datetime,
    version: int | None,
) -> None:
    """The desk closes; what the clinic has not read only with who there was told of it and when, and a reason of words.

    Raises InvalidError naming all that is missing, and as `check_closable` does.
    """
    check_closable(session, consult, version)
    wrong = faults_of_telling(session, consult, told, now) | faults_of_reason(consult, reason)
    if wrong:
        raise InvalidError("Say who was told, when, and why it closes, in three words at least.", wrong)
    was_unread = is_unread(consult)
    close(session, consult, person, reason=reason, now=now, version=version)
    if was_unread:
        consult.end_told = as_kept(session, told)


def is_left_open(session: Session, consult: Consult) -> bool:
    """Whether a request has closed without its clinic having said what came of the answer, and may still say it."""
    return session.scalars(select(Consult.id).where(Consult.id == consult.id, *_LEFT_OPEN)).first() is not None


def say_close_out(session: Session, passed: Pass, person: Person, said: Said, *, now: datetime) -> None:
    """The clinic says it of what was closed for it. Raises InvalidError, and NotFoundError where nothing is asked."""
    if passed.relation != Relation.MEDICAL_HOME:
        raise ForbiddenError("The clinic says what came of its answer.")
    if not is_left_open(session, passed.consult):
        raise NotFoundError
    said.check(*CLOSING)
    report(session, passed.consult, person, Side.CLINIC, said.only(*AT_CLOSING), now=now, is_close=True)


def left_open(session: Session, person: Person, now: datetime) -> list[Asked]:
    """What was closed for a clinic lately and of which it has not said what came of the answer, the oldest first."""
    if person.role != Role.PCP or person.organization_id is None:
        return []
    query = select(Consult).where(Consult.organization_id == person.organization_id, *_LEFT_OPEN)
    query = query.where(Consult.ended_at > now - LISTED_FOR, ~Consult.is_test)
    found = list(session.scalars(query.order_by(Consult.ended_at, Consult.id).limit(SHOWN)))
    children = patients_on(session, person, found, now=now)
    return [Asked(consult, children[consult.patient_id]) for consult in found]
