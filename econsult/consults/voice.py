"""Whether the voice in a case's films is kept: only by a consent of its own, and only until that is taken back.

Each yes and each no is a row of its own, never changed. A film is prepared anew from its sealed original whenever the
answer changes, and until that is done nobody sees it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult.consults.attachments import Attachment, AttachmentState, MediaKind
from econsult.consults.lifecycle import OPEN, Status
from econsult.consults.preparing import queue_again, show_no_more
from econsult.consults.records import Consult, note
from econsult.consults.screening import CLINICIANS
from econsult.database import Base, Instant
from econsult.errors import ForbiddenError, ImpossibleVerbError, InvalidError
from econsult.people.caregivers import check_speaks
from econsult.people.consent import OWN_WORD, ConsentRow, check_knows, hash_of, of_case, unknown_in
from econsult.people.deaths import check_lives
from econsult.people.persons import HOUSEHOLD, Person, Role
from econsult.people.signing import OWN_NAMES, check_signer

TEXT_VERSION = "2026-11"
TEXTS = {
    "en": (
        "We take the sound out of every video, because a voice can show who somebody is. If the doctor needs to hear "
        "a cough, a cry, a breath or how your child speaks, you can let us keep the sound. Then only your clinic and "
        "the doctor who takes the case can play the video. Other people who speak near the camera are heard too. You "
        "can say no, and take this back at any time: we then take the sound out again. Your child's care goes on as "
        "before."
    ),
    "es": (
        "Quitamos el sonido de todos los videos, porque una voz puede mostrar quién es una persona. Si el médico "
        "necesita oír una tos, un llanto, la respiración o cómo habla su hijo, usted puede dejarnos guardar el sonido. "
        "Entonces solo su clínica y el médico que toma el caso pueden ver el video. También se oye a otras personas "
        "que hablan cerca de la cámara. Usted puede decir que no, y cambiar de idea cuando quiera: entonces quitamos "
        "el sonido otra vez. La atención de su hijo sigue igual."
    ),
}


class VoiceConsent(ConsentRow, Base):
    """One yes or no to the voice in a case's films."""

    __tablename__ = "voice_consent"
    __table_args__ = of_case("voice_consent")

    is_given: Mapped[bool]
    at: Mapped[datetime] = mapped_column(Instant)


@dataclass(frozen=True)
class VoiceChoice:
    """What a form or an API call says about the voice; a no need not say by whom or how.

    `after_no` is the mark of the family's no (`mark_of`) that staff know of who write down its yes.
    """

    is_given: bool
    by: str = ""
    method: str = ""
    language: str = ""
    after_no: str = ""

    def __post_init__(self) -> None:
        told = {"by": self.by, "method": self.method, "language": self.language}
        wrong = unknown_in("voice_consent", (self.by, self.method, self.language))
        if not self.is_given:
            wrong = {field: fault for field, fault in wrong.items() if told[field.partition(".")[2]]}
        if wrong:
            raise InvalidError("Say who consents to the voice, how, and in which language.", wrong)


def voice_consent_of(session: Session, consult_id: int) -> VoiceConsent | None:
    """The answer that holds, a yes or a no; None where nobody was asked, which is a no as well."""
    query = select(VoiceConsent).where(VoiceConsent.consult_id == consult_id).order_by(VoiceConsent.id.desc()).limit(1)
    return session.scalars(query).one_or_none()


def is_family_no(session: Session, known: VoiceConsent) -> bool:
    """Whether this answer is a no that the family wrote itself: what a clinic ticked away in its form is none."""
    return not known.is_given and session.get_one(Person, known.recorded_by_id).role in HOUSEHOLD


def is_voice_kept(session: Session, consult_id: int) -> bool:
    known = voice_consent_of(session, consult_id)
    return known is not None and known.is_given


def choose_voice(session: Session, consult: Consult, person: Person, choice: VoiceChoice, *, now: datetime) -> None:
    """Record the answer and prepare the case's films anew if it differs; the same answer again changes nothing.

    Raises ForbiddenError for who may not answer for the child, ImpossibleVerbError for a yes to a case that has ended,
    and for a yes that staff write over the family's own no InvalidError or StaleVersionError, as `check_knows` does.
    """
    known = voice_consent_of(session, consult.id)
    was_kept = known is not None and known.is_given
    if not choice.is_given and not was_kept:
        return
    _check_may(session, consult, person, choice, now)
    if choice.is_given and consult.status != Status.DRAFT and consult.status not in OPEN:
        raise ImpossibleVerbError(consult.status, "take a consent to the voice")
    if choice.is_given and known is not None and was_kept and _is_same(known, choice):
        return
    if choice.is_given and known is not None and is_family_no(session, known) and person.role not in HOUSEHOLD:
        check_knows(known, choice.after_no)
    _record(session, consult, person, choice, now)
    if choice.is_given != was_kept:
        _prepare_again(session, consult, now, is_given=choice.is_given)


def _check_may(session: Session, consult: Consult, person: Person, choice: VoiceChoice, now: datetime) -> None:
    """A yes is the word of whoever has authority, on their own page, or is told to the clinic that writes down how."""
    if person.role in HOUSEHOLD:
        check_speaks(session, consult.patient_id, person, now, needs_authority=choice.is_given)
        if choice.is_given:
            check_lives(session, consult.patient_id)
        if choice.is_given and (choice.by not in OWN_NAMES[Role(person.role)] or choice.method != OWN_WORD):
            raise InvalidError(
                "A caregiver consents for themselves: by parent, guardian or agency, electronic.",
                {"voice_consent.by": "unknown_value", "voice_consent.method": "unknown_value"},
            )
    elif person.role not in CLINICIANS:
        raise ForbiddenError("The family consents to the voice, by itself or through its clinic.")
    elif choice.is_given and choice.method == OWN_WORD:
        raise InvalidError(
            "Only the family itself consents electronically: say verbal or paper.",
            {"voice_consent.method": "not_yours"},
        )
    if choice.is_given:
        check_signer(session, consult.patient_id, choice.by, now, field="voice_consent.by")


def _is_same(known: VoiceConsent, choice: VoiceChoice) -> bool:
    told = (known.given_by, known.method, known.language, known.text_version)
    return told == (choice.by, choice.method, choice.language, TEXT_VERSION)


def _record(session: Session, consult: Consult, person: Person, choice: VoiceChoice, now: datetime) -> None:
    language = choice.language or person.language
    row = VoiceConsent(
        patient_id=consult.patient_id,
        consult_id=consult.id,
        recorded_by_id=person.id,
        is_given=choice.is_given,
        given_by=choice.by,
        method=choice.method,
        language=language,
        text_version=TEXT_VERSION,
        text_hash=hash_of(TEXTS.get(language, TEXTS["en"])),
        at=now,
    )
    session.add(row)
    act = "consent_voice" if choice.is_given else "withdraw_voice"
    detail = f"{choice.by}/{choice.method}/{language}/{TEXT_VERSION}"
    note(session, consult, act, person_id=person.id, now=now, detail=detail)
    session.flush()


def _prepare_again(session: Session, consult: Consult, now: datetime, *, is_given: bool) -> None:
    """Films that are being prepared at this moment are caught by their worker before it shows them."""
    query = select(Attachment).where(Attachment.consult_id == consult.id, Attachment.kind == MediaKind.VIDEO)
    locked = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    for film in session.scalars(locked):
        # What waits for a person stays with that person: its copy for the review is silent in any case.
        if film.state == AttachmentState.READY and film.has_original:
            queue_again(session, film, now)
        elif film.original_gone_at is not None and not is_given and (film.report or {}).get("has_sound") is True:
            show_no_more(session, film, now)
