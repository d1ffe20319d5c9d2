"""What somebody writes down while a family telephones: kept sealed until it is sent, for whoever writes it alone.

No family and no colleague reads it, nothing tells that it is there, and it goes with the child's record.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult.belonging import in_program
from econsult.database import Base, Instant, SealedJson
from econsult.errors import InvalidError, StaleVersionError
from econsult.people.patients import Patient
from econsult.people.persons import Person

LONGEST = 200_000
"""So many characters of names and values in one form."""
SIGNS = ("no_signs", "red_flags")
"""The fields that answer whether a danger sign is there."""
Fields = Sequence[tuple[str, str]]


class CallDraft(Base):
    """One form about one child by one person; `content` holds its `fields` as pairs of name and value, in order, and
    since when they say the same of danger signs.

    `saves` counts its saves, so that a second window does not write over what it has not seen.
    """

    __tablename__ = "call_draft"
    __table_args__ = (
        *in_program("call_draft", patient_id="patient", person_id="person"),
        UniqueConstraint("patient_id", "person_id", name="uq_call_draft"),
    )

    program_id: Mapped[int] = mapped_column(ForeignKey("program.id"))
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    saves: Mapped[int]
    content: Mapped[dict[str, Any]] = mapped_column(SealedJson("call_draft.content"))
    saved_at: Mapped[datetime] = mapped_column(Instant)

    @property
    def fields(self) -> list[tuple[str, str]]:
        """The form as it was written."""
        return [(str(name), str(value)) for name, value in self.content["fields"]]

    @property
    def signs_at(self) -> datetime:
        """When somebody answered about danger signs as it stands there now."""
        told = self.content.get("signs_at")
        return min(datetime.fromisoformat(told), self.saved_at) if told else self.saved_at


def call_draft_of(session: Session, child: Patient, person: Person) -> CallDraft | None:
    """What this person has written about a call and not sent, if there is something."""
    query = select(CallDraft).where(CallDraft.patient_id == child.id, CallDraft.person_id == person.id)
    return session.scalars(query).one_or_none()


def with_call_drafts(session: Session, children: Iterable[Patient], person: Person) -> set[int]:
    """The ids of those children about whom this person has a call that was not sent."""
    ids = [child.id for child in children]
    query = select(CallDraft.patient_id).where(CallDraft.person_id == person.id, CallDraft.patient_id.in_(ids))
    return set(session.scalars(query))


def keep_call(
    session: Session, child: Patient, person: Person, fields: Fields, *, now: datetime, seen: int
) -> CallDraft:
    """Keep the form as it stands now. `seen` is the count that its page holds, 0 where it began with an empty form.

    The very same words once more change nothing: the answer to their first save got lost. Raises StaleVersionError
    where another window saved, sent or threw it away; InvalidError where it is too long; ErasedError.
    """
    if sum(len(name) + len(value) for name, value in fields) > LONGEST:
        raise InvalidError("This is too long to be kept.", {"form": "too_long"})
    # One save after the other, and none into a record that is being erased meanwhile.
    query = select(Patient).where(Patient.id == child.id).with_for_update(key_share=True)
    session.scalars(query.execution_options(populate_existing=True)).one().check_kept()
    draft = call_draft_of(session, child, person)
    written: dict[str, Any] = {"fields": [list(pair) for pair in fields]}
    if draft is not None and draft.content["fields"] == written["fields"]:
        return draft
    if seen != (draft.saves if draft else 0):
        raise StaleVersionError("This call was saved, sent or thrown away in another window; nothing was written over.")
    is_same = draft is not None and signs_in(draft.fields) == signs_in(fields)
    written["signs_at"] = (draft.signs_at if draft is not None and is_same else now).isoformat()
    if draft is None:
        draft = CallDraft(program_id=child.program_id, patient_id=child.id, person_id=person.id, saves=0)
        session.add(draft)
    draft.content, draft.saves, draft.saved_at = written, draft.saves + 1, now
    session.flush()
    return draft


def signs_in(fields: Fields) -> set[tuple[str, str]]:
    """What a form says of danger signs."""
    return {(name, value) for name, value in fields if name in SIGNS}


def end_call(session: Session, child: Patient, person: Person, fields: Fields, *, seen: int) -> bool:
    """Forget what was written: it is sent, or not wanted. What another window has written since stays there."""
    draft = call_draft_of(session, child, person)
    if draft is None or (seen != draft.saves and draft.fields != [tuple(pair) for pair in fields]):
        return False
    session.delete(draft)
    session.flush()
    return True
