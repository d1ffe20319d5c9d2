"""Children, and the caregivers who may act for them. Names and birth dates rest sealed."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult import audit
from econsult.belonging import in_program, numbered_within
from econsult.database import Base, Instant, PublicId, Sealed, SealedJson
from econsult.errors import ErasedError, InvalidError
from econsult.people.names import is_name
from econsult.people.pasted import pasted
from econsult.people.persons import LANGUAGES, Organization, Person, Program
from econsult.people.told_more import tell_more

SEXES = ("female", "male", "other", "unknown")
LONGEST_MARK = 40
ALIAS = "Child "
"""How an alias begins: what follows, letters and digits, tells one from another and is the same in every language."""
MARKS = ("nickname", "phone", "mrn", "region")
"""Texts of a line, of which each may be empty."""
RELATIONS = ("mother", "father", "parent", "guardian", "grandparent", "foster_parent", "agency", "other")


def alias_of(code: str) -> str:
    """The alias with these letters and digits."""
    return f"{ALIAS}{code}"


class Patient(PublicId, Base):
    """A child in the program. Specialists see alias, age, sex and region; the rest is for the medical home."""

    __tablename__ = "patient"
    __table_args__ = (
        numbered_within("patient"),
        *in_program("patient", organization_id="organization", registered_by_id="person"),
    )

    program_id: Mapped[int] = mapped_column(ForeignKey("program.id"))
    organization_id: Mapped[int | None] = mapped_column(ForeignKey("organization.id"), index=True)
    registered_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    name: Mapped[str] = mapped_column(Sealed("patient.name"))
    nickname: Mapped[str | None] = mapped_column(Sealed("patient.nickname"))
    """What the child is called at home, where somebody wrote it down."""
    birth_date_text: Mapped[str] = mapped_column("birth_date", Sealed("patient.birth_date"))
    phone: Mapped[str] = mapped_column(Sealed("patient.phone"), default="")
    mrn: Mapped[str] = mapped_column(Sealed("patient.mrn"), default="")
    sex: Mapped[str] = mapped_column(String(16), default="unknown")
    language: Mapped[str] = mapped_column(String(8), default="en")
    region: Mapped[str] = mapped_column(String(40), default="")
    alias: Mapped[str] = mapped_column(String(24))
    court_order: Mapped[str | None] = mapped_column(Sealed("patient.court_order"))
    """What a court said about who may act for the child, and where that is written: `econsult.linking`."""
    key_wrapped: Mapped[bytes] = mapped_column(LargeBinary)
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    """Grows with every change of what is written above, so that no stale page undoes another's: `people.former`."""
    created_at: Mapped[datetime] = mapped_column(Instant)
    ages_seen_at: Mapped[datetime | None] = mapped_column(Instant, index=True)
    """When the clock last looked at the child's age: `econsult.birthdays`."""
    erased_at: Mapped[datetime | None] = mapped_column(Instant)
    """When its keys were destroyed: `econsult.erasure`."""

    def check_kept(self) -> None:
        """Raise ErasedError where the record was erased. Who might have opened it is told when; others hear nothing."""
        if self.erased_at is not None:
            raise ErasedError(self.erased_at)

    @property
    def birth_date(self) -> date:
        """Raises ErasedError where nothing of it is left."""
        self.check_kept()
        return date.fromisoformat(self.birth_date_text)


class RelatedPerson(Base):
    """A caregiver's link to a child: relation, how long it lasts, and whether it carries legal authority.

    With authority until a day the link ends on that day, unless `ends_at` says until when its person may look in after
    it; before `authority_from` it opens nothing. `paper` says where it is written down. Since `barred_at` a court keeps
    this person from the child.
    """

    __tablename__ = "related_person"
    __table_args__ = (
        *in_program("related_person", patient_id="patient", person_id="person"),
        UniqueConstraint("patient_id", "person_id", name="uq_related_person"),
    )

    program_id: Mapped[int | None] = mapped_column(ForeignKey("program.id"))
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    relation: Mapped[str] = mapped_column(String(24))
    has_authority: Mapped[bool] = mapped_column(default=True)
    starts_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime | None] = mapped_column(Instant)
    authority_from: Mapped[datetime | None] = mapped_column(Instant)
    authority_until: Mapped[datetime | None] = mapped_column(Instant)
    paper: Mapped[str | None] = mapped_column(Sealed("related_person.paper"))
    barred_at: Mapped[datetime | None] = mapped_column(Instant)
    barred_ways: Mapped[dict[str, Any] | None] = mapped_column(SealedJson("related_person.barred_ways"))
    """By which addresses and numbers they could be reached on that day: `people.keptaway`."""
    proven_at: Mapped[datetime | None] = mapped_column(Instant)
    """When they typed the child's birth date; before that the link opens nothing: `people.mixups`."""
    proof_tries: Mapped[int] = mapped_column(default=0, server_default="0")

    @property
    def over_at(self) -> datetime | None:
        """When it ends: with the authority that it had, unless it is said until when its person may look in."""
        return self.ends_at or self.authority_until

    def speaks(self, now: datetime) -> bool:
        """Whether this person may decide for the child at this moment, as far as the link lets them act at all."""
        begun = self.authority_from is None or self.authority_from <= now
        return self.has_authority and begun and (self.authority_until is None or now < self.authority_until)


def age_in_months(birth_date: date, today: date) -> int:
    """Whole months of life; a birth date in the future counts as 0."""
    months = (today.year - birth_date.year) * 12 + today.month - birth_date.month
    return max(months - (today.day < birth_date.day), 0)


def add_patient(
    session: Session,
    program: Program,
    *,
    key_wrapped: bytes,
    name: str,
    birth_date: str,
    now: datetime,
    sex: str = "unknown",
    language: str = "en",
    organization: Organization | None = None,
    registered_by: Person | None = None,
    region: str = "",
    phone: str = "",
    mrn: str = "",
    nickname: str = "",
) -> Patient:
    """Register a child. Raises InvalidError naming each wrong field."""
    name, birth_date, phone, mrn = map(pasted, (name, birth_date, phone, mrn))
    region, nickname = map(pasted, (region, nickname))
    told = {"name": name, "birth_date": birth_date, "sex": sex, "language": language}
    check_child({**told, "nickname": nickname, "phone": phone, "mrn": mrn, "region": region}, now)
    patient = Patient(
        program_id=program.id,
        organization_id=organization.id if organization else None,
        registered_by_id=registered_by.id if registered_by else None,
        name=name,
        nickname=nickname or None,
        birth_date_text=date.fromisoformat(birth_date).isoformat(),
        phone=phone,
        mrn=mrn,
        sex=sex,
        language=language,
        region=region,
        alias=alias_of(secrets.token_hex(3).upper()),
        key_wrapped=key_wrapped,
        created_at=now,
    )
    session.add(patient)
    session.flush()
    note_patient(session, patient, "create", now, person_id=patient.registered_by_id)
    return patient


def note_patient(
    session: Session, patient: Patient, action: str, now: datetime, *, person_id: int | None, detail: str = ""
) -> None:
    """Add the audit row of something that was done with the child's record."""
    target = patient.public_id
    audit.record(session, action, "patient", target, now=now, person_id=person_id, patient_id=patient.id, detail=detail)


def check_child(told: Mapping[str, str], now: datetime, *, since: datetime | None = None) -> None:
    """Raise InvalidError naming each field of a child's record that cannot be.

    Somebody is a child here who was under 21 when they were registered, which is now or `since` then.
    """
    wrong: dict[str, str] = {}
    name, born = told["name"], day_of(told["birth_date"])
    if not is_name(name):
        wrong["name"] = "invalid" if name else "required"
    if told["sex"] not in SEXES:
        wrong["sex"] = "unknown_value"
    if told["language"] not in LANGUAGES:
        wrong["language"] = "unknown_value"
    if born is None:
        wrong["birth_date"] = "invalid"
    elif born > now.date():
        wrong["birth_date"] = "in_future"
    elif age_in_months(born, (since or now).date()) >= 21 * 12:
        wrong["birth_date"] = "not_under_21"
    marks = (mark for mark in MARKS if not told[mark].isprintable() or len(told[mark]) > LONGEST_MARK)
    wrong |= dict.fromkeys(marks, "invalid")
    if wrong:
        is_mark = set(wrong) <= set(MARKS)
        of_child, of_marks = (
            "child's name, birth date, sex and language",
            "name at home, telephone, record number, region",
        )
        which = of_marks if is_mark else of_child
        raise InvalidError(f"Please check the {which}.", wrong)


def day_of(text: str) -> date | None:
    """A day as `2020-01-31`; Python would read other forms of it too, which programs then compare in vain."""
    try:
        return date.fromisoformat(text) if len(text) == len("2020-01-31") and "W" not in text else None
    except ValueError:
        return None


def link_caregiver(
    session: Session,
    patient: Patient,
    person: Person,
    relation: str,
    now: datetime,
    *,
    has_authority: bool = True,
    by_id: int | None = None,
    is_proven: bool = True,
) -> RelatedPerson:
    """Let the caregiver act for the child from now on; a link that was there is replaced.

    Where it is not proven that the right person has the account, it waits for that (`people.mixups`).
    Raises InvalidError for whom a court keeps from the child.
    """
    if relation not in RELATIONS:
        raise InvalidError("This relation is not known.", {"relation": "unknown_value"})
    known = select(RelatedPerson).where(RelatedPerson.patient_id == patient.id, RelatedPerson.person_id == person.id)
    link = session.scalars(known).one_or_none() or RelatedPerson(patient_id=patient.id, person_id=person.id)
    if link.barred_at is not None:
        raise InvalidError("A court keeps this person from the child.", {"person": "barred"})
    link.program_id, link.authority_from, link.authority_until, link.paper = patient.program_id, None, None, None
    link.relation, link.has_authority, link.starts_at, link.ends_at = relation, has_authority, now, None
    link.proven_at, link.proof_tries = (link.proven_at or now) if is_proven else link.proven_at, 0
    session.add(link)
    note_patient(session, patient, "link_caregiver", now, person_id=by_id or person.id, detail=relation)
    tell_more(session, patient.id, now)
    session.flush()
    return link
