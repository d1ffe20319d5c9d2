"""A danger sign that came when its session had ended: the way to help is shown at once, and the clinic hears where it
can be proven who said it. Nobody in danger is asked to sign in first, and no word of it waits in this browser.
"""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug import Response

from econsult.access import consult_for
from econsult.consults.details import SAFE_WAY, flags_of
from econsult.consults.lifecycle import Status
from econsult.consults.records import Consult
from econsult.consults.redflags import NOT_NAMED, UNSAFE, flags_now
from econsult.consults.requests import RequestForm, SubmitForm, edit, submit
from econsult.consults.screening import LONGEST_SAFE_WAY, screen_red_flags
from econsult.errors import ConsultError, EmergencyError
from econsult.people.patients import Patient
from econsult.people.persons import FAMILIES, Person
from econsult.rights import Right
from econsult.stops import gone_draft
from web.context import database, now, ring_workers, settings
from web.shell.auth import ask_to_sign_in
from web.shell.ended import prove_ended
from web.shell.forms import FormReader
from web.showing.clinics import Telephone, telephone_of
from web.words.language import language, speaking
from web.words.signs import FLAG_CODES

Page = str | Response | tuple[str, int]


def codes_told() -> list[str]:
    """The signs in this form; a yes without one is a sign as well."""
    codes = FormReader().choices("flags", FLAG_CODES)
    if request.form.get("emergency") != "no" and not flags_now(codes):
        codes.append(NOT_NAMED)
    return codes


def safe_way_told() -> str:
    """How a family that is not safe at home says that it can be reached."""
    return FormReader().text("safe_way", longest=LONGEST_SAFE_WAY)


def danger_told(public_id: str) -> Page:
    """Answer the page of danger signs for somebody whose session has ended.

    A no is not kept over the sign-in: it would count for a later moment than the one it was said of.
    """
    codes = codes_told() if request.method == "POST" else []
    if not flags_now(codes):
        return ask_to_sign_in(keeps_words=False)
    person = prove_ended()
    if person is None or person.role not in FAMILIES:
        return stop_screen(codes, None)
    with speaking(person.language):
        return stop_screen(codes, _tell(person, public_id, codes))


def stop_screen(codes: list[str], telephone: Telephone | None) -> Page:
    """Where to call, without a word about the child. `telephone` is the clinic's, where that was told."""
    if UNSAFE in codes and telephone is not None:
        return redirect(url_for("family_safety.numbers", lang=language()), 303)
    if UNSAFE in codes:
        return render_template("family/help.html", is_untold=True), 401
    page = render_template("family/call_911.html", telephone=telephone)
    return page if telephone is not None else (page, 401)


def question_told(session: Session, person: Person, public_id: str) -> tuple[Consult, Patient]:
    """The question whose page was open before, whatever was told of it in another window since: one that left no
    trace as well, of which nothing is shown, and one that was sent."""
    gone = gone_draft(session, person, public_id)
    if gone is not None:
        patient = session.get_one(Patient, gone.patient_id)
        patient.check_kept()
        return gone, patient
    loaded = consult_for(session, person, public_id, now=now(), right=Right.REQUEST)
    return loaded.consult, loaded.patient


def tell_stop(session: Session, consult: Consult, person: Person, codes: list[str]) -> None:
    """Record these signs and tell the clinic, as with the first ones. Raises EmergencyError.

    What was asked is not changed any more once it was sent: the stop stands beside it, for whoever answers.
    """
    # Nothing that was told before in another window is taken back by this one.
    told = list(dict.fromkeys((*flags_of(consult.details), *codes)))
    details = {"red_flags": told, "red_flags_asked": True, SAFE_WAY: safe_way_told()}
    if consult.is_traceless or consult.status != Status.DRAFT:
        screen_red_flags(session, consult, person, details, None, now=now())
    edit(session, consult, person, RequestForm(details=details), now=now())
    submit(session, consult, person, SubmitForm(), now=now(), targets=settings().first_reply)


def _tell(person: Person, public_id: str, codes: list[str]) -> Telephone | None:
    """Record the stop as if the session had lasted; None where this person could not have sent this form."""
    telephone = None
    try:
        with database().writing() as session:
            consult, child = question_told(session, person, public_id)
            telephone = telephone_of(session, child)
            tell_stop(session, consult, person, codes)
    except EmergencyError:
        ring_workers()
        return telephone
    except ConsultError:
        return None
    return None
