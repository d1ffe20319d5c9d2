"""What is said in the lanes of a case, as the pages of staff show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from econsult.access import Pass
from econsult.consults.lifecycle import OPEN
from econsult.consults.threads import Audience, Message
from econsult.consults.unasking import Asked, asked_by
from econsult.lanes import lanes_for, messages_for
from econsult.people.persons import Person
from econsult.reading import Reader
from econsult.templates.items import Item
from web.shell.auth import me
from web.showing.facts import form_items
from web.showing.marks import Guide
from web.showing.retakes import guides_of
from web.words import terms
from web.words.asking import in_readers_words
from web.words.language import gettext
from web.words.times import moment


@dataclass(frozen=True)
class Said:
    """One message of a lane: who wrote it, when, the text, and the checklist of a request for information."""

    id: int
    author: str
    at: str
    text: str
    items: tuple[str, ...]
    is_mine: bool
    public_id: str = ""
    gone: tuple[str, ...] = ()
    """What was asked for and is not any more."""
    may_drop: Sequence[Asked] = ()
    """What this reader may take back of it."""
    guides: Sequence[Guide] = ()
    """The photos that are asked for again."""


def gone_of(message: Message) -> list[str]:
    """What was taken back of a request for information, in the words that asked for it."""
    standing = {line for _number, line in message.standing_items}
    words = [] if message.is_list or message.standing_text else [message.text]
    return [*words, *(line for line in message.lines if line not in standing)]


def _may_drop(session: Session, loaded: Pass, message: Message, known: Sequence[Item]) -> list[Asked]:
    consult = loaded.consult
    if message.items is None or consult.holder_id != me().id or consult.status not in OPEN:
        return []
    asked = (thing for thing in asked_by(session, message) if not thing.has_come)
    return [replace(thing, words=in_readers_words(thing.words, known)) for thing in asked]


def lanes_of(session: Session, loaded: Pass, read: Reader) -> dict[Audience, list[Said]]:
    """The messages that this reader reads, by their lane, the oldest first."""
    lanes: dict[Audience, list[Said]] = {lane: [] for lane in terms.LANES if lane in lanes_for(loaded)}
    messages = messages_for(session, me(), loaded)
    guides, known = guides_of(session, loaded, messages), form_items(session, loaded.consult)
    for message in messages:
        author = session.get_one(Person, message.author_id)
        is_family = not author.is_staff
        items = tuple(in_readers_words(read.text(line), known) for _number, line in message.standing_items)
        lanes[Audience(message.audience)].append(
            Said(
                id=message.id,
                author=gettext("Family") if is_family else author.name,
                at=moment(message.created_at),
                text="; ".join(items) if message.is_list else read.text(message.standing_text),
                items=items,
                gone=tuple(in_readers_words(read.text(line), known) for line in gone_of(message)),
                may_drop=_may_drop(session, loaded, message, known),
                public_id=message.public_id,
                is_mine=author.id == me().id,
                guides=guides.get(message.id, ()),
            )
        )
    return lanes
