"""Visits: the list of those that need somebody, and the page on which one is booked, changed and ended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug import Response

from econsult.access import consult_for
from econsult.advice.visit_lists import SHOWN, is_full, places_known, visit_lists
from econsult.advice.visiting import BOOKING_ROLES, book, end, reply, usual_zone, whom_to_call
from econsult.consults.visits import (
    BRING,
    LONGEST_NOTE,
    LONGEST_PHONE,
    LONGEST_PLACE,
    WHY,
    Booking,
    Visit,
    visits_of,
)
from econsult.errors import ImpossibleVerbError, InvalidError, NotFoundError, StaleVersionError
from econsult.people.persons import LANGUAGES, Role
from econsult.rights import Right
from econsult.zones import zone_names
from web.context import database, now, settings
from web.shell.auth import me, only
from web.shell.desk import count_place, rings
from web.shell.forms import FormReader
from web.showing.casefile import open_case
from web.showing.home_safety import home_shown
from web.showing.steps import Line
from web.showing.visits import shown_of
from web.words import terms
from web.words import visits as words
from web.words.language import gettext
from web.words.steps import as_read
from web.words.times import timed_instant

visits = rings(Blueprint("visits", __name__))
Page = str | Response | tuple[str, int]
SAID = {"": "visit_booked", "family": "visit_call", "alone": "visit_alone"}
"""What the page says of whom a letter tells, and of whom somebody must tell."""


@visits.get("/visits")
@only(*BOOKING_ROLES)
def show() -> str:
    """What needs somebody first, then what is to be arranged, what is ahead, and the waiting lists."""
    with database().writing() as session:
        found = visit_lists(session, me(), now())
        groups = {
            name: [(shown_of(each.visit) if each.visit else None, each) for each in entries]
            for name, entries in found.items()
        }
    count_place("/visits", str(len(groups["needs"]) or ""))
    return render_template(
        "visits/list.html",
        groups=groups,
        most=SHOWN if is_full(found) else 0,
        words=words,
        terms=terms,
        as_read=as_read,
        today=now().date(),
        now_at=now(),
    )


@visits.get("/consults/<public_id>/steps/<step_id>/visit")
@only(*BOOKING_ROLES)
def step(public_id: str, step_id: str) -> Page:
    """The visit of one step, with the form that books or changes it."""
    with database().writing() as session:
        return _page(session, public_id, step_id)


@visits.post("/consults/<public_id>/steps/<step_id>/visit")
@only(*BOOKING_ROLES)
def book_it(public_id: str, step_id: str) -> Page:
    """Book it, put it on a waiting list, or change what is booked."""
    form, whom = FormReader(), ""
    booking, given = _booking(form)
    try:
        if not form.errors:
            with database().writing() as session:
                seen = request.form.get("instead_of", "")
                visit = book(session, me(), public_id, step_id, booking, instead_of=seen, now=now())
                whom = whom_to_call(session, visit, now())
    except InvalidError as error:
        form.errors |= {name: _wrong(name) for name in error.fields}
    except (StaleVersionError, ImpossibleVerbError):
        return _changed(public_id, step_id, given)
    if form.errors:
        with database().writing() as session:
            return _page(session, public_id, step_id, form.errors, given), 422
    return redirect(url_for(".step", public_id=public_id, step_id=step_id, said=SAID[whom]), 303)


@visits.post("/consults/<public_id>/steps/<step_id>/visit/<visit_id>")
@only(*BOOKING_ROLES)
def end_it(public_id: str, step_id: str, visit_id: str) -> Page:
    """The child came, did not come, or the visit is called off."""
    form, whom = FormReader(), ""
    verb = form.choice("verb", tuple(words.ENDS), required=gettext("Say what came of it"))
    why = form.choice("why", WHY)
    try:
        if not form.errors:
            with database().writing() as session:
                visit = end(session, me(), public_id, visit_id, verb, why=why, now=now())
                whom = whom_to_call(session, visit, now()) if verb == "off" else ""
    except InvalidError:
        form.errors["why"] = gettext("Choose why it did not take place")
    except (StaleVersionError, ImpossibleVerbError):
        return _changed(public_id, step_id, {})
    if form.errors:
        with database().writing() as session:
            return _page(session, public_id, step_id, form.errors), 422
    return redirect(url_for(".step", public_id=public_id, step_id=step_id, said=SAID[whom] if whom else "noted"), 303)


@visits.post("/consults/<public_id>/steps/<step_id>/visit/<visit_id>/said")
@only(*BOOKING_ROLES)
def said_by_phone(public_id: str, step_id: str, visit_id: str) -> Page:
    """What the family says on the telephone about coming."""
    said = FormReader().choice("reply", tuple(words.REPLIES))
    try:
        with database().writing() as session:
            reply(session, me(), public_id, visit_id, said, now=now())
    except (StaleVersionError, InvalidError):
        return _changed(public_id, step_id, {})
    return redirect(url_for(".step", public_id=public_id, step_id=step_id, said="noted"), 303)


def _booking(form: FormReader) -> tuple[Booking, dict[str, Any]]:
    """What the form says, and the same as it was typed. Without a day it is a place on a waiting list."""
    is_listed = request.form.get("kind") == "listed"
    typed = "" if is_listed else form.text("starts_at", longest=40)
    zone = form.choice("zone", _zones()) or settings().time_zone
    if zone != request.form.get("zone", zone):
        form.errors["zone"] = gettext("Choose a time zone of the list")
    starts_at = timed_instant(typed, zone)
    if not is_listed and starts_at is None:
        form.errors["starts_at"] = _wrong("starts_at") if typed else gettext("Write the day and the time")
    place = form.text("place", longest=LONGEST_PLACE, required=_wrong("place"))
    phone = form.phone("phone") if request.form.get("phone", "").strip() else ""
    said, bring = form.text("note", longest=LONGEST_NOTE), tuple(form.choices("bring", BRING))
    language = form.choice("note_language", LANGUAGES) or "en"
    given: dict[str, Any] = {"starts_at": request.form.get("starts_at", "")[:40], "place": place, "note": said}
    given |= {
        "phone": request.form.get("phone", "")[:LONGEST_PHONE],
        "bring": bring,
        "note_language": language,
        "zone": zone,
    }
    return Booking(place, zone, starts_at, phone, said, language, bring), given


def _zones(*more: str) -> list[str]:
    """The clocks among which whoever books chooses that of the place."""
    return sorted({*zone_names(), settings().time_zone, *more})


def _wrong(name: str) -> str:
    return {
        "place": gettext("Write where it is"),
        "starts_at": gettext("Choose a day and a time that is still to come, within two years"),
    }.get(name) or gettext("This cannot be right")


def _changed(public_id: str, step_id: str, given: Mapping[str, Any]) -> Page:
    said = gettext("This visit changed after you opened the page. Nothing was written down: this is how it is now.")
    with database().writing() as session:
        return _page(session, public_id, step_id, {"changed": said}, given), 409


def _page(
    session: Session,
    public_id: str,
    step_id: str,
    errors: Mapping[str, str] | None = None,
    given: Mapping[str, Any] | None = None,
) -> str:
    loaded = consult_for(session, me(), public_id, now=now(), right=Right.FOLLOW)
    case = open_case(session, loaded)
    line = next((each for each in case.steps if each.id == step_id and (each.may_book or each.visits)), None)
    if line is None:
        raise NotFoundError
    is_desk = me().role == Role.COORDINATOR
    if not given:
        usual = usual_zone(session, loaded.consult) or settings().time_zone
        given = _typed(visits_of(session, [loaded.consult.id]), line, loaded.patient.language, usual)
    return render_template(
        "visits/visit.html",
        case=case,
        line=line,
        visit=next((each for each in line.visits if each.is_current), None),
        back=f"/coordination/{public_id}" if is_desk else f"/consults/{public_id}",
        unsafe_home=home_shown(session, loaded.patient.id),
        given=given,
        errors=errors or {},
        zones=_zones(given["zone"]),
        places=places_known(session, me()),
        words=words,
        terms=terms,
    )


def _typed(known: Iterable[Visit], line: Line, language: str, usual: str) -> dict[str, Any]:
    """What stands in the form at first: what is booked, for whoever changes one thing of it."""
    ahead = [each.id for each in line.visits if each.is_current]
    visit = next((each for each in known if each.public_id in ahead), None)
    if visit is None:
        return {"note_language": language, "bring": (), "zone": usual}
    at = visit.starts_at.astimezone(visit.clock) if visit.starts_at else None
    return {
        "zone": visit.zone,
        "starts_at": f"{at:%Y-%m-%dT%H:%M}" if at else "",
        "place": visit.place,
        "phone": visit.phone or "",
        "note": visit.note or "",
        "note_language": visit.note_language,
        "bring": visit.brought,
    }
