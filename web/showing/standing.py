"""How a question stands, in a family's words: what was asked, how far it is, and when they hear."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from econsult.consults.answers import Answer
from econsult.consults.clocks import ClockName, ClockState, clocks_of
from econsult.consults.contents import Disposition
from econsult.consults.details import text_of
from econsult.consults.lifecycle import Status
from econsult.consults.records import Consult, Kind
from web.showing.awaited import Wait
from web.words import families
from web.words.language import gettext
from web.words.terms import SPECIALTIES


def asked_words(consult: Consult) -> str:
    """The family's own question, also after a clinician has put it in other words; empty where a clinic asked."""
    own = consult.question if consult.kind == Kind.FAMILY_QUESTION else ""
    return text_of(consult.details, "family_question") or own


def clinics_words(consult: Consult) -> str:
    """What tells the clinic's questions apart in a list: its family never wrote them and does not read them."""
    if consult.kind == Kind.FAMILY_QUESTION:
        return ""
    field = str(SPECIALTIES.get(consult.specialty or "", ""))
    return (
        f"{gettext('Your clinic asked a specialist')}: {field}" if field else gettext("Your clinic asked a specialist")
    )


def state_of(consult: Consult, answer: Answer | None = None, wait: Wait | None = None) -> tuple[str, str]:
    """Drawing and words for how far a question is, the same wherever the family reads them.

    `answer` is the one that the family can read: it may be from before the question was opened again. What a doctor
    asks the clinic for (`wait`) is never said to be asked of the family.
    """
    drawing, words = families.STATUSES[Status(consult.status)]
    if wait is not None and not wait.is_for_family:
        drawing, words = families.CLINIC_ASKED
    if answer is not None and sends_to_hospital(consult, answer):
        drawing, words = families.EMERGENCY
    elif consult.status == Status.ANSWERED and consult.released_at is None:
        drawing, words = families.WITH_CLINIC
    elif consult.status == Status.SUBMITTED and answer is not None:
        drawing, words = families.OPEN_AGAIN
    elif consult.status == Status.WITHDRAWN and consult.consent_withdrawn_at is not None:
        drawing, words = families.CONSENT_BACK
    elif consult.status == Status.WITHDRAWN and consult.is_ended_by_staff:
        drawing, words = families.TAKEN_BACK
    return drawing, str(words)


def sends_to_hospital(consult: Consult, answer: Answer) -> bool:
    """Whether the answer that the family can read says so and still counts.

    It does until somebody has heard it, whatever became of the question meanwhile, and while it is the newest word.
    """
    is_newest = consult.status == Status.ANSWERED and consult.released_at is not None
    return answer.disposition == Disposition.EMERGENCY_NOW and (is_newest or consult.is_unheard)


def waits_words(consult: Consult) -> str:
    """That a message came and will be answered, until a reply comes; empty when nobody waits."""
    is_waiting = consult.family_waits_since is not None and consult.status != Status.CLOSED
    return str(families.MESSAGE_CAME) if is_waiting else ""


def due_at(session: Session, consult: Consult) -> datetime | None:
    """When the family will hear at the latest; None while the clock is held or when it has stopped."""
    for clock in clocks_of(session, consult.id):
        if clock.name == ClockName.FIRST_REPLY and clock.state == ClockState.RUNNING:
            return clock.deadline_at
    return None
