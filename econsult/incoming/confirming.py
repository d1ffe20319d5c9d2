"""What its person does with a message: look at it, begin one request with it, or throw it away."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from econsult import audit
from econsult.consults import requests
from econsult.consults.lifecycle import Status
from econsult.consults.records import Consult
from econsult.consults.requests import RequestForm
from econsult.errors import NotFoundError
from econsult.incoming.records import STANDING, IncomingMail, MailState
from econsult.people.patients import Patient
from econsult.people.persons import Person

LONGEST_THINKS = 2000
"""What fits into the field of a request for what the clinic thinks. A longer text is never cut: it is shown beside."""


def mail_of(session: Session, person: Person, now: datetime) -> list[IncomingMail]:
    """What came in this person's name and is not over, oldest first. That they were shown it is written down."""
    found = list(session.scalars(_standing(person, now).order_by(IncomingMail.id)))
    for mail in found:
        write_down(session, mail, person, "mail_read", now)
    return found


def count_mail(session: Session, person: Person, now: datetime) -> int:
    """How many messages this person has not finished with."""
    return session.scalar(select(func.count()).select_from(_standing(person, now).subquery())) or 0


def mail_for(session: Session, person: Person, public_id: str, now: datetime) -> IncomingMail:
    """One of them, held until this transaction ends. Raises NotFoundError for anybody else's, and for one that is over.

    In a transaction that only reads nothing is held.
    """
    query = _standing(person, now).where(IncomingMail.public_id == public_id).with_for_update(key_share=True)
    mail = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if mail is None:
        raise NotFoundError
    return mail


def mail_begun(session: Session, person: Person, request_id: str, now: datetime) -> IncomingMail | None:
    """What of a message is not yet in the request, by its public id, that this person began with it."""
    mine = _standing(person, now).join(Consult, Consult.id == IncomingMail.consult_id)
    return session.scalars(mine.where(Consult.public_id == request_id).limit(1)).one_or_none()


def request_of(session: Session, mail: IncomingMail) -> Consult | None:
    """The request that was begun with it; none where its person has taken that one back, as after a wrong child."""
    consult = session.get(Consult, mail.consult_id) if mail.consult_id is not None else None
    return None if consult is None or consult.status == Status.WITHDRAWN else consult


def begin_request(session: Session, mail: IncomingMail, person: Person, child: Patient, *, now: datetime) -> Consult:
    """A draft about the child, with the text in it; the files follow through the upload door, after the danger signs.

    Of one message one request begins: whoever confirms it twice finds the first. Raises what `requests.create` raises.
    """
    begun = request_of(session, mail)
    if begun is not None:
        return begun
    details = {"thinks": mail.text} if mail.text and not is_too_long(mail) else {}
    consult = requests.create(session, person, child, RequestForm(kind="econsult", details=details), now=now)
    mail.consult_id, mail.state = consult.id, MailState.BEGUN
    write_down(session, mail, person, "mail_confirmed", now, consult=consult)
    if not mail.files and not is_too_long(mail):
        end_mail(mail)
    return consult


def is_too_long(mail: IncomingMail) -> bool:
    """Whether the text is more than the field of a request takes, and so is shown beside it."""
    return len(mail.text) > LONGEST_THINKS


def take_out(mail: IncomingMail, numbers: Collection[int]) -> None:
    """These files are in the request now."""
    left = [each for each in mail.kept.get("files", []) if each["number"] not in numbers]
    mail.content = {**mail.kept, "files": left}


def throw_away(session: Session, mail: IncomingMail, person: Person, *, now: datetime) -> None:
    """It is not theirs, or not wanted, or all that is wanted of it is in the request."""
    act = "mail_thrown_away" if mail.state == MailState.WAITING else "mail_done"
    write_down(session, mail, person, act, now)
    end_mail(mail)


def end_mail(mail: IncomingMail) -> None:
    """Forget the words and the key of the files; the row stays a while, so that the message is known again."""
    mail.state, mail.content = MailState.ENDED, None


def _standing(person: Person, now: datetime) -> Select[IncomingMail]:
    mine = IncomingMail.person_id == person.id, IncomingMail.until > now
    return select(IncomingMail).where(*mine, IncomingMail.state.in_(STANDING), IncomingMail.content.is_not(None))


def write_down(
    session: Session, mail: IncomingMail, person: Person, act: str, now: datetime, *, consult: Consult | None = None
) -> None:
    """A line of the trail about a message."""
    audit.record(
        session,
        act,
        "incoming_mail",
        mail.public_id,
        now=now,
        person_id=person.id,
        patient_id=consult.patient_id if consult else None,
        consult_id=consult.id if consult else None,
    )
