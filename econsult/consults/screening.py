"""Red flags: what stops a request, who may go on all the same, and the record of both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.consults.records import Consult, RedFlagStop, note
from econsult.consults.redflags import flags_now
from econsult.errors import EmergencyError
from econsult.notices import NoticeKind, notify
from econsult.people.persons import Person, Role, team_of

CLINICIANS = (Role.PCP, Role.TELEPRESENTER, Role.COORDINATOR)
ATTESTED = ("examined_by", "at", "why")


def screen_red_flags(
    session: Session,
    consult: Consult,
    person: Person,
    details: Mapping[str, Any],
    attestation: Mapping[str, Any] | None,
    *,
    now: datetime,
) -> None:
    """Stop for every flag in `details` that means now. Raises EmergencyError, whose record is kept.

    Only a clinician who has examined the child may attest and go on. A family that was stopped once stays stopped on
    this request, whatever it says afterwards. Call it before anything else is changed.
    """
    codes = flags_now(details.get("red_flags", ()))
    if person.role not in CLINICIANS:
        codes = tuple(dict.fromkeys((*codes, *_stopped_before(session, consult))))
        attestation = None
    if not codes:
        return
    is_attested = attestation is not None and all(attestation.get(name) for name in ATTESTED)
    session.add(
        RedFlagStop(
            consult_id=consult.id,
            person_id=person.id,
            codes=",".join(codes)[:400],
            is_attested=is_attested,
            attestation=dict(attestation) if attestation and is_attested else None,
            at=now,
        )
    )
    note(session, consult, "red_flag", person_id=person.id, now=now, detail="attested" if is_attested else "stopped")
    if not is_attested:
        _tell_clinic(session, consult, codes, now)
        raise EmergencyError(codes)


def _stopped_before(session: Session, consult: Consult) -> list[str]:
    stops = select(RedFlagStop.codes).where(RedFlagStop.consult_id == consult.id, ~RedFlagStop.is_attested)
    return [code for codes in session.scalars(stops) for code in codes.split(",")]


def _tell_clinic(session: Session, consult: Consult, codes: tuple[str, ...], now: datetime) -> None:
    for clinician in team_of(session, consult.organization_id):
        notify(session, clinician, NoticeKind.EMERGENCY, consult_id=consult.id, about=",".join(codes), now=now)
    session.flush()


def attested_of(session: Session, consult_id: int) -> list[RedFlagStop]:
    """The signs that a clinician passed with an attestation, which whoever answers must know."""
    query = select(RedFlagStop).where(RedFlagStop.consult_id == consult_id, RedFlagStop.is_attested)
    return list(session.scalars(query.order_by(RedFlagStop.id)))


def attested_among(session: Session, consult_ids: Iterable[int]) -> set[int]:
    """Which of these consults carry a sign that was passed with an attestation."""
    query = select(RedFlagStop.consult_id).where(RedFlagStop.consult_id.in_(consult_ids), RedFlagStop.is_attested)
    return set(session.scalars(query))


def deal_with(session: Session, stop: RedFlagStop, person: Person, *, now: datetime) -> None:
    """Note that somebody of the clinic has called the family that was sent to emergency care; the first one counts."""
    if stop.dealt_with_at is None:
        stop.dealt_with_at, stop.dealt_with_by_id = now, person.id
        consult = session.get_one(Consult, stop.consult_id)
        note(session, consult, "emergency_call", person_id=person.id, now=now)
