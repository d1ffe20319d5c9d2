"""People whom no letter and no text message reached: the coordinator's list, and its end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, redirect
from sqlalchemy.orm import Session
from werkzeug import Response

from econsult.people.persons import Role
from econsult.reach.unreached import Unreached, settle, unreached_for
from web.context import database, now
from web.shell.auth import me, only
from web.shell.desk import rings
from web.words import terms
from web.words.reaching import failures

unreached = rings(Blueprint("unreached", __name__, url_prefix="/unreached/<int:number>"))


@dataclass(frozen=True)
class Line:
    """One person. `card` is the case to call about, where it is a family's; `id` ends everything up to it."""

    id: int
    name: str
    child: str
    language: str
    card: str
    case: str
    since: datetime
    count: int
    why: list[str]


def lines_for(session: Session) -> list[Line]:
    """Whom the signed-in coordinator must see told, the longest waiting first."""
    return [_line(each) for each in unreached_for(session, me(), now=now())]


@unreached.post("/told")
@only(Role.COORDINATOR)
def told(number: int) -> Response:
    """Somebody told this person in another way."""
    with database().writing() as session:
        settle(session, me(), number, now=now())
    return redirect("/coordination?said=told_otherwise", 303)


def _line(each: Unreached) -> Line:
    patient, consult = each.patient, each.consult
    return Line(
        id=each.last_id,
        name=each.person.name,
        child=f"{patient.name}, {terms.child(patient, now().date())}" if patient else "",
        language=str(terms.LANGUAGES[each.person.language]),
        card=consult.public_id if consult and patient else "",
        case=consult.number if consult and patient else "",
        since=each.since,
        count=len(each.notices),
        why=failures(each.reasons),
    )
