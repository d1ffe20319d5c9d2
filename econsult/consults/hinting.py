"""What becomes of words that may tell of danger: the family is asked at once, and a person of the clinic looks.

The text goes where it was sent in any case. Nothing here says that a child is well.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.consults.asked import family_subject, sentences_in
from econsult.consults.danger_words import words_of_danger
from econsult.consults.hearers import home_of
from econsult.consults.lifecycle import OPEN
from econsult.consults.records import RANKS, Consult, Kind, RedFlagStop, Urgency, by_today, note
from econsult.consults.redflags import UNSAFE, flags_now, one_text
from econsult.consults.screening import signs_told
from econsult.notices import NoticeKind, notify
from econsult.people.patients import Patient, age_in_months
from econsult.people.persons import Person

ASKED_FOR = timedelta(hours=2)
"""So long the family's page asks whether it is happening now."""


def note_words(session: Session, consult: Consult, person: Person, *texts: str, now: datetime) -> tuple[str, ...]:
    """Look at what a family wrote, or what staff wrote down for it. A hint is recorded and told to the clinic at once.

    Returns the codes of the signs; none found says nothing.
    """
    months = age_in_months(session.get_one(Patient, consult.patient_id).birth_date, now.date())
    codes = words_of_danger(*texts, months=months, about=_known_of(session, consult))
    if not codes:
        return ()
    hint = RedFlagStop(consult_id=consult.id, person_id=person.id, codes=one_text(codes), is_hint=True, at=now)
    session.add(hint)
    session.flush()
    note(session, consult, "red_flag", person_id=person.id, now=now, detail="words")
    for clinician in home_of(session, consult, now):
        if clinician.id != person.id:
            about = f"words:{hint.id}"
            notify(session, clinician, NoticeKind.DANGER_WORDS, consult_id=consult.id, about=about, now=now)
    return codes


def note_question(session: Session, consult: Consult, person: Person, now: datetime) -> None:
    """Look at all that a family wrote, whatever was asked, as it is sent. With a hint it is one of the same day."""
    texts = sentences_in(session, consult.details)
    if note_words(session, consult, person, consult.question, *texts, now=now):
        _hurry(consult)


def weigh_again(session: Session, child: Patient, staff: Person, now: datetime) -> None:
    """The birth date was put right: what is open is looked at as that of a child of the right age.

    A sign of danger that nobody knew of opens the same task as one found in words, for everybody of the clinic, whoever
    put the date right. What a draft tells is weighed when it is sent.
    """
    months = age_in_months(child.birth_date, now.date())
    query = select(Consult).where(Consult.patient_id == child.id, Consult.status.in_(OPEN))
    for consult in session.scalars(query.where(Consult.submitted_at.is_not(None)).order_by(Consult.id)):
        texts = (consult.question, *sentences_in(session, consult.details))
        words = words_of_danger(*texts, months=months, about=_known_of(session, consult))
        told = (*signs_told(session, consult, consult.details, now), *words)
        known = session.scalars(select(RedFlagStop.codes).where(RedFlagStop.consult_id == consult.id))
        before = {code for codes in known for code in codes.split(",")}
        codes = tuple(code for code in dict.fromkeys(flags_now(told)) if code not in before)
        if codes:
            _hint(session, consult, staff, codes, now)
            if consult.kind == Kind.FAMILY_QUESTION:
                _hurry(consult)


def _known_of(session: Session, consult: Consult) -> list[str]:
    """Where an illness of the child may be named: in all of this question, and by the specialties that were asked."""
    asked = select(Consult.specialty).where(Consult.patient_id == consult.patient_id).distinct()
    topic = family_subject(consult.details)
    return [topic, *filter(None, session.scalars(asked)), consult.question, *sentences_in(session, consult.details)]


def _hurry(consult: Consult) -> None:
    consult.urgency = by_today(Urgency(consult.urgency))
    consult.urgency_rank = RANKS[Urgency(consult.urgency)]


def _hint(session: Session, consult: Consult, staff: Person, codes: tuple[str, ...], now: datetime) -> None:
    hint = RedFlagStop(consult_id=consult.id, person_id=staff.id, codes=one_text(codes), is_hint=True, at=now)
    session.add(hint)
    session.flush()
    note(session, consult, "red_flag", person_id=staff.id, now=now, detail="age")
    for clinician in home_of(session, consult, now):
        about = f"words:{hint.id}"
        notify(session, clinician, NoticeKind.DANGER_WORDS, consult_id=consult.id, about=about, now=now)


def asked_now(session: Session, consult: Consult, now: datetime) -> tuple[str, ...]:
    """The signs of the hints of the last hours, for the question "is this happening now?" on the family's page.

    That a home is not safe is not among them: nothing of it is shown there.
    """
    query = select(RedFlagStop.codes).where(RedFlagStop.consult_id == consult.id, RedFlagStop.is_hint)
    codes = [
        code for text in session.scalars(query.where(RedFlagStop.at > now - ASKED_FOR)) for code in text.split(",")
    ]
    return tuple(dict.fromkeys(code for code in codes if code != UNSAFE))
