"""What a family may allow besides its consent, each by a yes of its own and no until then: faces, trainees, teaching.

The voice has its own table (`consults.voice`). Each yes and each no is a row that is never changed, with the version
and the hash of the text that was shown; taking the whole consent back takes all of them back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from econsult.consults.facepolicy import FACE_IS_FINDING
from econsult.consults.family_word import Allowed, FurtherConsent, last_words, no_to_faces, standing
from econsult.consults.lifecycle import ENDED
from econsult.consults.records import Consult, note
from econsult.consults.reviews import cover_faces, cover_shown_by_consent, run_all_again, shows_faces
from econsult.consults.screening import CLINICIANS
from econsult.database import NO_KEY
from econsult.errors import ForbiddenError, ImpossibleVerbError, InvalidError
from econsult.people.caregivers import check_speaks
from econsult.people.consent import OWN_WORD, check_knows, consent_for, hash_of, unknown_in
from econsult.people.deaths import check_lives
from econsult.people.persons import HOUSEHOLD, Person
from econsult.people.signing import check_own_name, check_signer

TOLD = "verbal"
"""How a family agreed that told it to its clinic."""
TEXT_VERSION = "2026-11.2"
TEXTS: dict[Allowed, dict[str, str]] = {
    Allowed.FACES: {
        "en": "The doctors who answer may see my child's face in these photos. Nobody else may.",
        "es": "Los médicos que responden pueden ver la cara de mi hijo en estas fotos. Nadie más.",
    },
    Allowed.TRAINEES: {
        "en": "Doctors and nurses who are still learning may see this question. The doctor who answers is with them.",
        "es": "Médicos y enfermeras que aún se forman pueden ver esta pregunta junto al médico que responde.",
    },
    Allowed.TEACHING: {
        "en": "My clinic may ask me later if it can use these photos to teach. My child's name is left out.",
        "es": "Mi clínica me puede preguntar después si usa estas fotos para enseñar, sin el nombre de mi hijo.",
    },
}


@dataclass(frozen=True)
class Choice:
    """A yes or a no, by whom, how, and in which language the text was read.

    `after_no` is the mark of the family's no (`mark_of`) that whoever writes down a yes of it knows.
    """

    what: Allowed
    is_given: bool
    by: str
    method: str
    language: str
    after_no: str = ""

    def __post_init__(self) -> None:
        wrong = unknown_in("opt_in", (self.by, self.method, self.language))
        if wrong:
            raise InvalidError("Say who allows it, how, and in which language.", wrong)


def in_effect(session: Session, consult: Consult) -> frozenset[Allowed]:
    """What is allowed, and the face also where the clinic shows it: what the family can say no to."""
    given = standing(session, consult.id)
    return given | {Allowed.FACES} if shows_faces(session, consult) else given


def spoken_of(session: Session, consult: Consult) -> frozenset[Allowed]:
    """What is allowed or shown, and the face also where the family has said no to it: a no can be taken back too."""
    given = in_effect(session, consult)
    return given | {Allowed.FACES} if no_to_faces(session, consult.id) is not None else given


def choose(session: Session, consult: Consult, person: Person, choice: Choice, *, now: datetime) -> None:
    """Record the answer; what stands already is not written again. With a no to faces they are covered at once.

    That no is kept also where no yes is written down, whether the clinic has opened the face or nobody has.
    Raises ForbiddenError for who may not answer for the child, ImpossibleVerbError for a yes to what has ended, and for
    a yes that staff write over the family's no InvalidError or StaleVersionError, as `check_knows` does.
    """
    session.flush()
    # Whoever decides about a file of the case holds this too: one of the two sees what the other did.
    consult = session.get_one(Consult, consult.id, with_for_update=NO_KEY, populate_existing=True)
    if _stands_already(session, consult, choice):
        return
    _check_may(session, consult, person, choice, now)
    if choice.is_given and (consult.status in ENDED or consult.consent_withdrawn_at is not None):
        raise ImpossibleVerbError(consult.status, "take a consent")
    if choice.is_given and person.role not in HOUSEHOLD:
        word = last_words(session, consult.id).get(choice.what)
        if word is not None and not word.is_given:
            check_knows(word, choice.after_no)
    _record(session, consult, person, choice, now)
    if choice.what == Allowed.FACES and not choice.is_given:
        cover_faces(session, consult, now=now)


def _stands_already(session: Session, consult: Consult, choice: Choice) -> bool:
    if choice.is_given:
        return choice.what in standing(session, consult.id)
    if choice.what in in_effect(session, consult):
        return False
    return choice.what != Allowed.FACES or no_to_faces(session, consult.id) is not None


def follow_policy(session: Session, consult: Consult, was: str, *, now: datetime) -> None:
    """The policy for faces of a case was another one before: prepare its files anew.

    Where the family's yes to the face was told with that policy alone, it is gone with it, for every file.
    """
    if was == FACE_IS_FINDING and Allowed.FACES not in standing(session, consult.id):
        cover_shown_by_consent(session, consult, now=now)
    run_all_again(session, consult, now=now)


def take_all_back(
    session: Session, consult: Consult, person: Person, told: tuple[str, str, str], now: datetime
) -> None:
    """With the consent goes what was allowed besides, and the face also where the clinic opened it.

    `told` is by whom, how and in which language.
    """
    for what in sorted(in_effect(session, consult)):
        _record(session, consult, person, Choice(what, False, *told), now)


def write_told_yes(session: Session, consult: Consult, person: Person, *, now: datetime) -> None:
    """The clinic's request says that the family agreed to the face: keep whose yes that is, as with the consent.

    Raises InvalidError where the family's last word is a no: that changes on the page of the file, which shows it.
    """
    told = consent_for(session, consult.id)
    is_told = consult.details.get("face_policy") == FACE_IS_FINDING and consult.details.get("face_consent") is True
    if told is None or not is_told or Allowed.FACES in standing(session, consult.id):
        return
    if no_to_faces(session, consult.id) is not None:
        raise InvalidError("The family said no to the face.", {"details.face_consent": "family_said_no"})
    method = TOLD if told.method == OWN_WORD and person.role not in HOUSEHOLD else told.method
    _record(session, consult, person, Choice(Allowed.FACES, True, told.given_by, method, told.language), now)


def _check_may(session: Session, consult: Consult, person: Person, choice: Choice, now: datetime) -> None:
    if choice.is_given:
        # A no needs no right to decide.
        check_own_name(person, choice.by, field="opt_in.by")
    if person.role in HOUSEHOLD:
        check_speaks(session, consult.patient_id, person, now, needs_authority=choice.is_given)
        if choice.is_given:
            check_lives(session, consult.patient_id)
        if choice.method != OWN_WORD:
            raise InvalidError("A caregiver says it here: electronic.", {"opt_in.method": "not_yours"})
    elif person.role not in CLINICIANS:
        raise ForbiddenError("The family allows it, by itself or through its clinic.")
    elif choice.method == OWN_WORD:
        raise InvalidError(
            "Only the family itself consents electronically: say verbal or paper.", {"opt_in.method": "not_yours"}
        )
    if choice.is_given:
        check_signer(session, consult.patient_id, choice.by, now, field="opt_in.by")


def _record(session: Session, consult: Consult, person: Person, choice: Choice, now: datetime) -> None:
    session.add(
        FurtherConsent(
            patient_id=consult.patient_id,
            consult_id=consult.id,
            recorded_by_id=person.id,
            what=choice.what,
            is_given=choice.is_given,
            given_by=choice.by,
            method=choice.method,
            language=choice.language,
            text_version=TEXT_VERSION,
            text_hash=hash_of(TEXTS[choice.what][choice.language]),
            at=now,
        )
    )
    detail = f"{choice.what}/{choice.by}/{choice.method}/{choice.language}/{TEXT_VERSION}"
    act = "opt_in" if choice.is_given else "opt_out"
    note(session, consult, act, person_id=person.id, now=now, detail=detail)
    session.flush()


__all__ = [
    "TEXTS",
    "TEXT_VERSION",
    "Allowed",
    "Choice",
    "FurtherConsent",
    "choose",
    "follow_policy",
    "in_effect",
    "spoken_of",
    "standing",
    "take_all_back",
    "write_told_yes",
]
