"""Who may act for a child at this moment: the one rule by which `access` and everybody else decides.

A link lets a caregiver act while it lasts, which is as long as the authority that it carries, while no court bars them
and while the child is under age. From the day on
which the child is grown up (`ages`), it needs something on file: a guardianship, or the word of the young person. Both
have a start, may have an end, and can be ended at once; every request asks anew.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import BindParameter, ColumnElement, ForeignKey, Select, String, and_, bindparam, func, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult.belonging import in_program
from econsult.database import NO_KEY, Base, Instant, PublicId, Sealed
from econsult.errors import ForbiddenError, InvalidError, NotFoundError
from econsult.people.ages import age_on, ages_of, birthday, day_begins, local_day
from econsult.people.deaths import Death
from econsult.people.patients import Patient, RelatedPerson, day_of, note_patient
from econsult.people.persons import NAMES_STAY_SHUT, Person
from econsult.picking import one_of

SELF = "self"
"""The relation of a young person to their own record: nobody's proxy, and without an end at majority."""
SHORTEST_PAPER, LONGEST_PAPER = 5, 500


class Basis(StrEnum):
    """What lets a caregiver go on acting for somebody who is grown up."""

    GUARDIANSHIP = "guardianship"
    YOUTH = "youth"


class ProxyGrant(PublicId, Base):
    """One such basis for one caregiver. `paper` says where it is written down."""

    __tablename__ = "proxy_grant"
    __table_args__ = in_program(
        "proxy_grant", patient_id="patient", person_id="person", recorded_by_id="person", ended_by_id="person"
    )

    program_id: Mapped[int | None] = mapped_column(ForeignKey("program.id"))
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    basis: Mapped[str] = mapped_column(String(16))
    paper: Mapped[str] = mapped_column(Sealed("proxy_grant.paper"))
    starts_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime | None] = mapped_column(Instant)
    recorded_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    def is_live(self, now: datetime) -> bool:
        return self.starts_at <= now and not self.is_over(now)

    def is_over(self, now: datetime) -> bool:
        return self.ends_at is not None and self.ends_at <= now


@dataclass(frozen=True)
class GrantForm:
    """A basis as somebody writes it down: from when, until when, and where the paper is."""

    basis: str
    paper: str
    starts_at: datetime
    ends_at: datetime | None = None

    def __post_init__(self) -> None:
        wrong: dict[str, str] = {}
        if self.basis not in tuple(Basis):
            wrong["basis"] = "unknown_value"
        if not SHORTEST_PAPER <= len(self.paper.strip()) <= LONGEST_PAPER:
            wrong["paper"] = "required"
        if self.ends_at is not None and self.ends_at <= self.starts_at:
            wrong["ends"] = "not_after_start"
        if wrong:
            raise InvalidError("Say on what it rests, where that is written, and from when until when.", wrong)


def caregiver_link(session: Session, patient_id: int, person_id: int, now: datetime) -> RelatedPerson | None:
    """The link by which this person may act for the child at this moment, if any."""
    link = session.scalars(_link(), {"child": patient_id, "person": person_id, "now": now}).one_or_none()
    return link if link is not None and is_proxy(session, link, now) else None


def links_of(session: Session, person: Person, now: datetime) -> list[RelatedPerson]:
    """All links by which this person may act for a child at this moment."""
    return [link for link in lasting_links(session, person, now) if is_proxy(session, link, now)]


def lasting_links(session: Session, person: Person, now: datetime) -> list[RelatedPerson]:
    """The links of this person that last, whether or not they let them act."""
    return list(session.scalars(_lasting(now).where(RelatedPerson.person_id == person.id)))


def has_grown_up(session: Session, person: Person, now: datetime) -> bool:
    """Whether somebody for whom this person could act is grown up, and nothing else keeps the right."""
    proven = [link for link in lasting_links(session, person, now) if link.proven_at is not None]
    return any(not is_proxy(session, link, now) for link in proven)


def caregivers_of(
    session: Session, patient_id: int, now: datetime, *, is_named: bool = False, only_self: bool = False
) -> list[Person]:
    """The active people who may act for the child at this moment; with their names where a page shows those.

    A young person with an account of their own is one of them, and the only one for what is confidential.
    """
    links = active_links(session, patient_id, now, is_named=is_named)
    if only_self:
        return [person for link, person in links if link.relation == SELF and link.proven_at is not None]
    return [person for link, person in links if is_proxy(session, link, now)]


def active_links(
    session: Session, patient_id: int, now: datetime, *, is_named: bool = True
) -> list[tuple[RelatedPerson, Person]]:
    """The links of active people that last, whether or not the child is grown up."""
    return [(link, person) for link, person in session.execute(_links(is_named), {"child": patient_id, "now": now})]


def links_on_file(session: Session, patient_id: int) -> list[tuple[RelatedPerson, Person]]:
    """The links of caregivers that no court ended: those that last, those that are over or not begun, and those of
    somebody whose account is closed, whom a court may keep away all the same.
    """
    query = select(RelatedPerson, Person).join(Person, Person.id == RelatedPerson.person_id)
    query = query.where(RelatedPerson.patient_id == patient_id, RelatedPerson.barred_at.is_(None))
    found = session.execute(query.where(RelatedPerson.relation != SELF).order_by(Person.id))
    return [(link, person) for link, person in found]


_FAMILIES = (
    select(RelatedPerson.patient_id, Person)
    .join(Person, Person.id == RelatedPerson.person_id)
    .where(one_of(RelatedPerson.patient_id, "children"))
    .order_by(Person.id)
)


def families_of(session: Session, patient_ids: Iterable[int]) -> list[tuple[int, Person]]:
    """Everybody who is or was linked to these children, each with the child's id."""
    return [(number, person) for number, person in session.execute(_FAMILIES, {"children": list(patient_ids)})]


def is_proxy(session: Session, link: RelatedPerson, now: datetime) -> bool:
    """Whether a link that lasts lets its person act: it is proven, and the child under age or something on file."""
    if link.proven_at is None:
        return False
    grown_at = None if link.relation == SELF else grown_up_at(session, link.patient_id)
    if grown_at is None or now < grown_at:
        return True
    return any(grant.is_live(now) for grant in _grants(session, link))


def right_until(session: Session, link: RelatedPerson, now: datetime) -> datetime | None:
    """Until when the link lets its person act, by all that is on file; None where no end is known."""
    until = None if link.relation == SELF else grown_up_at(session, link.patient_id)
    if until is not None:
        until = max(until, now)
        for grant in sorted(_grants(session, link), key=lambda each: each.starts_at):
            if grant.starts_at <= until and not grant.is_over(until):
                until = grant.ends_at
            if until is None:
                break
    return min((end for end in (until, link.over_at) if end is not None), default=None)


_BORN_AND_DIED = (
    select(Patient.birth_date_text, Patient.program_id, Death)
    .outerjoin(Death, and_(Death.patient_id == Patient.id, Death.taken_back_at.is_(None)))
    .where(Patient.id == bindparam("child"))
)


def grown_up_at(session: Session, patient_id: int) -> datetime | None:
    """When the child comes of age in its program; None where nobody knows the birth date, and for one who died before:
    what a family may read of its child no birthday ends that never came.
    """
    text, program_id, death = session.execute(_BORN_AND_DIED, {"child": patient_id}).one()
    born = day_of(text)
    if born is None:
        return None
    grown_at = day_begins(session, birthday(born, ages_of(session, program_id).majority))
    died_at = None if death is None else day_begins(session, death.day) if death.day else death.noted_at
    return None if died_at is not None and died_at < grown_at else grown_at


def is_old_enough(session: Session, patient: Patient, now: datetime) -> bool:
    """Whether the program gives somebody of this age an account; not where nobody knows the birth date."""
    born = day_of(patient.birth_date_text)
    return born is not None and age_on(born, local_day(session, now)) >= ages_of(session, patient.program_id).youth


def check_speaks(
    session: Session, patient_id: int, person: Person, now: datetime, *, needs_authority: bool = True
) -> None:
    """Raise ForbiddenError where the caregiver may not answer for the child; a no needs no legal authority."""
    link = caregiver_link(session, patient_id, person.id, now)
    if link is None or (needs_authority and not link.speaks(now)):
        raise ForbiddenError("Only somebody with legal authority for the child can consent.")


def end_link(session: Session, patient: Patient, person: Person, now: datetime, *, by_id: int | None = None) -> bool:
    """Let the caregiver act for the child no longer; False where no link lasted. `by_id` is of the staff."""
    one = select(RelatedPerson).where(RelatedPerson.patient_id == patient.id, RelatedPerson.person_id == person.id)
    link = session.scalars(one.where(RelatedPerson.barred_at.is_(None))).one_or_none()
    if link is not None and link.over_at is not None and link.over_at <= now:
        link = None
    if link is not None:
        # What has not begun ends as well.
        link.ends_at = now
        note_patient(session, patient, "unlink_caregiver", now, person_id=by_id)
    return link is not None


def grant_proxy(
    session: Session, patient: Patient, caregiver: Person, form: GrantForm, staff: Person, *, now: datetime
) -> ProxyGrant:
    """Write down why this caregiver may act for somebody who is grown up. Raises NotFoundError without a link."""
    if all(person.id != caregiver.id for _, person in active_links(session, patient.id, now)):
        raise NotFoundError
    grant = ProxyGrant(
        program_id=patient.program_id,
        patient_id=patient.id,
        person_id=caregiver.id,
        basis=form.basis,
        paper=form.paper.strip(),
        starts_at=form.starts_at,
        ends_at=form.ends_at,
        recorded_by_id=staff.id,
        recorded_at=now,
    )
    session.add(grant)
    session.flush()
    note_patient(session, patient, "grant_proxy", now, person_id=staff.id, detail=form.basis)
    return grant


def grants_of(session: Session, patient: Patient) -> list[ProxyGrant]:
    """Everything that was ever on file for this child, newest first."""
    query = select(ProxyGrant).where(ProxyGrant.patient_id == patient.id)
    return list(session.scalars(query.order_by(ProxyGrant.id.desc())))


def end_grant(session: Session, patient: Patient, public_id: str, staff: Person, now: datetime) -> None:
    """Take it back: the next request finds it gone. A second time changes nothing. Raises NotFoundError."""
    query = select(ProxyGrant).where(ProxyGrant.public_id == public_id, ProxyGrant.patient_id == patient.id)
    grant = session.scalars(query.with_for_update(key_share=True)).one_or_none()
    if grant is None:
        raise NotFoundError
    session.refresh(grant, with_for_update=NO_KEY)
    if not grant.is_over(now):
        grant.ends_at, grant.ended_by_id = now, staff.id
        note_patient(session, patient, "end_proxy", now, person_id=staff.id, detail=grant.basis)
        session.flush()


def _grants(session: Session, link: RelatedPerson) -> list[ProxyGrant]:
    query = select(ProxyGrant).where(ProxyGrant.patient_id == link.patient_id, ProxyGrant.person_id == link.person_id)
    return list(session.scalars(query))


@functools.cache
def _link() -> Select[RelatedPerson]:
    mine = RelatedPerson.patient_id == bindparam("child"), RelatedPerson.person_id == bindparam("person")
    return select(RelatedPerson).where(*mine, _lasts(bindparam("now")))


@functools.cache
def _links(is_named: bool) -> Select[RelatedPerson, Person]:
    query = select(RelatedPerson, Person).join(Person, Person.id == RelatedPerson.person_id)
    query = query.where(RelatedPerson.patient_id == bindparam("child"), Person.is_active, _lasts(bindparam("now")))
    return query.order_by(Person.id).options(*(() if is_named else NAMES_STAY_SHUT))


def _lasts(now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    over_at = func.coalesce(RelatedPerson.ends_at, RelatedPerson.authority_until)
    begun = or_(RelatedPerson.authority_from.is_(None), RelatedPerson.authority_from <= now)
    lasts = or_(over_at.is_(None), over_at > now)
    return and_(RelatedPerson.starts_at <= now, begun, lasts, RelatedPerson.barred_at.is_(None))


def _lasting(now: datetime) -> Select[RelatedPerson]:
    return select(RelatedPerson).where(_lasts(now))
