"""What specialists ask of the telepresenter who put a question, as their start page shows it: the list itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from econsult.access import consult_for
from econsult.lanes import messages_for
from econsult.people.persons import Role
from econsult.reading import reader_for
from web.context import now
from web.shell.auth import me
from web.showing.marks import Guide
from web.showing.retakes import guides_of
from web.showing.wanted import Wanted, wanted_of
from web.words.covered import marks

MOST_SHOWN = 5


@dataclass(frozen=True)
class Ask:
    """One request for information: of which consult, what is asked, and the photos that are asked for again."""

    id: str
    number: str
    wanted: Wanted
    guides: tuple[Guide, ...]


def asks_of(session: Session, ids: Iterable[str]) -> list[Ask]:
    """The first of these consults, by their public ids, with what each asks of this reader; each look is audited.

    Nothing for a clinician, whose list may be long, and who reads it in the case.
    """
    if me().role != Role.TELEPRESENTER:
        return []
    found = (_ask_of(session, public_id) for public_id in list(ids)[:MOST_SHOWN])
    return [ask for ask in found if ask is not None]


def _ask_of(session: Session, public_id: str) -> Ask | None:
    loaded = consult_for(session, me(), public_id, now=now())
    wanted = wanted_of(session, loaded, reader_for(session, loaded, marks()))
    if wanted is None:
        return None
    messages = [message for message in messages_for(session, me(), loaded) if message.id == wanted.id]
    guides = guides_of(session, loaded, messages).get(wanted.id, [])
    return Ask(public_id, loaded.consult.number, wanted, tuple(guides))
