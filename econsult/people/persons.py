"""Programs, clinics and the people who sign in."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import cast

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint, bindparam, false, select, text, update
from sqlalchemy.orm import Mapped, MappedColumn, Session, column_property, defer, mapped_column

from econsult import audit
from econsult.belonging import in_program, numbered_within
from econsult.codes import Code
from econsult.database import Base, Instant, PublicId, Sealed, TextCipher
from econsult.errors import InvalidError
from econsult.people.names import check_name
from econsult.people.pasted import pasted


class Role(StrEnum):
    CAREGIVER = "caregiver"
    PCP = "pcp"
    SPECIALIST = "specialist"
    COORDINATOR = "coordinator"
    TELEPRESENTER = "telepresenter"
    DIRECTOR = "director"
    PRIVACY = "privacy"
    ADMIN = "admin"
    YOUTH = "youth"
    """A young patient with an account of their own."""
    INVITED = "invited"
    """A device that an invitation let in. It has no account."""


HOUSEHOLD = (Role.CAREGIVER, Role.YOUTH)
"""Who has an account of the family's."""
FAMILIES = frozenset({*HOUSEHOLD, Role.INVITED})
STAFF = frozenset(Role) - FAMILIES

SPECIALTIES = (
    "dermatology", "cleft", "neurology", "endocrinology", "nephrology", "genetics",
    "metabolic", "cardiology", "gastroenterology", "cystic_fibrosis", "asthma",
)  # fmt: skip
LANGUAGES = ("en", "es")
EMAIL = "person.email"


class Program(PublicId, Base):
    """A children's program: the tenant that everything belongs to. Its key is wrapped by the master key.

    `former_key_wrapped` is that of the version before, while children's keys may be under it (`econsult.rekeying`);
    `key_changed_at` says since when there has been another than the first, `erased_at` when it was destroyed. As the
    watch over desks found it, `desk_empty_since` says since when no coordinator is there, of one that `has_had_desk`.
    """

    __tablename__ = "program"

    name: Mapped[str] = mapped_column(String(120))
    key_wrapped: Mapped[bytes] = mapped_column(LargeBinary)
    key_version: Mapped[int] = mapped_column(default=1, server_default="1")
    former_key_wrapped: Mapped[bytes | None] = mapped_column(LargeBinary)
    key_changed_at: Mapped[datetime | None] = mapped_column(Instant)
    created_at: Mapped[datetime] = mapped_column(Instant)
    erased_at: Mapped[datetime | None] = mapped_column(Instant)
    has_had_desk: Mapped[bool] = mapped_column(default=False, server_default=false())
    desk_empty_since: Mapped[datetime | None] = mapped_column(Instant)
    names_shown: Mapped[str] = mapped_column(String(16), default="exception", server_default="exception")


class Organization(PublicId, Base):
    """A clinic: the medical home of children and the site of staff. `state` is where licences must hold.

    `time_zone` is that of its people who have chosen none; empty is the program's. `empty_since` is when the watch over
    clinics found that none of its clinicians is there, for as long as that lasts.
    """

    __tablename__ = "organization"
    __table_args__ = (numbered_within("organization"),)

    program_id: Mapped[int] = mapped_column(ForeignKey("program.id"))
    name: Mapped[str] = mapped_column(String(120))
    phone: Mapped[str] = mapped_column(String(40), default="")
    state: Mapped[str] = mapped_column(String(2), default="")
    time_zone: Mapped[str] = mapped_column(String(40), default="", server_default="")
    empty_since: Mapped[datetime | None] = mapped_column(Instant)


_IS_CLOSED = text("NOT is_active AND role NOT IN ('caregiver', 'youth', 'invited')")
_IS_OF_CLINIC = text("organization_id IS NOT NULL")
CLOSED = (text("NOT person.is_active"), text("person.role NOT IN ('caregiver', 'youth', 'invited')"))
"""Accounts of staff that are closed: the words of the index that finds them among all families."""


class Person(PublicId, Base):
    """Somebody who signs in. The e-mail address is sealed; `email_index` finds it without revealing it.

    Whoever is in several programs has an account in each, one password for all. `came_in_at`: first session or token.
    What no page of theirs needs is deferred: damage there closes none. `codes_offered_at`: see `people.standing`.
    """

    __tablename__ = "person"
    __table_args__ = (
        UniqueConstraint("program_id", "email_index", name="uq_person_email_in_program"),
        Index("ix_person_email_index", "email_index"),
        numbered_within("person"),
        *in_program("person", organization_id="organization"),
        Index("ix_person_closed", "id", sqlite_where=_IS_CLOSED, postgresql_where=_IS_CLOSED),
        Index(
            *("ix_person_clinic", "organization_id", "role", "is_active"),
            sqlite_where=_IS_OF_CLINIC,
            postgresql_where=_IS_OF_CLINIC,
        ),
    )

    program_id: Mapped[int] = mapped_column(ForeignKey("program.id"))
    organization_id: Mapped[int | None] = mapped_column(ForeignKey("organization.id"))
    role: Mapped[str] = mapped_column(Code(16))
    name: Mapped[str] = mapped_column(Sealed("person.name"))
    email: Mapped[str] = mapped_column(Sealed(EMAIL))
    email_index: Mapped[str] = mapped_column(String(100))
    language: Mapped[str] = mapped_column(String(8), default="en")
    time_zone: Mapped[str] = mapped_column(String(40), default="")
    channel: Mapped[str] = mapped_column(String(8), default="email", server_default="email")
    quiet_hours: Mapped[str] = mapped_column(String(5), default="", server_default="")
    password_hash: Mapped[str | None] = mapped_column(Sealed("person.password_hash"), deferred=True)
    """Sealed as well as hashed, so that nobody guesses passwords who has the database and not the keys (a pepper)."""
    has_password: Mapped[bool] = column_property(cast("MappedColumn[str | None]", password_hash).column.is_not(None))
    is_active: Mapped[bool] = mapped_column(default=True)
    codes_offered_at: Mapped[datetime | None] = mapped_column(Instant, deferred=True)
    came_in_at: Mapped[datetime | None] = mapped_column(Instant, deferred=True)
    created_at: Mapped[datetime] = mapped_column(Instant, deferred=True)

    @property
    def is_staff(self) -> bool:
        return self.role in STAFF


NAMES_STAY_SHUT = (defer(Person.name), defer(Person.email))
"""For who is only told of something: one name that no key opens must not keep the others from hearing of it."""


class PractitionerSpecialty(Base):
    """Which pools a specialist answers for."""

    __tablename__ = "practitioner_specialty"
    __table_args__ = (UniqueConstraint("person_id", "specialty", name="uq_practitioner_specialty"),)

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    specialty: Mapped[str] = mapped_column(String(32), index=True)


def add_organization(session: Session, program: Program, name: str, phone: str = "", state: str = "") -> Organization:
    """Make a clinic. `state` is the two-letter code in which its specialists must be licensed; empty asks for none."""
    organization = Organization(program_id=program.id, name=name, phone=phone, state=state)
    session.add(organization)
    session.flush()
    return organization


def organization_by_name(session: Session, program: Program, name: str) -> Organization | None:
    """The program's clinic of exactly this name."""
    own = select(Organization).where(Organization.program_id == program.id, Organization.name == name)
    return session.scalars(own.limit(1)).one_or_none()


def add_person(
    session: Session,
    cipher: TextCipher,
    program: Program,
    *,
    email: str,
    name: str,
    role: Role,
    now: datetime,
    organization: Organization | None = None,
    language: str = "en",
    specialties: tuple[str, ...] = (),
    by_id: int | None = None,
) -> Person:
    """Make an account. Raises InvalidError for an address that is taken or is no address, or a name that is none.

    Taken is what somebody of this program signs in with; of others nobody here is told.
    """
    email, name = pasted(email), pasted(name)
    if not is_address(email):
        raise InvalidError("This is not an e-mail address.", {"email": "invalid"})
    check_name(name)
    here = Person.email_index.in_(indexes := address_indexes(cipher, email)), Person.program_id == program.id
    if session.scalar(select(Person.id).where(*here)) is not None:
        raise InvalidError("Somebody already uses this e-mail address.", {"email": "taken"})
    person = Person(
        program_id=program.id,
        organization_id=organization.id if organization else None,
        role=role,
        name=name,
        email=email,
        email_index=cipher.blind_index(email, EMAIL),
        language=language if language in LANGUAGES else "en",
        created_at=now,
    )
    session.add(person)
    session.flush()
    share_password(session, person, indexes)
    session.add_all(PractitionerSpecialty(person_id=person.id, specialty=name) for name in specialties)
    audit.record_operator(session, "create", "person", person, now=now, by_id=by_id)
    return person


def share_password(session: Session, person: Person, indexes: list[str]) -> None:
    """Give an account the password that its address has, in one statement that is the same where it has none.

    Only an open account has one to give: an address may have got another owner since one was closed.
    """
    sealed = Person.__table__.alias("elsewhere")
    known = select(sealed.c.password_hash).where(
        sealed.c.email_index.in_(indexes), sealed.c.password_hash.is_not(None), sealed.c.is_active
    )
    shared = known.where(sealed.c.id != person.id).order_by(sealed.c.id).limit(1).scalar_subquery()
    own = update(Person).where(Person.id == person.id).values(password_hash=shared)
    session.execute(own.execution_options(synchronize_session=False))
    session.refresh(person, ["has_password"])


def is_address(email: str) -> bool:
    """Whether a letter could go there; only the mail server knows whether it arrives."""
    local, _, domain = email.strip().rpartition("@")
    return bool(local and domain and email.isprintable()) and len(email) <= 254 and " " not in email.strip()


def address_indexes(cipher: TextCipher, email: str) -> list[str]:
    """What finds an address, however it is spelt, and what is counted of it."""
    return cipher.blind_indexes(pasted(email), EMAIL)


def person_by_email(session: Session, cipher: TextCipher, email: str, program_id: int | None = None) -> Person | None:
    """The open account at this address, in one program or else the oldest of all."""
    return next((each for each in people_at(session, cipher, email) if program_id in (None, each.program_id)), None)


def people_at(session: Session, cipher: TextCipher, email: str, *, is_active: bool = True) -> list[Person]:
    """Whose open accounts (or closed ones) are at this address: one in each program at most, the oldest first."""
    sought = Person.email_index.in_(address_indexes(cipher, email)), Person.is_active.is_(is_active)
    return list(session.scalars(select(Person).where(*sought).order_by(Person.id)))


def choose_language(session: Session, person: Person, language: str, now: datetime) -> None:
    """Keep the language in which this person reads pages and notices. Raises InvalidError for an unknown one."""
    if language not in LANGUAGES:
        raise InvalidError("This language is not known.", {"language": "unknown_value"})
    session.get_one(Person, person.id).language = language
    detail = f"language/{language}"
    audit.record(session, "edit", "person", person.public_id, now=now, person_id=person.id, detail=detail)


def specialties_of(session: Session, person: Person) -> frozenset[str]:
    rows = select(PractitionerSpecialty.specialty).where(PractitionerSpecialty.person_id == person.id)
    return frozenset(session.scalars(rows))


def member_of(session: Session, by: Person, public_id: str) -> Person | None:
    """Somebody of one's own program, by the public id; None for nobody."""
    query = select(Person).where(Person.public_id == public_id, Person.program_id == by.program_id, Person.is_active)
    return session.scalars(query).one_or_none()


def specialists_for(session: Session, program_id: int, specialty: str, *, is_named: bool = True) -> list[Person]:
    """The pool: every active specialist who answers for the specialty; whoever shows no name asks for none."""
    query = (
        select(Person)
        .join(PractitionerSpecialty, PractitionerSpecialty.person_id == Person.id)
        .where(Person.program_id == program_id, Person.is_active, PractitionerSpecialty.specialty == specialty)
        .order_by(Person.id)
        .options(*(() if is_named else NAMES_STAY_SHUT))
    )
    return list(session.scalars(query))


POOLS = (
    select(PractitionerSpecialty.specialty, Person)
    .join(Person, Person.id == PractitionerSpecialty.person_id)
    .where(Person.program_id == bindparam("program"), Person.is_active)
    .options(*NAMES_STAY_SHUT)
    .order_by(Person.id)
)
"""Made once: the clock process asks it in every batch."""


def pools_of(session: Session, program_id: int) -> dict[str, list[Person]]:
    """Every specialty's pool in one look-up. Names and addresses stay sealed until somebody asks for them."""
    found: dict[str, list[Person]] = {}
    for specialty, person in session.execute(POOLS, {"program": program_id}):
        found.setdefault(specialty, []).append(person)
    return found


def team_of(session: Session, organization_id: int | None, role: Role = Role.PCP) -> list[Person]:
    """The active people of a clinic in one role. Names and addresses stay sealed until somebody asks for them."""
    query = select(Person).where(Person.organization_id == organization_id, Person.role == role, Person.is_active)
    return list(session.scalars(query.order_by(Person.id).options(*NAMES_STAY_SHUT)))
