"""Taking back a part of what was asked for: one line of the list, one photo, or the words. With the last one the
waiting is over, as if it had been answered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.consults.clocks import lock
from econsult.consults.holding import go_on, require_holder
from econsult.consults.lane_hearers import tell_lane
from econsult.consults.lifecycle import OPEN, Status
from econsult.consults.records import Consult, note
from econsult.consults.retakes import Retake, retakes_of, taken_for
from econsult.consults.threads import Message
from econsult.errors import ImpossibleVerbError, InvalidError, NotFoundError
from econsult.notices import NoticeKind
from econsult.people.persons import Person

WORDS = "words"
"""Names the text of a request for information, where it says more than its list."""


@dataclass(frozen=True)
class Asked:
    """One thing that is still asked for. `key` names it: "words", the number of a line of the list, or a retake's id.

    `retake` is the photo that is asked for again, where it is one; `has_come` that it was taken already.
    """

    key: str
    words: str
    retake: Retake | None = None
    has_come: bool = False

    def is_named(self, key: str) -> bool:
        """A photo may be named by its retake as well, whether a line words it or not."""
        return key in {self.key, self.retake.public_id if self.retake else self.key}


def asked_by(session: Session, message: Message) -> list[Asked]:
    """What a request for information still asks for; nothing of any other message."""
    if message.items is None or message.taken_back_at is not None:
        return []
    taken = set(taken_for(session, message.consult_id).values())
    retakes = [retake for retake, _photo in retakes_of(session, [message.id], even_taken_back=True).get(message.id, [])]
    return list(_things(message, retakes, taken))


def _things(message: Message, retakes: list[Retake], taken: set[int]) -> Iterator[Asked]:
    if message.standing_text and not message.is_list:
        yield Asked(WORDS, message.standing_text)
    worded = message.worded(len(retakes))
    for number, words in message.standing_items:
        retake = retakes[worded.index(number)] if number in worded else None
        yield Asked(str(number), words, retake, retake is not None and retake.id in taken)
    if not worded:
        # Asked for through the API, where nothing on the list words a photo.
        yield from (
            Asked(retake.public_id, "", retake, retake.id in taken) for retake in retakes if not retake.taken_back_at
        )


def take_back_part(
    session: Session, consult: Consult, person: Person, message_id: str, key: str, *, now: datetime
) -> Message:
    """Whoever holds the consult needs this no more. Those who were asked hear of it, once for the whole request.

    Raises ForbiddenError for anybody else, ImpossibleVerbError once the consult is answered or has ended, NotFoundError
    for what is not asked for, and InvalidError for a photo that has come.
    """
    if consult.status not in OPEN:
        raise ImpossibleVerbError(consult.status, "take_back_part")
    require_holder(consult, person)
    lock(session, consult)
    query = select(Message).where(Message.public_id == message_id, Message.consult_id == consult.id)
    message = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    things = asked_by(session, message) if message is not None else []
    thing = next((each for each in things if each.is_named(key)), None)
    if message is None or thing is None:
        raise NotFoundError
    if thing.has_come:
        raise InvalidError("This photo has come already.", {"retakes": "has_come"})
    message.drop(thing.key)
    if thing.retake is not None:
        thing.retake.taken_back_at = now
    consult.version += 1
    note(session, consult, "take_back_part", person_id=person.id, now=now, detail=thing.key)
    if all(other.has_come or other is thing for other in things):
        _end(session, consult, person, message, now)
    tell_lane(session, consult, message, NoticeKind.LESS_NEEDED, now)
    session.flush()
    return message


def _end(session: Session, consult: Consult, person: Person, message: Message, now: datetime) -> None:
    """Nothing is asked for any more: what was waited for is not waited for."""
    message.taken_back_at = now
    newest = select(Message.id).where(Message.consult_id == consult.id, Message.items.is_not(None))
    is_waited_for = session.scalar(newest.order_by(Message.id.desc()).limit(1)) == message.id
    if is_waited_for and consult.status == Status.NEEDS_INFO:
        go_on(session, consult, person, "resume", now=now)
