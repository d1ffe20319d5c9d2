"""A family's question as the form shows it that makes it the clinic's own request to a specialty.

What follows plainly from the family's answers is chosen already, says so, and can be changed; nothing else is guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.orm import Session

from econsult.access import Pass
from econsult.consults.asked import NO_SKIN, family_subject
from econsult.consults.details import text_of
from econsult.consults.lifecycle import OPEN
from econsult.consults.records import Consult, Kind
from econsult.consults.redflags import body_sites
from econsult.consults.whole import as_sent_on
from econsult.people.persons import SPECIALTIES
from econsult.reading import outsider, told_kinds
from econsult.rights import Right
from web.showing.checklist import Checklist, checklist_of
from web.words.covered import marks

FAMILYS = ("family_question", "story")
"""The details that hold what a family wrote itself."""


@dataclass(frozen=True)
class Sending(Checklist):
    """What stands in the fields, beside what the request would be compared with."""

    specialty: str
    is_familys_choice: bool
    """Whether the specialty follows from what the family answered, and nobody of the clinic has chosen one."""
    question_type: str
    question: str
    is_familys: bool
    """Whether the question is still the family's own sentence."""
    asks_place: bool
    """Whether the family named no place on the body, so that the clinic may."""
    covered: tuple[str, ...]
    """The family's texts as a specialist will read them, where that differs."""


def sending_of(
    session: Session, loaded: Pass, given: Mapping[str, Any], details: Mapping[str, Any] | None = None
) -> Sending | None:
    """The form for whoever may send it on; `given` is what was posted, `details` what it would become of the answers.

    None where this is no question that is sent on.
    """
    consult = loaded.consult
    if not loaded.may(Right.SEND_ON) or consult.kind != Kind.FAMILY_QUESTION or consult.status not in OPEN:
        return None
    is_given, familys = bool(given.get("send_on")), family_choice(consult)
    specialty = str(given.get("specialty", "")) if is_given else familys
    question = str(given.get("question", "")) if is_given else consult.question
    kind, held = str(given.get("question_type", "")), consult.details if details is None else details
    asked = replace(loaded, consult=as_sent_on(consult, specialty, kind, held))
    return Sending(
        **vars(checklist_of(session, asked, outsider(session, loaded, marks()), held)),
        specialty=specialty,
        is_familys_choice=bool(familys) and specialty == familys,
        question_type=kind,
        question=question,
        is_familys=question.strip() == consult.question.strip(),
        asks_place=names_no_place(consult),
        covered=_covered(session, loaded),
    )


def family_choice(consult: Consult) -> str:
    """The specialty that the family's answers name: by a place on the skin, or as what the question is about.

    A private area is no matter of the skin alone: there the clinic chooses.
    """
    subject = "" if consult.is_private_site else family_subject(consult.details)
    return subject if subject in SPECIALTIES else ""


def names_no_place(consult: Consult) -> bool:
    """Whether the family chose no place on the body; one that it chose stays its own answer."""
    return all(site == NO_SKIN for site in body_sites(consult.details.get("body_site")))


def _covered(session: Session, loaded: Pass) -> tuple[str, ...]:
    told = (loaded.consult.question, *(text_of(loaded.consult.details, name) for name in FAMILYS))
    read = outsider(session, loaded, marks())
    return tuple(text for text in map(read.text, told) if text) if told_kinds(session, loaded, told) else ()
