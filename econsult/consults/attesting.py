"""A clinician's word that a danger sign can wait: who may give it, and what must be in it.

A sign means "now", so only an examination can say otherwise, and only of the child as it is. The word names who
examined, when, and what was found; whoever answers reads all three, with the name of the person who wrote them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.people.ages import home_zone
from econsult.people.persons import Person, Role

ATTESTERS = (Role.PCP,)
"""A telepresenter takes pictures on behalf of a clinic and a coordinator telephones: neither examines a child."""
EXAMINERS = (Role.PCP, Role.SPECIALIST)
ATTESTED = ("examined_by", "at", "why")
TAKEN_BACK, MISTAKE, OVER = "taken_back", "mistake", "over"
"""Why a sign that stopped the request is ticked no more. Only for a mistake was there nothing to examine."""
EXAMINATION_HOLDS = timedelta(hours=48)
"""From Friday afternoon a clinic can still send on Sunday. What was found longer ago says nothing about a sign that is
there now: the child is examined again, which is what the sign asks for."""
AHEAD = timedelta(minutes=15)
"""A clock that goes a little ahead is no lie."""
LEAST_LETTERS, LEAST_WORDS = 12, 3
"""Of the reason: "Seen and well" is one, a letter or "ok" is none."""
_TITLES = frozenset(("dr", "dra", "doctor", "doctora", "md", "do", "np", "pa", "fnp", "cnp", "pnp", "dnp", "pac"))
_NOBODY = frozenset((
    "nobody", "none", "unknown", "me", "myself", "self", "us", "somebody", "someone", "anyone", "clinic",
    "staff", "interpreter",
    "mother", "mom", "mum", "mama", "father", "dad", "papa", "parent", "parents", "grandmother", "grandma", "family",
    "caregiver", "guardian", "telephone", "phone", "call", "pcp", "nurse", "coordinator", "telepresenter",
    "nadie", "ninguno", "ninguna", "desconocido", "yo", "alguien", "clinica", "madre", "padre", "abuela", "abuelo",
    "familia", "cuidador", "cuidadora", "telefono", "enfermera", "enfermero", "coordinadora", "coordinador",
))  # fmt: skip
_NO_PERSON = frozenset((
    "no", "one", "na", "not", "known", "given", "left", "message", "voicemail", "voice", "answering", "machine", "mail",
    "email", "fax", "front", "desk", "office", "reception", "receptionist", "secretary", "team", "assistant", "medical",
    "their", "on", "buzon", "contestadora", "mensaje", "correo", "recepcion", "recepcionista", "secretaria", "oficina",
    "equipo", "asistente", "se", "sabe",
))  # fmt: skip
"""What is written where no name is known. A name of an examiner may hold one of these words (“One”, “Left”)."""
_ARTICLES = frozenset(("the", "a", "an", "la", "el", "las", "los", "una", "un", "of", "de"))
_WORD = re.compile(r"[^\W\d_]+(?:[.'\N{RIGHT SINGLE QUOTATION MARK}-][^\W\d_]+)*\.?")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def faults_in(
    session: Session, attestation: Mapping[str, Any], person: Person, born: date, now: datetime
) -> dict[str, str]:
    """What is missing or impossible in an attestation, by its field; empty where it is whole."""
    needed = ("why",) if is_mistake(attestation) else ATTESTED
    wrong = {name: "required" for name in needed if not str(attestation.get(name) or "").strip()}
    if attestation.get(TAKEN_BACK) not in (None, "", MISTAKE, OVER):
        wrong[TAKEN_BACK] = "unknown_value"
    if is_mistake(attestation):
        return wrong or ({} if says_something(str(attestation["why"])) else {"why": "too_short"})
    if "examined_by" not in wrong and not _is_clinician(session, str(attestation["examined_by"]), person):
        wrong["examined_by"] = "not_a_clinician"
    if "why" not in wrong and not says_something(str(attestation["why"])):
        wrong["why"] = "too_short"
    if "at" not in wrong and (fault := _fault_of_time(session, str(attestation["at"]), born, now)):
        wrong["at"] = fault
    return wrong


def is_mistake(attestation: Mapping[str, Any] | None) -> bool:
    """Whether it says that the sign was ticked by mistake, and never there."""
    return attestation is not None and attestation.get(TAKEN_BACK) == MISTAKE


def examined_between(session: Session, written: str) -> tuple[datetime, datetime] | None:
    """The first and the last moment that a written time can mean; None for what is no time.

    A day alone is the whole day where the program is. A time without a zone is taken as UTC.
    """
    try:
        if _DAY.fullmatch(written.strip()):
            begins = datetime.combine(date.fromisoformat(written.strip()), time(), ZoneInfo(home_zone(session)))
            return begins.astimezone(UTC), (begins + timedelta(days=1)).astimezone(UTC)
        found = datetime.fromisoformat(written.strip())
        at = (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return at, at


def as_kept(session: Session, attestation: Mapping[str, Any], person: Person) -> dict[str, Any]:
    """A whole attestation as it is recorded, with whether whoever examined was a clinician of the program that day."""
    back = {TAKEN_BACK: attestation[TAKEN_BACK]} if attestation.get(TAKEN_BACK) else {}
    if is_mistake(attestation):
        return {**back, "why": str(attestation["why"]).strip()}
    said = {name: str(attestation[name]).strip() for name in ATTESTED} | back
    return {**said, "of_program": _is_of_program(session, said["examined_by"], person.program_id)}


def _is_of_program(session: Session, name: str, program_id: int) -> bool:
    """Whether a clinician of this program is called so, whatever titles stand around the name."""
    wanted = _bare(name)
    query = select(Person.name).where(Person.program_id == program_id, Person.role.in_(EXAMINERS), Person.is_active)
    return any(_bare(known) == wanted for known in session.scalars(query))


def _fault_of_time(session: Session, written: str, born: date, now: datetime) -> str:
    found = examined_between(session, written)
    if found is None:
        return "invalid"
    earliest, latest = found
    if earliest > now + AHEAD:
        return "in_the_future"
    return "too_old" if latest < now - EXAMINATION_HOLDS or latest.date() < born else ""


def _is_clinician(session: Session, name: str, person: Person) -> bool:
    """A clinician of the program, or what can be the name of another: a title or two names, and no word that says that
    nobody examined."""
    if _is_of_program(session, name, person.program_id):
        return True
    words = [word for word in re.split(r"[\s,]+", name.strip()) if word]
    plain = [_plain(word) for word in words]
    if not all(map(_WORD.fullmatch, words)) or not _NOBODY.isdisjoint(plain):
        return False
    names = [word for word in plain if word not in _TITLES and len(word) > 1]
    has_title = any(word in _TITLES for word in plain)
    return len(words) <= 8 and len(names) >= (1 if has_title else 2)


def names_somebody(name: str) -> bool:
    """Whether a name stands in it, and not only what is nobody's."""
    words = {_plain(word) for word in re.split(r"[\s,]+", name)} - _TITLES - _NOBODY - _NO_PERSON - _ARTICLES
    return any((len(word) > 1 or not word.isascii()) and not word.isdigit() for word in words)


def says_something(why: str) -> bool:
    """Whether a reason says one: three words at least, and no letter alone."""
    words = {_plain(word) for word in why.split()} - {""}
    return sum(map(len, words)) >= LEAST_LETTERS - 1 and len(words) >= LEAST_WORDS


def _plain(word: str) -> str:
    """Small letters alone, without marks, points and signs."""
    parts = unicodedata.normalize("NFKD", word.casefold())
    return "".join(sign for sign in parts if sign.isalnum())


def _bare(name: str) -> tuple[str, ...]:
    words = (_plain(word) for word in re.split(r"[\s,]+", name))
    return tuple(word for word in words if word and word not in _TITLES)
