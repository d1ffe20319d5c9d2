"""Red flags: what stops a request, who may go on all the same, and the record of both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from econsult.consults.asked import signs_answered, without_sentences
from econsult.consults.attesting import ATTESTERS, MISTAKE, TAKEN_BACK, as_kept, faults_in, is_mistake
from econsult.consults.details import SAFE_WAY, flags_of, symptoms_of, text_of
from econsult.consults.fever import tells_fever
from econsult.consults.hearers import desk_of, home_of
from econsult.consults.records import CLINICS_OWN, Consult, Kind, RedFlagStop, Source, note
from econsult.consults.redflags import UNSAFE, URGENCY_OF_CODE, flags_now, one_text
from econsult.errors import EmergencyError
from econsult.notices import NoticeKind, notify
from econsult.people.patients import Patient, age_in_months
from econsult.people.persons import Person, Role
from econsult.people.typed import forget_typed
from econsult.picking import one_of
from econsult.rosters.homes import there_of

CLINICIANS = (Role.PCP, Role.TELEPRESENTER, Role.COORDINATOR)
"""Who opens requests of the medical home; which of them may pass a danger sign, `attesting` says."""
YOUNG_INFANT_MONTHS = 3
LONGEST_SAFE_WAY = 300
AGAIN = timedelta(minutes=2)
"""Who is stopped by the same signs once more within this time has pressed twice."""


def screen_red_flags(
    session: Session,
    consult: Consult,
    person: Person,
    details: Mapping[str, Any],
    attestation: Mapping[str, Any] | None,
    *,
    now: datetime,
    is_sent_on: bool = False,
) -> None:
    """Stop for every flag in `details` that means now. Raises EmergencyError, whose record is kept.

    Only a clinician may attest that the child was examined, and go on, and only with a request of the clinic's own: a
    family's question with a sign is never sent, whoever wrote it down. What was stopped once stays stopped on this
    request, whatever is ticked afterwards and by whom, until who may attest says what became of the sign: that it can
    wait, is over, or was ticked by mistake. Call it before anything else is changed.
    """
    told = flags_now((*flags_of(details), *signs_told(session, consult, details, now)))
    codes = tuple(dict.fromkeys((*told, *stopped_on(session, consult))))
    if not codes:
        return
    wrong = _wrong_in(session, consult, person, attestation, now, is_sent_on=is_sent_on)
    if wrong is not None and told and is_mistake(attestation):
        wrong[TAKEN_BACK] = "still_ticked"
    if attestation is not None and wrong is not None and not wrong:
        _keep_stop(session, consult, person, codes, now, attestation=as_kept(session, attestation, person))
        _settle_own(session, consult, person, now)
        return
    safe_way = text_of(details, SAFE_WAY).strip()[:LONGEST_SAFE_WAY]
    if (stop := _just_stopped(session, consult, person, codes, now)) is not None:
        stop.safe_way = safe_way or stop.safe_way
        raise EmergencyError(codes, wrong)
    stop = _keep_stop(session, consult, person, codes, now, safe_way=safe_way)
    is_of_family = not person.is_staff or consult.source == Source.PHONE
    if UNSAFE in codes and is_of_family and consult.submitted_at is None:
        _leave_no_trace(consult)
    if UNSAFE in codes and not person.is_staff:
        forget_typed(session, person)
    if is_of_family:
        _tell_clinic(session, consult, stop, person, now)
    raise EmergencyError(codes, wrong)


def _keep_stop(
    session: Session,
    consult: Consult,
    person: Person,
    codes: Sequence[str],
    now: datetime,
    *,
    attestation: dict[str, Any] | None = None,
    safe_way: str = "",
) -> RedFlagStop:
    stop = RedFlagStop(
        consult_id=consult.id,
        person_id=person.id,
        codes=one_text(codes),
        is_attested=attestation is not None,
        attestation=attestation,
        safe_way=safe_way or None,
        at=now,
    )
    session.add(stop)
    session.flush()
    detail = "stopped" if attestation is None else "taken_back" if is_mistake(attestation) else "attested"
    note(session, consult, "red_flag", person_id=person.id, now=now, detail=detail)
    return stop


def _just_stopped(
    session: Session, consult: Consult, person: Person, codes: Sequence[str], now: datetime
) -> RedFlagStop | None:
    """The stop of a moment ago that this press only repeats."""
    query = select(RedFlagStop).where(
        RedFlagStop.consult_id == consult.id,
        RedFlagStop.person_id == person.id,
        RedFlagStop.codes == one_text(codes),
        RedFlagStop.at > now - AGAIN,
        RedFlagStop.dealt_with_at.is_(None),
    )
    return session.scalars(query.where(~RedFlagStop.is_attested, ~RedFlagStop.is_hint).limit(1)).one_or_none()


def _wrong_in(
    session: Session,
    consult: Consult,
    person: Person,
    attestation: Mapping[str, Any] | None,
    now: datetime,
    *,
    is_sent_on: bool,
) -> dict[str, str] | None:
    """What is wrong in an attestation; None where none was given, or by the family, which has none to give."""
    if attestation is None or not person.is_staff:
        return None
    if not may_attest(consult, person, is_sent_on=is_sent_on):
        return {"examined_by": "not_allowed"}
    return faults_in(session, attestation, person, session.get_one(Patient, consult.patient_id).birth_date, now)


def _settle_own(session: Session, consult: Consult, person: Person, now: datetime) -> None:
    """Whoever attests has the child in view: nobody need call because of the tries before."""
    query = select(RedFlagStop).where(RedFlagStop.consult_id == consult.id, RedFlagStop.dealt_with_at.is_(None))
    for earlier in session.scalars(query.where(~RedFlagStop.is_attested, ~RedFlagStop.is_hint)):
        earlier.dealt_with_at, earlier.dealt_with_by_id = now, person.id


def _leave_no_trace(consult: Consult) -> None:
    """The draft is gone for the family, and what it says of how to reach it stands with the stop alone."""
    consult.confidential = UNSAFE
    consult.details = {name: value for name, value in consult.details.items() if name != SAFE_WAY}
    consult.version += 1


def stopping_signs(session: Session, consult: Consult, person: Person) -> tuple[str, ...]:
    """The signs for which this draft takes nothing more from this person; none for who may attest."""
    if may_attest(consult, person):
        return ()
    return tuple(dict.fromkeys((*flags_now(flags_of(consult.details)), *stopped_on(session, consult))))


def signs_told(session: Session, consult: Consult, details: Mapping[str, Any], now: datetime) -> tuple[str, ...]:
    """Signs that are told in other places than the list: an answer to a template's item that leads to it, and a fever
    in a baby under three months, wherever it is said."""
    signs = signs_answered(session, consult, details)
    if consult.kind == Kind.FAMILY_QUESTION:
        # A program may put a sign among the symptoms; a clinic's symptoms are what it examined.
        signs += tuple(code for code in symptoms_of(details) if code in URGENCY_OF_CODE)
    if not tells_fever(without_sentences(session, details)):
        return signs
    age = age_in_months(session.get_one(Patient, consult.patient_id).birth_date, now.date())
    return (*signs, "young_infant_fever") if age < YOUNG_INFANT_MONTHS else signs


def may_attest(consult: Consult, person: Person, *, is_sent_on: bool = False) -> bool:
    """Whether this person may say of this request that its signs can wait.

    `is_sent_on`: a family's question is on its way to become the clinic's own.
    """
    return person.role in ATTESTERS and (consult.kind in CLINICS_OWN or is_sent_on)


_STOPPED = select(RedFlagStop.codes).where(
    RedFlagStop.consult_id == bindparam("consult"), ~RedFlagStop.is_attested, ~RedFlagStop.is_hint
)


def stopped_on(session: Session, consult: Consult) -> list[str]:
    """The signs that have stopped this very request and that nobody has answered for, each once."""
    if attested_among(session, [consult.id]):
        return []
    stops = session.scalars(_STOPPED, {"consult": consult.id})
    return list(dict.fromkeys(code for codes in stops for code in codes.split(",")))


def _tell_clinic(session: Session, consult: Consult, stop: RedFlagStop, person: Person, now: datetime) -> None:
    """A family was sent to emergency care: once for each stop; the key of a notice names no sign.

    Where it has nobody left, or nobody is there, the desk hears; `queue.stops` tells further people while nobody has
    called. Staff who are stopped read it themselves, and where the child is with them
    there is nothing to tell; on the telephone it is the family that was stopped, and a clinician must know. Of a
    question that was sent already whoever holds it hears too.
    """
    holder = session.get(Person, consult.holder_id) if consult.holder_id is not None else None
    home = home_of(session, consult, now)
    # A clinic that is on leave reads its letters another day: then the desk hears as well, at the same moment.
    desk = [] if there_of(session, home, now) else desk_of(session, consult.program_id, now)
    hearers = [*home, *desk, *([holder] if holder is not None and holder.is_active else [])]
    for clinician in {each.id: each for each in hearers}.values():
        if clinician.id != person.id:
            notify(session, clinician, NoticeKind.EMERGENCY, consult_id=consult.id, about=f"stop:{stop.id}", now=now)


def attested_of(session: Session, consult_id: int) -> list[RedFlagStop]:
    """The signs that a clinician passed with an attestation, which whoever answers must know."""
    query = select(RedFlagStop).where(RedFlagStop.consult_id == consult_id, RedFlagStop.is_attested)
    return list(session.scalars(query.order_by(RedFlagStop.id)))


_ATTESTED = select(RedFlagStop).where(one_of(RedFlagStop.consult_id, "consults"), RedFlagStop.is_attested)


def attested_among(session: Session, consult_ids: Iterable[int]) -> dict[int, bool]:
    """Which of these consults carry a sign that was passed with an attestation, and whether it was there at all."""
    found = session.scalars(_ATTESTED, {"consults": list(consult_ids)})
    return {stop.consult_id: not is_mistake(stop.attestation) for stop in found}


def deal_with(session: Session, stop: RedFlagStop, person: Person, *, now: datetime, is_nothing: bool = False) -> None:
    """Note that somebody of the clinic has called the family that was sent to emergency care; the first one counts.

    `is_nothing`: of a hint, that a clinician has read the words and they tell of no danger.
    """
    if stop.dealt_with_at is None:
        if is_nothing and stop.is_hint and person.role in ATTESTERS:
            stop.attestation = {TAKEN_BACK: MISTAKE}
        stop.dealt_with_at, stop.dealt_with_by_id = now, person.id
        consult = session.get_one(Consult, stop.consult_id)
        note(session, consult, "emergency_call", person_id=person.id, now=now)
