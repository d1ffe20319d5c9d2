"""Photos that are asked for again, for whoever may read that: a part of `access`.

What was drawn belongs to the lane of the message that asks. Before it is sent it is its author's, and is loaded by
`consults.retakes.draft_of` for nobody else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.access import Pass, consult_for
from econsult.consults.attachments import Attachment
from econsult.consults.records import Consult
from econsult.consults.retakes import Retake, retakes_of, taken_for
from econsult.consults.threads import Message
from econsult.errors import NotFoundError
from econsult.lanes import messages_for
from econsult.people.persons import Person
from econsult.rights import Right


@dataclass(frozen=True)
class Asked:
    """One photo that is asked for again, as it was loaded for somebody, with the message that asks."""

    loaded: Pass
    message: Message
    retake: Retake
    photo: Attachment


def retake_for(session: Session, person: Person, public_id: str, *, now: datetime, right: Right = Right.SEE) -> Asked:
    """What is asked for again, when this person may know the consult, has the right, and reads the lane that asks.

    What was taken back is found as well: a photo that is on its way for it goes on. Raises NotFoundError for a draft,
    whoever asks, and for a photo that the family has sealed.
    """
    query = select(Retake, Consult.public_id).join(Consult, Consult.id == Retake.consult_id)
    row = session.execute(query.where(Retake.public_id == public_id)).one_or_none()
    if row is None:
        raise NotFoundError
    loaded = consult_for(session, person, row[1], now=now, right=right)
    number = row[0].message_id
    message = next((each for each in messages_for(session, person, loaded) if each.id == number), None)
    if message is None:
        raise NotFoundError
    found = retakes_of(session, [message.id], even_taken_back=True).get(message.id, [])
    for retake, photo in found:
        if retake.id == row[0].id:
            return Asked(loaded, message, retake, photo)
    raise NotFoundError


def asked_before(session: Session, person: Person, loaded: Pass) -> dict[int, tuple[Retake, Attachment]]:
    """By the id of a photo that was taken again: what asked for it, in lanes that this reader reads."""
    messages = [message.id for message in messages_for(session, person, loaded)]
    known = {retake.id: (retake, photo) for found in retakes_of(session, messages).values() for retake, photo in found}
    return {new: known[old] for new, old in taken_for(session, loaded.consult.id).items() if old in known}
