"""Sending a family's question on: the clinic makes it its own request to a specialty, with the duties of a new one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import Any

from flask import Blueprint, g, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug import Response

from econsult.access import Pass, consult_for
from econsult.consults import requests
from econsult.consults.completeness import LONGEST_QUESTION, is_question
from econsult.consults.details import flags_of
from econsult.consults.drafts import WORDS
from econsult.consults.records import QUESTION_TYPES, Consult
from econsult.consults.requests import RequestForm, SubmitForm
from econsult.consults.screening import screen_red_flags
from econsult.consults.whole import WHY
from econsult.errors import EmergencyError, InvalidError
from econsult.people.persons import SPECIALTIES, Role
from econsult.rights import Right
from econsult.templates.items import CORE
from web.context import database, now, settings
from web.pages.clinic.keeping import LONGEST_DETAIL, answers_told
from web.pages.clinic.terms import attestation_said, attestation_words, lacking_said, sentences
from web.pages.clinic.wishes import LONGEST_ID, keep_earlier, read_wishes
from web.pages.consult import LONGEST_REASON, case_page
from web.shell.auth import me, only
from web.shell.desk import rings
from web.shell.forms import FormReader
from web.showing.casefile import open_case
from web.showing.sending import Sending, names_no_place, sending_of
from web.words import terms
from web.words.families import SITES
from web.words.language import gettext
from web.words.signs import FLAG_CODES

clinic_sending = rings(Blueprint("clinic_sending", __name__, url_prefix="/consults/<public_id>"))
ATTESTED = ("examined_by", "examined_at", "why_safe", "taken_back")
"""The fields of a clinician's word that a danger sign can wait."""
SHOW = "show"
"""The button by which the page shows what the chosen specialty asks; nothing is sent or kept by it."""
Page = Response | tuple[str, int]


@clinic_sending.post("/send-on")
@only(Role.PCP)
def send_on(public_id: str) -> Page:
    """Make a family's question our own request to a specialty; its words, files and messages go with it."""
    form, answers = FormReader(), FormReader()
    given = _told(form)
    with database().writing() as session:
        loaded = consult_for(session, me(), public_id, now=now())
        if loaded.consult.sent_on_by_id == me().id:
            # Pressed twice: the first press has sent it.
            return _home()
        loaded = consult_for(session, me(), public_id, now=now(), right=Right.SEND_ON)
        details, sending = look(session, loaded, answers, given)
    if request.form.get("verb") == SHOW:
        return _page(public_id, answers.errors, given, details), 200
    form.errors.update(answers.errors)
    if given["question"] and not is_question(given["question"]):
        form.errors.update(sentences({"question": "too_short"}))
    why = weigh(form, given["specialty"], sending)
    try:
        if form.errors:
            _screen(public_id, form, details)
            return _page(public_id, form.errors, given, details), 422
        attested, less = attestation_said(form), given["why_less"]
        sent = SubmitForm(red_flag_attestation=attested, lacking=why, saw_checklist=True, why_less=less)
        _send(public_id, form, given, details, sent)
    except InvalidError as error:
        return _page(public_id, {**sentences(error.fields), **form.errors}, given, details), 422
    except EmergencyError as stop:
        g.is_emergency = True
        words = gettext("This may be an emergency. Call the family and send the child to the ER.")
        errors = {"red_flags": words, **attestation_words(stop.wrong)}
        return _page(public_id, errors, {**given, "stopped": "1"}, details), 422
    return _home()


def look(
    session: Session, loaded: Pass, answers: FormReader, given: Mapping[str, Any]
) -> tuple[dict[str, Any], Sending | None]:
    """What the sender adds, and what stands beside the button with that: for the clinic and for the desk alike."""
    details = _details(session, loaded, answers, given)
    return details, sending_of(session, loaded, given, {**loaded.consult.details, **details})


def weigh(form: FormReader, specialty: str, sending: Sending | None) -> str:
    """Note in the form that the sender has not seen what is alike, or does not say why something lacks; returns why.

    A list that was shown for another specialty has told nothing of this one: neither what is alike nor what lacks.
    """
    is_shown = request.form.get("shown_for", "") == specialty
    why = lacking_said(form) if is_shown else ""
    if sending is not None and sending.missing and not why:
        form.errors.update(sentences({WHY: "required"}))
    if not form.errors and sending is not None and sending.alike and not is_shown:
        form.errors["alike"] = gettext("This specialty was asked about this child within 14 days. Look before you send")
    return why


class _PassedError(Exception):
    """No sign stops it: what the look began is undone."""


def _screen(public_id: str, form: FormReader, details: Mapping[str, Any]) -> None:
    """A danger sign waits for no other answer. Raises EmergencyError, which is recorded; else nothing is kept."""
    with suppress(_PassedError), database().writing() as session:
        loaded = consult_for(session, me(), public_id, now=now(), right=Right.SEND_ON)
        told, said = {**loaded.consult.details, **details}, attestation_said(form)
        screen_red_flags(session, loaded.consult, me(), told, said, now=now(), is_sent_on=True)
        raise _PassedError


def _send(
    public_id: str, form: FormReader, given: Mapping[str, Any], details: Mapping[str, Any], sending: SubmitForm
) -> None:
    """Raises InvalidError for what is missing, and EmergencyError, which is recorded."""
    with database().writing() as session:
        loaded = consult_for(session, me(), public_id, now=now(), right=Right.SEND_ON)
        keep_earlier(session, loaded, form)
        if "earlier" in form.errors:
            raise InvalidError("These earlier requests cannot be shown.", {"earlier": "unknown_value"})
        asked = RequestForm(
            specialty=given["specialty"],
            question=given["question"],
            question_type=given["question_type"],
            urgency=given["urgency"] or None,
            details=details,
            wishes=read_wishes(form),
        )
        targets = settings().first_reply
        requests.send_on(session, loaded.consult, me(), asked, now=now(), targets=targets, sending=sending)


def _details(session: Session, loaded: Pass, answers: FormReader, given: Mapping[str, Any]) -> dict[str, Any]:
    """What the clinic adds: its words, its answers to the checklist of the chosen specialty, a place, danger signs.

    What was answered to another specialty stays behind. Where the family named a place, it stays the family's answer.
    """
    subjects = [name for name in request.form.getlist("asked") if name in (CORE, given["specialty"])]
    found = answers_told(session, loaded, answers, subjects)
    place = {"body_site": given["body_site"]} if given["body_site"] and names_no_place(loaded.consult) else {}
    words = {name: given[name] for name in WORDS}
    return {**words, **place, **_signs_told(loaded.consult, given["red_flags"]), **found}


def _signs_told(consult: Consult, ticked: Collection[str]) -> dict[str, list[str]]:
    """The family's answer with the signs that are there now; who ticks nothing takes nothing of it back."""
    return {"red_flags": list(dict.fromkeys((*flags_of(consult.details), *ticked)))} if ticked else {}


def _told(form: FormReader) -> dict[str, Any]:
    return {
        "send_on": "1",
        "red_flags": form.choices("red_flags", FLAG_CODES),
        **{name: request.form.get(name, "")[:LONGEST_REASON] for name in ATTESTED},
        "specialty": form.choice("specialty", SPECIALTIES, required=gettext("Choose a specialty")),
        "question_type": form.choice("question_type", QUESTION_TYPES, required=gettext("Choose what you want to know")),
        "question": form.text("question", longest=LONGEST_QUESTION, required=gettext("Write your question")),
        **{name: form.text(name, longest=LONGEST_DETAIL) for name in WORDS},
        "body_site": form.choice("body_site", tuple(SITES)),
        "urgency": form.choice("urgency", tuple(terms.URGENCIES)),
        "why_less": form.text("why_less", longest=LONGEST_REASON),
        "named_specialist": request.form.get("named_specialist", "")[:LONGEST_ID],
        "may_convert": "yes" if form.is_ticked("may_convert") else "",
        "earlier": request.form.getlist("earlier"),
    }


def _page(public_id: str, errors: Mapping[str, str], given: Mapping[str, Any], details: Mapping[str, Any]) -> str:
    """The case with the form as it was filled in."""
    with database().writing() as session:
        loaded = consult_for(session, me(), public_id, now=now(), right=Right.SEND_ON)
        case = open_case(session, loaded, sending_of(session, loaded, given, {**loaded.consult.details, **details}))
    return case_page(case, errors=errors, given=given)


def _home() -> Response:
    return redirect(url_for("clinic.home", said="sent_on"), 303)
