"""The families that whoever stands in for an empty desk must reach, as its page lists them: without anybody's name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from econsult import audit
from econsult.bereavement import marked_lately
from econsult.consults.left_waiting import CALL, left_waiting
from econsult.people.patients import Patient
from web.context import now
from web.shell.auth import me
from web.words import terms


@dataclass(frozen=True)
class Family:
    """One line: the number of the request, where it is opened, for what its family waits, and by when."""

    number: str
    address: str
    is_call: bool
    what: str
    language: str
    due_at: datetime
    is_late: bool


@dataclass(frozen=True)
class Heirs:
    """What the page shows to whoever stands in alone: whom to reach, and the children who were marked as dead."""

    families: list[Family]
    died: list[Patient]


def shown_to_heirs(session: Session) -> Heirs:
    """Both, as things stand now; each listing is audited."""
    return Heirs(families_left(session), marked_lately(session, me(), now()))


def families_left(session: Session) -> list[Family]:
    """Whom nobody of their clinic reaches."""
    found = left_waiting(session, me().program_id, now())
    audit.record_list(session, [each.consult for each in found], now=now(), person_id=me().id)
    return [
        Family(
            number=each.consult.number,
            address=("/calls/" if each.what == CALL else "/coordination/") + each.consult.public_id,
            is_call=each.what == CALL,
            what="" if each.what == CALL else terms.promise(each.what, FAMILYS.get(each.what, "")),
            language=str(terms.LANGUAGES.get(each.consult.language, "")),
            due_at=each.due_at,
            is_late=each.due_at <= now(),
        )
        for each in found
    ]


FAMILYS = {"next_reply": "family"}
"""The lane of what a family waits for, by the clock."""
