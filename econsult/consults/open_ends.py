"""What an answered consult still waits for, and what must be said to close it all the same.

The desk closes what the clinic has not read only with proof: who there was told of the answer, when, and why it closes.
While somebody is to telephone a family because of an emergency, nobody closes anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from econsult.consults.attesting import AHEAD, examined_between, names_somebody, says_something
from econsult.consults.lifecycle import next_status
from econsult.consults.records import Consult, Kind
from econsult.consults.telephone import PhoneTask
from econsult.consults.versions import check_read, emergencies_among
from econsult.errors import CallOpenError

OPEN_ENDS = {
    "not_informed": "The family has not heard the answer yet; say why the consult closes.",
    "family_waits": "The family has written and waits for a reply.",
    "not_read": "The clinic that asked has not read the answer yet; say why the consult closes.",
}


@dataclass(frozen=True)
class ClinicTold:
    """Who of the clinic was told of an answer that it has not read, and when, as the desk writes it."""

    who: str = ""
    at: str = ""


NOBODY_TOLD = ClinicTold()


def open_end_of(consult: Consult) -> str:
    """What an answered consult still waits for: a code of OPEN_ENDS, or empty where it may close without a reason."""
    if consult.informed_at is None:
        return "not_informed"
    if consult.family_waits_since is not None:
        return "family_waits"
    return "not_read" if is_unread(consult) else ""


def is_unread(consult: Consult) -> bool:
    """Whether the clinic that asked has not said that it read the answer; a family's own question needs no reader."""
    return consult.kind != Kind.FAMILY_QUESTION and consult.acknowledged_at is None


def check_closable(session: Session, consult: Consult, version: int | None) -> None:
    """Raise StaleVersionError where another `version` stands than was read, ImpossibleVerbError where nothing is
    answered, and CallOpenError while the family is still to be called.

    The version comes first: what somebody wrote on an older page is then given back, also where it closed meanwhile.
    """
    check_read(session, consult, version)
    next_status(consult.status, "close")
    if has_call_open(session, consult):
        raise CallOpenError(consult.status, "close")


def has_call_open(session: Session, consult: Consult) -> bool:
    """Whether the answer says "emergency, now" and nobody has written down what came of the call to the family.

    The call that it is no emergency any more holds nothing up: it goes on after the close, as long as nobody picks up.
    """
    waits = exists().where(PhoneTask.consult_id == consult.id, PhoneTask.done_at.is_(None))
    return session.scalar(select(waits)) is True and bool(emergencies_among(session, [consult.id]))


def faults_of_reason(consult: Consult, reason: str) -> dict[str, str]:
    """What is missing in why it closes: the code of what is still open, or "too_short" for what says nothing."""
    end = open_end_of(consult)
    if not end:
        return {}
    return {} if says_something(reason) else {"reason": "too_short" if reason.strip() else end}


def faults_of_telling(session: Session, consult: Consult, told: ClinicTold, now: datetime) -> dict[str, str]:
    """What is missing or impossible in who of the clinic was told, by its field; empty where it has read the answer."""
    if not is_unread(consult):
        return {}
    fields: Mapping[str, str] = {"told_who": told.who, "told_at": told.at}
    wrong = {name: "required" for name, text in fields.items() if not text.strip()}
    if "told_who" not in wrong and not names_somebody(told.who):
        wrong["told_who"] = "nobody"
    if "told_at" not in wrong and (fault := _fault_of_time(session, consult, told.at, now)):
        wrong["told_at"] = fault
    return wrong


def as_kept(session: Session, told: ClinicTold) -> dict[str, str]:
    """Whole proof as it is recorded, its time in UTC."""
    found = examined_between(session, told.at)
    return {"who": told.who.strip(), "at": (found[0].isoformat() if found else told.at.strip())}


def _fault_of_time(session: Session, consult: Consult, written: str, now: datetime) -> str:
    found = examined_between(session, written)
    if found is None or found[0] != found[1]:
        return "invalid"
    at = found[0]
    if at > now + AHEAD:
        return "in_the_future"
    # A form gives minutes, and an answer is signed within one.
    signed = (consult.answered_at or consult.created_at).replace(second=0, microsecond=0)
    return "before_the_answer" if at < signed else ""
