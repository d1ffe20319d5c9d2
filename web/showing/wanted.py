"""What a specialist asks of the clinic whose page this is, or of the telepresenter who put the question: who asks,
since when, for what, and how long it may take.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from econsult.access import Pass
from econsult.consults.clocks import ClockName, open_clocks
from econsult.consults.replies import ASKERS
from econsult.consults.threads import Audience
from econsult.consults.wanting import question_to_clinic
from econsult.lanes import is_addressed, lanes_for
from econsult.people.persons import Person
from econsult.reading import Reader
from web.shell.auth import me
from web.showing.facts import form_items
from web.words.asking import in_readers_words


@dataclass(frozen=True)
class Wanted:
    """One question to the clinic. `until` ends the time in which the clock stands still; None where it runs on."""

    id: int
    by: str
    at: datetime
    text: str
    items: tuple[str, ...]
    until: datetime | None


def wanted_of(session: Session, loaded: Pass, read: Reader) -> Wanted | None:
    """What the reader's clinic is asked and has not given; None for everybody else, and where nothing is open."""
    consult = loaded.consult
    if me().role not in ASKERS or consult.holder_id == me().id or Audience.CLINICIANS not in lanes_for(loaded):
        return None
    asked = question_to_clinic(session, consult)
    if asked is None or (is_addressed(loaded) and asked.items is None):
        return None
    known = form_items(session, consult)
    items = tuple(in_readers_words(read.text(line), known) for _number, line in asked.standing_items)
    return Wanted(
        id=asked.id,
        by=session.get_one(Person, asked.author_id).name,
        at=asked.created_at,
        text="" if asked.is_list else read.text(asked.standing_text),
        items=items,
        until=next((clock.paused_until for clock in open_clocks(session, consult.id, ClockName.FIRST_REPLY)), None),
    )
