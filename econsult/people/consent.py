"""Consent as it was given: which text, in which language, by whom, how and when."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, ForeignKeyConstraint, String, bindparam, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult import audit
from econsult.belonging import about_child, in_program, program_of
from econsult.database import Base, Instant
from econsult.errors import InvalidError, StaleVersionError
from econsult.people.persons import LANGUAGES, Person, Role

GIVEN_BY = ("guardian", "parent", "youth", "agency")
METHODS = ("electronic", "verbal", "paper")
OWN_WORD = "electronic"
"""Ticked by the family itself on its own page; nobody else can say that it was."""

TEXT_VERSION = "2026-12"
COST_TOLD_SINCE = "2026-12"
"""The first version, by its month, that says that a part may have to be paid, which a code asks for."""
TEXTS = {
    "en": (
        "A doctor who is not in the room will look at what you send. This is not for emergencies: call 911. "
        "We promise to look and to answer by the time shown; if we are late, we tell you and your clinic. The "
        "people who care for your child can see your photos and your words: your clinic, the specialist who "
        "answers, and the care coordinator. We remove hidden data such as the place where a photo was taken. "
        "A photo may still show who your child is, and may not show everything that a visit would. You may "
        "say no, stop at any time, or ask for a visit instead, and your child's care goes on as before. Your clinic "
        "and the specialist may bill your insurance. You may have to pay a part. Ask your clinic first how much."
    ),
    "es": (
        "Un médico que no está con usted verá lo que envíe. Esto no es para emergencias: llame al 911. "
        "Prometemos revisarlo y responder antes de la hora que le mostramos; si nos atrasamos, les avisamos a "
        "usted y a su clínica. Las personas que cuidan a su hijo pueden ver sus fotos y sus palabras: "
        "su clínica, el especialista que responde y la coordinadora. "
        "Quitamos datos ocultos, como el lugar donde se tomó la foto. Aun así, una foto puede mostrar quién "
        "es su hijo, y puede no mostrar todo lo que se ve en una visita. Usted puede decir que no, parar "
        "cuando quiera o pedir una visita, y la atención de su hijo sigue igual. Su clínica y el especialista "
        "pueden cobrar a su seguro. Tal vez usted pague una parte. Pregunte antes a su clínica cuánto."
    ),
}


YOUTH_TEXTS = {
    "en": (
        "A doctor who is not in the room will look at what you send. This is not for emergencies: call 911. "
        "We promise to look and to answer by the time shown; if we are late, we tell you and your clinic. The "
        "people who care for you can see your photos and your words: your clinic, the specialist who "
        "answers, and the care coordinator. Below you choose whether your parents or caregivers see it too. We remove "
        "hidden data such as the place where a photo was taken. A photo may still show who you are, and may not show "
        "everything that a visit would. You may say no, stop at any time, or ask for a visit instead, and your care "
        "goes on as before. Your clinic and the specialist may bill your insurance. Somebody may have to pay a part. "
        "Ask your clinic first how much, and who gets the bill."
    ),
    "es": (
        "Un médico que no está con usted verá lo que envíe. Esto no es para emergencias: llame al 911. "
        "Prometemos revisarlo y responder antes de la hora que le mostramos; si nos atrasamos, les avisamos a "
        "usted y a su clínica. Las personas que le cuidan pueden ver sus fotos y sus palabras: "
        "su clínica, el especialista que responde y la coordinadora. Abajo usted elige si lo ven también sus padres o "
        "cuidadores. Quitamos datos ocultos, como el lugar donde se tomó la foto. Aun así, una foto puede mostrar "
        "quién es usted, y puede no mostrar todo lo que se ve en una visita. Usted puede decir que no, parar "
        "cuando quiera o pedir una visita, y su atención sigue igual. Su clínica y el especialista "
        "pueden cobrar a su seguro. Tal vez alguien pague una parte. Pregunte antes a su clínica cuánto es y a quién "
        "le llega la cuenta."
    ),
}
"""What a young person with an account of their own reads and agrees to."""


class ConsentRow:
    """What every answer about a child's case keeps. `text_hash` is the SHA-256 of the text that was shown or read."""

    if TYPE_CHECKING:
        id: Mapped[int]
        __tablename__: str

    program_id: Mapped[int | None] = program_of("consult")
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id"))
    consult_id: Mapped[int] = mapped_column(ForeignKey("consult.id"), index=True)
    recorded_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    given_by: Mapped[str] = mapped_column(String(16))
    method: Mapped[str] = mapped_column(String(16))
    language: Mapped[str] = mapped_column(String(8))
    text_version: Mapped[str] = mapped_column(String(16))
    text_hash: Mapped[str] = mapped_column(String(64))


def of_case(table: str) -> tuple[ForeignKeyConstraint, ...]:
    """What the database checks of such a row: one child, one case, one program."""
    return about_child(table), *in_program(table, patient_id="patient", consult_id="consult", recorded_by_id="person")


class Consent(ConsentRow, Base):
    """One person's yes for one consult."""

    __tablename__ = "consent"
    __table_args__ = of_case("consent")

    given_at: Mapped[datetime] = mapped_column(Instant)


@dataclass(frozen=True)
class ConsentGiven:
    """What a form or an API call says about consent; raises InvalidError where a value is not one of the known."""

    by: str
    method: str
    language: str

    def __post_init__(self) -> None:
        wrong = unknown_in("consent", (self.by, self.method, self.language))
        if wrong:
            raise InvalidError("Say who consents, how, and in which language.", wrong)


def unknown_in(field: str, told: tuple[str, str, str]) -> dict[str, str]:
    """The faults of by whom, how and in which language somebody answered, as fields of `field`."""
    known = {"by": GIVEN_BY, "method": METHODS, "language": LANGUAGES}
    pairs = zip(known.items(), told, strict=True)
    return {f"{field}.{name}": "unknown_value" for (name, values), value in pairs if value not in values}


def mark_of(word: ConsentRow) -> str:
    """Which word of a family somebody knows of, 16 hexadecimal digits: the same word said again has another."""
    return hash_of(f"{word.__tablename__}/{word.consult_id}/{word.id}")[:16]


def check_knows(no: ConsentRow, after_no: str) -> None:
    """The family takes its own no back itself; staff write down that it did only who confirm to know of that no.

    Raises InvalidError where they name none, StaleVersionError where they name another one.
    """
    if not after_no:
        raise InvalidError("The family said no to this.", {"after_no": "required"})
    if after_no != mark_of(no):
        raise StaleVersionError("The family has said something else since.")


def tells_cost(given: ConsentRow) -> bool:
    """Whether the text that was agreed to says that a part may have to be paid."""
    return given.text_version >= COST_TOLD_SINCE


def hash_of(text: str) -> str:
    """The SHA-256 of a text of consent, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def record_consent(
    session: Session,
    *,
    patient_id: int,
    consult: tuple[int, str],
    given: ConsentGiven,
    recorded_by: Person,
    now: datetime,
) -> Consent:
    """Keep the consent with the version and hash of the text that was shown; `consult` is its (id, public id)."""
    consult_id, public_id = consult
    consent = Consent(
        patient_id=patient_id,
        consult_id=consult_id,
        recorded_by_id=recorded_by.id,
        given_by=given.by,
        method=given.method,
        language=given.language,
        text_version=TEXT_VERSION,
        text_hash=hash_of(texts_for(recorded_by)[given.language]),
        given_at=now,
    )
    session.add(consent)
    audit.record(
        session,
        "consent",
        "consult",
        public_id,
        now=now,
        person_id=recorded_by.id,
        patient_id=patient_id,
        consult_id=consult_id,
        detail=f"{given.by}/{given.method}/{given.language}/{TEXT_VERSION}",
    )
    session.flush()
    return consent


def texts_for(person: Person) -> dict[str, str]:
    """The text by language as this person reads it."""
    return YOUTH_TEXTS if person.role == Role.YOUTH else TEXTS


_LAST = select(Consent).where(Consent.consult_id == bindparam("consult")).order_by(Consent.id.desc()).limit(1)


def consent_for(session: Session, consult_id: int) -> Consent | None:
    return session.scalars(_LAST, {"consult": consult_id}).one_or_none()
