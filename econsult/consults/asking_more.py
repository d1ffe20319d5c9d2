"""Adding to a request for information what was forgotten, while its answer is waited for.

What is added joins the one message that everybody reads, and the pause goes on as it began: its end does not move, so
that nobody gains time by asking again. Those who were asked hear of it once, however often something is added.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.consults.clocks import held_clock, lock
from econsult.consults.lane_hearers import tell_lane
from econsult.consults.lifecycle import Status
from econsult.consults.policies import ClockName
from econsult.consults.records import Consult, note
from econsult.consults.retakes import Retake, Wanted, send_retakes
from econsult.consults.threads import Audience, Message, check_asking, check_items, request_info
from econsult.consults.wanted_items import keep_wanted
from econsult.errors import InvalidError
from econsult.notices import NoticeKind
from econsult.people.persons import Person
from econsult.seeing import is_seen, seen_part

MORE = ":more"


@dataclass(frozen=True)
class Asking:
    """What is asked for: words, a list, and photos again, each worded by a line; `codes` as in `request_info`."""

    text: str
    items: Sequence[str] = ()
    again: Sequence[Wanted] = ()
    again_words: Sequence[str] = ()
    codes: Sequence[str] = ()


def open_request(session: Session, consult: Consult) -> Message | None:
    """The request for information that is waited for now; None where nothing is, or not for anybody's words."""
    if consult.status != Status.NEEDS_INFO:
        return None
    held = held_clock(session, consult, ClockName.FIRST_REPLY)
    since = held.paused_at if held is not None else None
    query = select(Message).where(Message.consult_id == consult.id, Message.taken_back_at.is_(None))
    query = query.where(Message.items.is_not(None), Message.created_at >= since)
    return session.scalars(query.order_by(Message.id.desc()).limit(1)).first() if since is not None else None


def ask(
    session: Session, consult: Consult, person: Person, audience: Audience | None, asking: Asking, *, now: datetime
) -> Message:
    """Ask for what is missing, as `request_info` does; while that is waited for, add to it in the lane that was asked.

    Raises what `request_info` raises, and ImpossibleVerbError for another lane while one is waited for.
    """
    message = open_request(session, consult)
    if message is not None and audience in (None, message.audience):
        return ask_more(session, consult, person, message, asking, now=now)
    return request_info(
        session,
        consult,
        person,
        text=asking.text,
        items=asking.items,
        audience=audience,
        now=now,
        again=asking.again,
        again_words=asking.again_words,
        codes=asking.codes,
    )


def ask_more(
    session: Session, consult: Consult, person: Person, message: Message, asking: Asking, *, now: datetime
) -> Message:
    """Add lines and photos to the request that is waited for; words of its own become a line of the list.

    Raises what `request_info` raises, InvalidError where nothing is added, and for a photo that stands in this request
    already or was taken back from it.
    """
    lock(session, consult)
    lines = [*_own_words(asking), *asking.items]
    added = [*lines, *asking.again_words]
    if not added and not asking.again:
        raise InvalidError("Say what else is needed.", {"text": "required"})
    lane = Audience(message.audience)
    photos = check_asking(session, consult, person, lane, again=asking.again, items=added, now=now)
    check_items([*(words for _number, words in message.standing_items), *added])
    before = set(session.scalars(select(Retake.attachment_id).where(Retake.message_id == message.id)))
    if any(photo.id in before for photo, _drawing in photos):
        raise InvalidError("This photo is on the list already.", {"retakes": "on_list"})
    _append(message, lines, asking.again_words, photos=len(before))
    send_retakes(session, consult, person, message.id, photos, now=now)
    consult.version += 1
    keep_wanted(session, consult, asking.items, asking.codes, now=now)
    note(session, consult, "request_more", person_id=person.id, now=now, detail=lane)
    tell_lane(session, consult, message, NoticeKind.MORE_NEEDED, now, more=MORE)
    session.flush()
    return message


def _own_words(asking: Asking) -> list[str]:
    """What was written besides what is ticked: the page writes the list as words where nothing else was."""
    is_list = asking.text == "; ".join([*asking.items, *asking.again_words])
    return [] if is_list or not is_seen(asking.text) else [seen_part(asking.text)]


def _append(message: Message, lines: Sequence[str], photo_words: Sequence[str], *, photos: int) -> None:
    """Behind what stands there, since what was taken back is known by the number of its line."""
    known, is_list, worded = message.lines, message.is_list, message.worded(photos)
    first = len(known) + len(lines)
    every = [*known, *(each.strip() for each in (*lines, *photo_words))]
    numbers = [*worded, *range(first, first + len(photo_words))]
    message.items = {**(message.items or {}), "items": every, "worded": numbers}
    if is_list:
        message.text = "; ".join(every)
