"""Families whom the product sent to emergency care: the clinic calls each of them, and says that it has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, redirect
from sqlalchemy.orm import Session
from werkzeug import Response

from econsult.consults.redflags import UNSAFE
from econsult.consults.screening import deal_with
from econsult.people.patients import Patient
from econsult.people.persons import Role
from econsult.stops import Stop, stop_for, stops_for
from web.context import database, now
from web.shell.auth import home_of, me, only
from web.shell.desk import rings
from web.shell.forms import FormReader
from web.showing.home_safety import HomeShown, home_shown
from web.words import terms
from web.words.dangers import signs_of

stops = rings(Blueprint("stops", __name__, url_prefix="/stops/<int:stop_id>"))


@dataclass(frozen=True)
class Call:
    """One family to call now, with the signs of every stop of this child, newest first, and since when it waits.

    `id` is the newest stop: whoever called has seen that one and all before it.
    """

    id: int
    name: str
    child: str
    language: str
    phone: str
    signs: dict[str, datetime]
    since: datetime
    is_confidential: bool
    """Whether the young person said it without their caregivers, to whom the telephone may belong."""
    is_hint: bool
    """Whether nothing was stopped: words that the family wrote may tell of danger, and somebody reads them."""
    number: str
    """Of the request that holds the words, for whoever may read it; else empty."""
    read_at: str
    is_unsafe: bool
    """Whether the home is not safe: nobody calls or writes there, and the number is not shown."""
    safe_ways: list[str]
    """How the family said that it can be reached, newest first."""
    home: HomeShown | None
    """What was told of this home before, where these stops say nothing of it."""
    patient: Patient
    """For what a court said of the child."""


def calls_for(session: Session) -> list[Call]:
    """Whom the signed-in person must call. A child with several stopped requests is one line."""
    stops_of: dict[int, list[Stop]] = {}
    for stop in stops_for(session, me(), now=now()):
        stops_of.setdefault(stop.patient.id, []).append(stop)
    return [_call(session, found) for found in stops_of.values()]


@stops.post("/called")
@only(Role.PCP, Role.COORDINATOR)
def called(stop_id: int) -> Response:
    """Write down who called; the earlier stops of this child, which stood in the same line, are dealt with as well."""
    is_nothing = FormReader().is_ticked("nothing")
    with database().writing() as session:
        chosen = stop_for(session, me(), stop_id, now=now())
        for stop in stops_for(session, me(), now=now()):
            if stop.patient.id == chosen.patient.id and stop.stop.id <= chosen.stop.id:
                deal_with(session, stop.stop, me(), now=now(), is_nothing=is_nothing)
    return redirect(f"{home_of(me())}?said=called", 303)


def _call(session: Session, found: list[Stop]) -> Call:
    """The line of one child, from its stops, newest first. A sign that was ticked again keeps its latest time."""
    patient = found[0].patient
    signs: dict[str, datetime] = {}
    for each in found:
        for sign in signs_of(each.stop.codes):
            signs.setdefault(sign, each.stop.at)
    is_unsafe = any(UNSAFE in each.stop.codes.split(",") for each in found)
    return Call(
        id=found[0].stop.id,
        name=patient.name,
        child=terms.child(patient, now().date()),
        language=str(terms.LANGUAGES[patient.language]),
        phone=patient.phone,
        signs=signs,
        since=found[-1].stop.at,
        is_confidential=any(each.consult.is_confidential and not each.consult.is_traceless for each in found),
        is_hint=all(each.stop.is_hint for each in found),
        number=found[0].consult.number if found[0].stop.is_hint else "",
        read_at=found[0].consult.public_id if found[0].stop.is_hint and me().role == Role.PCP else "",
        is_unsafe=is_unsafe,
        safe_ways=list(dict.fromkeys(each.stop.safe_way for each in found if each.stop.safe_way)),
        home=None if is_unsafe else home_shown(session, patient.id),
        patient=patient,
    )
