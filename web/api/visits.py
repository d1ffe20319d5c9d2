"""Routes of the visits that steps lead to: what is booked, booking one, and what is said of it."""

from __future__ import annotations

from typing import Any

from econsult.advice.visiting import BOOKING_ROLES, book, end, readable_visits, reply, usual_zone
from econsult.consults.visits import Booking, Visit
from econsult.errors import InvalidError
from econsult.people.persons import HOUSEHOLD
from econsult.rights import OF_FAMILY, Relation, Right
from econsult.zones import check_zone
from web.api.loading import loaded
from web.api.routing import route
from web.api.stamps import stamp
from web.api.visit_schemas import BOOK_IN, ENDS, SAY_IN
from web.context import database, now, settings
from web.shell.auth import me
from web.words.times import timed_instant

KNOW_WHERE = {Relation.MEDICAL_HOME, Relation.COORDINATOR, *OF_FAMILY}
"""Whoever answers reads that there is a visit, and when."""


@route("GET", "/consults/<consult_id>/visits", answer="Visits")
def list_visits(consult_id: str) -> dict[str, Any]:
    """Every booking of the answer's steps, the oldest first; for a family those of an answer that it can read."""
    return _listed(consult_id)


@route("POST", "/consults/<consult_id>/steps/<step_id>/visit", answer="Visits", body=BOOK_IN, roles=BOOKING_ROLES)
def book_visit(consult_id: str, step_id: str, body: dict[str, Any]) -> dict[str, Any]:
    """Book the visit of a step, or change it by `instead_of`; without `starts_at` it is a place on a waiting list."""
    zone = check_zone(body.get("zone", "")) or _zone(consult_id)
    starts_at = timed_instant(body["starts_at"], zone) if "starts_at" in body else None
    if "starts_at" in body and starts_at is None:
        raise InvalidError("That is no time of this zone.", {"starts_at": "invalid"})
    texts = {name: body.get(name, "") for name in ("phone", "note")}
    booking = Booking(
        body["place"],
        zone,
        starts_at,
        note_language=body.get("note_language", "en"),
        bring=tuple(body.get("bring", ())),
        **texts,
    )
    with database().writing() as session:
        book(session, me(), consult_id, step_id, booking, instead_of=body.get("instead_of", ""), now=now())
    return _listed(consult_id)


@route(
    "POST", "/consults/<consult_id>/visits/<visit_id>", answer="Visits", body=SAY_IN, roles=(*BOOKING_ROLES, *HOUSEHOLD)
)
def say_of_visit(consult_id: str, visit_id: str, body: dict[str, Any]) -> dict[str, Any]:
    """Say that the child came, or not, or call it off with `why`; or what the family says about coming."""
    with database().writing() as session:
        if body["verb"] in ENDS:
            end(session, me(), consult_id, visit_id, body["verb"], why=body.get("why", ""), now=now())
        else:
            reply(session, me(), consult_id, visit_id, body["verb"], now=now())
    return _listed(consult_id)


def _zone(consult_id: str) -> str:
    with loaded(consult_id, Right.FOLLOW) as (session, passed):
        return usual_zone(session, passed.consult) or settings().time_zone


def _listed(consult_id: str) -> dict[str, Any]:
    with loaded(consult_id, Right.SEE) as (session, passed):
        knows = passed.relation in KNOW_WHERE
        return {"items": [_json(step, visit, knows=knows) for step, visit in readable_visits(session, passed)]}


def _json(step_id: str, visit: Visit, *, knows: bool) -> dict[str, Any]:
    return {
        "id": visit.public_id,
        "step": step_id,
        "state": visit.state,
        "starts_at": stamp(visit.starts_at) if visit.starts_at else None,
        "zone": visit.zone,
        "is_over": visit.is_over(now()),
        "place": visit.place if knows else None,
        "phone": visit.phone if knows else None,
        "note": visit.note if knows else None,
        "note_language": visit.note_language if knows else None,
        "bring": list(visit.brought) if knows else [],
        "reply": visit.reply,
        "why": visit.why,
    }
