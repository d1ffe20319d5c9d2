"""What staff know of a home beside danger signs: that it is not safe, told face to face, or that it is safe again.

A warning that never ends is read no more, and one that anybody may end protects nobody. So the clinic, the care
coordination and who presents the child may warn, at once and without a form's detour; that it is over says a clinician
of the child's own medical home, with a reason. Nothing of either is shown to the family: who hurts them may read it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult.belonging import in_program
from econsult.consults.desks import STAND_INS
from econsult.database import Base, Instant, Sealed
from econsult.errors import ForbiddenError, InvalidError
from econsult.people.pasted import pasted
from econsult.people.patients import Patient, note_patient
from econsult.people.persons import Person, Role

WARNERS = (Role.PCP, Role.COORDINATOR, Role.TELEPRESENTER)
"""Who speaks with families: they warn, and read each other's warnings."""
KNOW_WAYS = (Role.PCP, Role.COORDINATOR, *STAND_INS)
"""Who reads how a family is reached safely: the clinic, the desk, and whoever calls in its place."""
READERS = (*WARNERS, *STAND_INS)
"""Who reads that a home is not safe, of a child whom they may know: whoever may call it."""
LEAST, LONGEST = 12, 500
"""Letters of the reason why a home is safe again; the safe way of a warning may be empty."""
ACT = "home_safety"
"""The name of the act in the audit trail. A family's own log leaves it out."""


class HomeWord(Base):
    """One time that somebody of the staff said of a home whether it is safe.

    `words` are the safe way to reach the family where it is not safe, and the reason where it is safe again.
    """

    __tablename__ = "home_word"
    __table_args__ = in_program("home_word", patient_id="patient", by_id="person")

    program_id: Mapped[int] = mapped_column(ForeignKey("program.id"))
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id"), index=True)
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    is_safe: Mapped[bool]
    words: Mapped[str] = mapped_column(Sealed("home_word.words"))
    at: Mapped[datetime] = mapped_column(Instant)


@dataclass(frozen=True)
class HomeForm:
    """What somebody says of a home."""

    is_safe: bool
    words: str


def may_end(staff: Person, child: Patient) -> bool:
    """Whether this person may say that the home is safe again."""
    return staff.role == Role.PCP and staff.organization_id == child.organization_id


def say(session: Session, child: Patient, form: HomeForm, staff: Person, *, now: datetime) -> HomeWord:
    """Write it down. `child` comes from `access`.

    Raises ForbiddenError for others than `WARNERS`, or than a clinician of the medical home where it ends a warning;
    ErasedError; InvalidError for a reason that says nothing or words that are too long.
    """
    if staff.role not in WARNERS or (form.is_safe and not may_end(staff, child)):
        raise ForbiddenError("A clinician of the child's medical home says that a home is safe again.")
    child.check_kept()
    words = pasted(form.words)
    if form.is_safe and len(words) < LEAST:
        raise InvalidError("Say why the home is safe again.", {"home": "too_short"})
    if len(words) > LONGEST:
        raise InvalidError("These words are too long.", {"home": "too_long"})
    word = HomeWord(
        program_id=child.program_id, patient_id=child.id, by_id=staff.id, is_safe=form.is_safe, words=words, at=now
    )
    session.add(word)
    session.flush()
    note_patient(session, child, ACT, now, person_id=staff.id, detail="safe" if form.is_safe else "not_safe")
    return word


def words_on(session: Session, patient_id: int) -> list[HomeWord]:
    """All that was said of this home, the newest first."""
    query = select(HomeWord).where(HomeWord.patient_id == patient_id)
    return list(session.scalars(query.order_by(HomeWord.at.desc(), HomeWord.id.desc())))
