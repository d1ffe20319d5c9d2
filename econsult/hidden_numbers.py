"""Telephone numbers of families that nobody is shown any more, because whoever read one would call there."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from sqlalchemy import select, union
from sqlalchemy.orm import Session

from econsult.consults.records import Consult, RedFlagStop
from econsult.consults.redflags import UNSAFE
from econsult.home_safety import HomeWord
from econsult.people.keptaway import reaches_kept
from econsult.people.patients import Patient, RelatedPerson
from econsult.stops import unsafe_home


class Hidden(StrEnum):
    """Why a number is not shown."""

    HOME = "home_not_safe"
    COURT = "court"


def why_hidden(session: Session, patient: Patient, number: str) -> Hidden | None:
    """Why nobody must call this number of the child's family; None where it may be shown.

    Of words that only may tell of a home that is not safe, nothing is hidden: somebody reads them first.
    """
    if not number:
        return None
    told = unsafe_home(session, patient.id)
    if told is not None and not told.is_hint:
        return Hidden.HOME
    return Hidden.COURT if reaches_kept(session, patient, number) else None


def hidden_on_file(session: Session, patients: Iterable[Patient]) -> dict[int, Hidden]:
    """The children, by id, whose number on file must not be shown, and why: one query where there are none."""
    known = {patient.id: patient for patient in patients if patient.phone}
    # The sign may be one of several, and may have been taken back; which home is not safe in truth is read below.
    said = (Consult.patient_id.in_(known), RedFlagStop.codes.contains(UNSAFE))
    of_stops = select(Consult.patient_id).join(RedFlagStop, RedFlagStop.consult_id == Consult.id).where(*said)
    of_words = select(HomeWord.patient_id).where(HomeWord.patient_id.in_(known))
    kept = (RelatedPerson.patient_id.in_(known), RelatedPerson.barred_at.is_not(None))
    found = session.scalars(union(of_stops, of_words, select(RelatedPerson.patient_id).where(*kept)))
    why = {number: why_hidden(session, known[number], known[number].phone) for number in found.all()}
    return {number: reason for number, reason in why.items() if reason is not None}
