"""Who put the question, as the case page says it, and who reads what is asked of them."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from econsult.access import Pass
from econsult.consults.hearers import presenter_of, readers_of
from econsult.consults.records import Consult, Kind, Source
from econsult.lanes import is_addressed
from econsult.people.persons import Organization, Person
from web.words.language import gettext


@dataclass(frozen=True)
class Asker:
    """`words` says who asks; `presenter` is the name of the telepresenter who did, or empty.

    They read each request for information.
    `is_reader`: this reader is that telepresenter. `is_alone`: no clinician of the clinic has an account, so that
    nobody else reads what is written to it.
    """

    words: str = ""
    presenter: str = ""
    is_reader: bool = False
    is_alone: bool = False


NO_ASKER = Asker()


def asker_of(session: Session, loaded: Pass) -> Asker:
    """What the case page needs to know of whoever asked."""
    names = [person.name for person in presenter_of(session, loaded.consult)]
    words, is_alone = _asked_by(session, loaded.consult), not readers_of(session, loaded.consult)
    return Asker(words, "".join(names), is_addressed(loaded), is_alone)


def _asked_by(session: Session, consult: Consult) -> str:
    asker = session.get_one(Person, consult.sent_on_by_id or consult.requester_id)
    if consult.source == Source.PHONE and consult.kind == Kind.FAMILY_QUESTION:
        return gettext("The family asks, by telephone")
    if not asker.is_staff:
        return gettext("The family asks")
    clinic = session.get(Organization, consult.organization_id) if consult.organization_id else None
    return gettext("%(name)s asks", name=", ".join(filter(None, (asker.name, clinic.name if clinic else ""))))
