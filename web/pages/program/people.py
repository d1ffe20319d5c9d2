"""Who may take what: the specialists' licences, languages and capacity, who stands in, and conflicts of interest."""

from __future__ import annotations

import re
from collections.abc import Mapping

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug import Response

from econsult.access import consult_for, note_patients, patient_for
from econsult.consults.records import Consult, numbered
from econsult.errors import InvalidError, NotFoundError
from econsult.people.persons import SPECIALTIES, Role, specialists_for
from econsult.queue.trial import Trial
from econsult.rosters import qualifying
from econsult.rosters.limits import Limits, fallbacks_of, limits_of
from econsult.rosters.qualifying import LimitsForm
from econsult.zones import zone_names
from web.context import database, now, settings
from web.pages.owning import asks_password, check_recent
from web.pages.program.changing import Act, carry_out, look_at
from web.pages.program.choosing import chosen
from web.pages.program.roster import PLANNERS
from web.shell.auth import me, only
from web.shell.desk import rings
from web.shell.forms import FormReader
from web.shell.unreadable import shown_again
from web.words import terms
from web.words.language import gettext

people = rings(Blueprint("people", __name__, url_prefix="/program/people"))


@people.get("")
@only(*PLANNERS)
def show() -> str:
    """The specialists of a specialty, who stands in for them, the clinics; conflicts for those who know children."""
    return _page({})


@people.post("/<public_id>/limits")
@only(*PLANNERS)
def limits(public_id: str) -> Response | tuple[str, int]:
    """What one specialist may and can take; with the verb `look` only show what it would change."""
    form = FormReader()
    capacity = form.text("capacity", longest=4)
    wish = LimitsForm(
        states=form.text("states", longest=300),
        # One that is not known is refused: without it, none would be left, and none means any.
        languages=[code for code in request.form.getlist("languages") if code],
        capacity=int(capacity or "0") if re.fullmatch(r"[0-9]{0,3}", capacity) else -1,
        seen=request.form.get("seen", ""),
    )
    return _change(lambda session: qualifying.set_limits(session, me(), public_id, wish, now=now()), public_id)


@people.post("/fallbacks")
@only(*PLANNERS)
def fallbacks() -> Response | tuple[str, int]:
    """Let another specialty stand in, or no longer."""
    wish, verb = FormReader().text("fallback", longest=40), request.form.get("verb", "")
    ends = verb in ("remove", "look_remove")
    act = qualifying.remove_fallback if ends else qualifying.add_fallback
    place = f"remove {wish}" if ends else "fallback"
    return _change(lambda session: act(session, me(), _specialty(), wish, now=now()), place)


@people.post("/clinics/<public_id>")
@only(*PLANNERS)
def clinic(public_id: str) -> Response | tuple[str, int]:
    """In which state a clinic is."""
    state = FormReader().text("state", longest=20)
    return _change(lambda session: qualifying.set_state(session, me(), public_id, state, now=now()), public_id)


@people.post("/clinics/<public_id>/zone")
@only(*PLANNERS)
def clinic_zone(public_id: str) -> Response | tuple[str, int]:
    """In which time zone the people of a clinic read times, unless they have chosen another."""
    name = FormReader().text("time_zone", longest=40)

    def act(session: Session) -> object:
        return qualifying.set_clinic_zone(session, me(), public_id, name, now=now())

    return _change(act, f"z-{public_id}")


@people.post("/conflicts")
@only(Role.COORDINATOR)
def conflict() -> Response | tuple[str, int]:
    """This specialist must not answer for the child of this request."""
    form = FormReader()
    person, number = form.text("person", longest=40), form.text("number", longest=20)

    def act(session: Session) -> None:
        public_id = session.scalars(select(Consult.public_id).where(Consult.id == numbered(number))).one_or_none()
        try:
            patient = consult_for(session, me(), public_id or "", now=now()).patient
        except NotFoundError:
            raise InvalidError("There is no such request.", {"number": "unknown_value"}) from None
        try:
            qualifying.bar(session, me(), person, patient, now=now())
        except NotFoundError:
            raise InvalidError("There is no such specialist.", {"person": "unsuitable"}) from None

    return _change(act, "number")


@people.post("/conflicts/<public_id>/<patient_id>/remove")
@only(Role.COORDINATOR)
def no_conflict(public_id: str, patient_id: str) -> Response | tuple[str, int]:
    """There is no conflict any more."""
    form = FormReader()
    check_recent(form)
    if form.errors:
        return _page(form.errors), 422

    def act(session: Session) -> None:
        patient = patient_for(session, me(), patient_id, now=now())
        qualifying.unbar(session, me(), public_id, patient, now=now())

    return _change(act, "number")


def _change(act: Act, place: str) -> Response | tuple[str, int]:
    """Do it, or only show what that would change: that, and a refusal, are said at its `place`."""
    try:
        if request.form.get("verb", "").startswith("look"):
            return _page({}, {place: look_at(act)}), 200
        said = carry_out(act)
    except InvalidError as error:
        field = next(iter(error.fields))
        return _page({"person" if field == "person" else place: _sentence(field)}), 422
    return redirect(url_for(".show", specialty=_specialty(), said=said), 303)


@shown_again
def _page(errors: Mapping[str, str], tried: Mapping[str, Trial] | None = None) -> str:
    specialty, program_id = _specialty(), me().program_id
    with database().writing() as session:
        pool = specialists_for(session, program_id, specialty)
        known = limits_of(session, [person.id for person in pool])
        conflicts = qualifying.conflicts_of(session, program_id) if me().role == Role.COORDINATOR else []
        note_patients(session, me(), [patient for _, patient in conflicts], now())
        stand_ins = fallbacks_of(session, program_id, specialty)
        clinics = qualifying.clinics_of(session, program_id)
    nothing = Limits(capacity=0, states="", languages="")
    return render_template(
        "program/people.html",
        specialty=specialty,
        pool=[(person, known.get(person.id, nothing)) for person in pool],
        stand_ins=stand_ins,
        others=[code for code in SPECIALTIES if code not in (specialty, *stand_ins)],
        clinics=clinics,
        conflicts=conflicts,
        knows_children=me().role == Role.COORDINATOR,
        errors=errors,
        asks_password=asks_password(),
        tried=tried or {},
        states=sorted(qualifying.STATES),
        zones=zone_names(),
        zone=settings().time_zone,
        given=request.form,
        terms=terms,
    )


def _specialty() -> str:
    return chosen("specialty", SPECIALTIES, SPECIALTIES[0])


def _sentence(name: str) -> str:
    known = {
        "states": gettext("Write states with two letters, for example NM, TX"),
        "state": gettext("Write the state with two letters, for example NM"),
        "time_zone": gettext("Choose a time zone of the list, for example America/Denver"),
        "capacity": gettext("Write a number up to 999; 0 means no limit"),
        "fallback": gettext("Choose another specialty to stand in"),
        "limits": gettext("Somebody has changed this meanwhile: save again if yours is to hold"),
        "languages": gettext("Choose languages of the list"),
        "person": gettext("Choose a specialist of the list"),
        "number": gettext("There is no request with this number"),
    }
    return known.get(name, gettext("Check this part"))
