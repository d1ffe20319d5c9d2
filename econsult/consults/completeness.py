"""What a request lacks before it can be sent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from econsult.consults.choice import can_be_urgent
from econsult.consults.details import CONTACT_WAYS, caller_of, contact_of
from econsult.consults.earlier import attached_to
from econsult.consults.records import CLINICS_OWN, Consult, Kind, Source, Urgency
from econsult.consults.redflags import is_answer_fresh, is_answered
from econsult.errors import InvalidError
from econsult.people.consent import consent_for
from econsult.people.keptaway import is_kept_caller
from econsult.people.patients import Patient
from econsult.seeing import is_seen

SHORTEST_QUESTION, LONGEST_QUESTION = 20, 300


def check_complete(
    session: Session, consult: Consult, *, has_reason: bool = False, lacking: Mapping[str, str] | None = None
) -> None:
    """Raise InvalidError listing what is missing. A clinician's reason stands in for what can be done without.

    `lacking` is what the templates miss.
    """
    missing: dict[str, str] = {} if has_reason else dict(lacking or {})
    told = caller_of(consult.details)
    if consult.submitted_at is None and is_kept_caller(session, consult.patient_id, told["name"], told["phone"]):
        # No reason stands in for a court's word.
        missing["details.caller"] = "barred"
    if not is_question(consult.question):
        missing["question"] = "too_short" if consult.question else "required"
    if consult.kind in CLINICS_OWN and not consult.specialty:
        missing["specialty"] = "required"
    if consult.kind in CLINICS_OWN and not consult.question_type and not has_reason:
        missing["question_type"] = "required"
    if consult.kind == Kind.FOLLOW_UP and not attached_to(session, consult):
        missing["earlier"] = "required"
    if consent_for(session, consult.id) is None:
        missing["consent"] = "required"
    if not is_answered(consult.details):
        # No reason stands in for it, a clinic's neither.
        missing["details.red_flags"] = "required"
    if consult.source == Source.CAREGIVER and consult.is_private_site and not _is_reachable(session, consult):
        # No photo is taken there, so a call or a visit is all that can answer the family.
        missing["details.contact"] = "required"
    if missing:
        raise InvalidError("Before sending, please complete: " + ", ".join(sorted(missing)) + ".", missing)


def is_question(text: str) -> bool:
    """Whether enough can be seen of it: format and control signs do not count, nor spaces after spaces."""
    seen = (letter if not letter.isspace() else " " for letter in text if is_seen(letter) or letter.isspace())
    return len(" ".join("".join(seen).split())) >= SHORTEST_QUESTION


def _is_reachable(session: Session, consult: Consult) -> bool:
    """Whether the family said how, and there is a number to call it at."""
    contact = contact_of(consult.details)
    if contact["way"] not in CONTACT_WAYS:
        return False
    return any(sign.isdigit() for sign in contact["phone"] + session.get_one(Patient, consult.patient_id).phone)


def check_fresh(consult: Consult, now: datetime) -> None:
    """A family's no of yesterday does not hold for today: it is asked again before its question is sent."""
    if consult.kind == Kind.FAMILY_QUESTION and not is_answer_fresh(consult.details, now):
        raise InvalidError(
            "The family answered about danger signs too long ago: ask again, and send details.red_flags anew.",
            {"details.red_flags": "too_old"},
        )


def check_urgency(session: Session, consult: Consult, now: datetime) -> None:
    """Urgent is a promise of a named person; where nobody is on duty, people must telephone instead."""
    if consult.urgency == Urgency.URGENT and not can_be_urgent(session, consult, now):
        raise InvalidError("Nobody is on duty for urgent requests now: telephone.", {"urgency": "no_one_on_call"})
