"""Telling the family: that it heard an answer, of this cycle or of one before, and how."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from econsult.consults.answers import released_answer
from econsult.consults.clocks import stop_clock
from econsult.consults.contents import Disposition
from econsult.consults.lifecycle import Status, next_status
from econsult.consults.policies import ClockName
from econsult.consults.records import Consult, note
from econsult.consults.telephone import Outcome, finish_call, is_ended_otherwise
from econsult.consults.versions import check_read, signed_answer
from econsult.errors import ForbiddenError, ImpossibleVerbError, InvalidError
from econsult.people.persons import Person, Role

METHODS, BY_CODE = ("opened", "phone", "visit"), "code"
"""`opened` by a caregiver, the rest by staff; by code nobody says it: a device has typed what went to the contact."""
READING = {Role.CAREGIVER: "opened", Role.YOUTH: "opened", Role.INVITED: BY_CODE}
"""How each kind of family reads; who is not here tells."""
TELLABLE = (Status.ANSWERED, Status.CLOSED, Status.DECLINED)
"""In these the question has come to something in this cycle that staff can tell the family."""


def inform(
    session: Session,
    consult: Consult,
    person: Person,
    *,
    method: str,
    teach_back: bool,
    now: datetime,
    version: int | None = None,
) -> Consult:
    """Record that the family heard the answer: opened by a caregiver, or told by staff on the phone or at a visit.

    A caregiver hears what is open to the family; staff tell how things stand now, a decline as well. `version` is what
    was read or told (`versions.standing_version`); raises StaleVersionError where another stands now.
    """
    if method not in (*METHODS, BY_CODE):
        raise InvalidError("The method must be opened, phone or visit.", {"method": "unknown_value"})
    is_family = person.role in READING
    if READING.get(Role(person.role), "") != (method if method in READING.values() else ""):
        raise ForbiddenError("A caregiver opens the answer; staff tell it by phone or at a visit.")
    check_can_hear(session, consult, is_family=is_family)
    check_read(session, consult, version, for_family=is_family)
    is_current = consult.status in TELLABLE and (not is_family or consult.released_at is not None)
    _heard(session, consult, person, Telling(method, teach_back, is_current), now)
    if not is_family:
        consult.interpreter_since = None
    if not is_family or (method == "opened" and _is_corrected_away(session, consult)):
        finish_call(session, consult, person, Outcome.REACHED, now=now)
    return consult


def _is_corrected_away(session: Session, consult: Consult) -> bool:
    """Whether what the family reads does not say emergency: then it has heard all that a call was for."""
    read, signed = released_answer(session, consult.id), signed_answer(session, consult.id)
    return read is not None and read is signed and read.disposition != Disposition.EMERGENCY_NOW


def confirm_call(
    session: Session,
    consult: Consult,
    person: Person,
    outcome: str,
    *,
    words: str = "",
    teach_back: bool = False,
    now: datetime,
    version: int | None = None,
) -> None:
    """End the telephone task of an emergency; a family that was reached has heard the answer, of this `version`.

    Raises ImpossibleVerbError where it is ended meanwhile, by whomever, and whom this one sent would stand nowhere.
    """
    check_read(session, consult, version)
    if outcome == Outcome.SENT_HELP and is_ended_otherwise(session, consult, person, words):
        raise ImpossibleVerbError(consult.status, "called")
    finish_call(session, consult, person, outcome, words=words, now=now)
    if outcome == Outcome.REACHED:
        consult.interpreter_since = None
        # The call is about an answer: that a question was declined after it is told apart.
        is_current = consult.status in (Status.ANSWERED, Status.CLOSED)
        _heard(session, consult, person, Telling("phone", teach_back, is_current), now)


@dataclass(frozen=True)
class Telling:
    """How a family heard; `is_current` says whether of this cycle, or only of an answer of a cycle before it."""

    method: str
    has_said_it_back: bool
    is_current: bool


def check_can_hear(session: Session, consult: Consult, *, is_family: bool) -> None:
    """There must be something to hear: a question that is open again, or taken back, has it from a cycle before."""
    next_status(consult.status, "inform")
    has_open = released_answer(session, consult.id) is not None
    if consult.status not in TELLABLE and not has_open:
        raise ImpossibleVerbError(consult.status, "inform")
    if is_family and not has_open:
        raise ForbiddenError("The answer is not open to the family yet.")


def _heard(session: Session, consult: Consult, person: Person, telling: Telling, now: datetime) -> None:
    """The first telling of a cycle counts; whatever was still to be told of the cycles before is heard with it."""
    is_news = consult.unheard_version is not None
    consult.unheard_version = None
    if telling.is_current and consult.informed_at is None:
        consult.informed_at, consult.informed_method, is_news = now, telling.method, True
    if not is_news:
        return
    # An answer that is signed and not open yet, or a decline, is still to be heard: its clock goes on.
    if consult.status not in (Status.ANSWERED, Status.DECLINED) or consult.informed_at is not None:
        stop_clock(session, consult, ClockName.FAMILY_INFORMED, now, telling.method)
    detail = f"{telling.method}/teach_back" if telling.has_said_it_back else telling.method
    detail = detail if telling.is_current else f"{detail}/earlier"
    note(session, consult, "inform", person_id=person.id, now=now, detail=detail)
