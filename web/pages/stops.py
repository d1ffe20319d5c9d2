"""Families whom the product sent to emergency care: the clinic calls each of them, and says that it has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, redirect
from sqlalchemy.orm import Session
from werkzeug import Response

from econsult.consults.screening import deal_with
from econsult.people.persons import Role
from econsult.stops import Stop, stop_for, stops_for
from web.context import database, now
from web.shell.auth import home_of, me, only
from web.shell.desk import rings
from web.words import terms
from web.words.dangers import signs_of

stops = rings(Blueprint("stops", __name__, url_prefix="/stops/<int:stop_id>"))


@dataclass(frozen=True)
class Call:
    """One family to call now: the newest stop of one child."""

    id: int
    name: str
    child: str
    language: str
    phone: str
    signs: list[str]
    at: datetime


def calls_for(session: Session) -> list[Call]:
    """Whom the signed-in person must call, newest first. A child with several stopped requests stands there once."""
    newest: dict[int, Stop] = {}
    for stop in stops_for(session, me(), now=now()):
        newest.setdefault(stop.patient.id, stop)
    return [_call(stop) for stop in newest.values()]


@stops.post("/called")
@only(Role.PCP, Role.COORDINATOR)
def called(stop_id: int) -> Response:
    """Write down who called; earlier stops of the same child are dealt with by the same call."""
    with database().writing() as session:
        chosen = stop_for(session, me(), stop_id, now=now())
        for stop in stops_for(session, me(), now=now()):
            if stop.patient.id == chosen.patient.id and stop.stop.id <= chosen.stop.id:
                deal_with(session, stop.stop, me(), now=now())
    return redirect(f"{home_of(me())}?said=called", 303)


def _call(stop: Stop) -> Call:
    patient = stop.patient
    return Call(
        id=stop.stop.id,
        name=patient.name,
        child=terms.child(patient, now().date()),
        language=str(terms.LANGUAGES[patient.language]),
        phone=patient.phone,
        signs=signs_of(stop.stop.codes),
        at=stop.stop.at,
    )
