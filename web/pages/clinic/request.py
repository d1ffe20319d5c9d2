"""Asking a specialist on one page: the draft saves itself, says what is missing, and shows when it would be due."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug import Response

from econsult.access import Pass
from econsult.consults import requests
from econsult.consults.asked import answers_of_others, forms_about
from econsult.consults.attesting import ATTESTERS
from econsult.consults.completeness import LONGEST_QUESTION
from econsult.consults.drafts import WORDS
from econsult.consults.facepolicy import FACE_POLICIES, MASK_ALL, asks_for_policy
from econsult.consults.lifecycle import Status
from econsult.consults.records import QUESTION_TYPES, Consult, Urgency
from econsult.consults.redflags import body_sites
from econsult.consults.requests import RequestForm, SubmitForm
from econsult.consults.voice import TEXTS as VOICE_TEXTS
from econsult.consults.voice import VoiceChoice
from econsult.errors import EmergencyError, InvalidError
from econsult.people.consent import TEXTS, ConsentGiven, consent_for
from econsult.people.patients import age_in_months
from econsult.people.persons import LANGUAGES, SPECIALTIES, Role
from web.context import database, now, settings
from web.pages.answers import read_answers
from web.pages.clinic.terms import (
    CONSENT_BY,
    CONSENT_METHODS,
    LACKING,
    VOICE_METHODS,
    attestation_words,
    sentences,
)
from web.pages.clinic.wishes import read_wishes, with_named
from web.shell.auth import me, only
from web.shell.desk import rings
from web.shell.forms import FormReader, reads_own_form
from web.showing.asking import choosers_of, items_for
from web.showing.drafting import Desk, load_draft, open_desk
from web.uploading.plain_form import PlainForm, keep_words, open_page_form
from web.words import terms
from web.words.families import RED_FLAGS, SITES, SKIN_FLAGS
from web.words.files import FACE_CHOICES
from web.words.language import gettext
from web.words.refusals import told_of_files
from web.words.times import with_zone

clinic_request = rings(Blueprint("clinic_request", __name__, url_prefix="/clinic/requests/<public_id>"))
CLINIC_ROLES = (Role.PCP, Role.TELEPRESENTER)
LONGEST_DETAIL = 2000
FACES = {"face_policy", "face_consent"}
CHOOSERS = ("photo:far", "photo:close", "video", "lab_document:laboratory")
"""The files for which the page has a way of its own, whatever the specialty."""
ASKED = {"specialty", "question", "question_type", "urgency", "consent", "voice"}
Page = str | Response | tuple[str, int] | tuple[Response, int]


@clinic_request.get("")
@only(*CLINIC_ROLES)
def edit_request(public_id: str) -> Page:
    """The form with what the draft holds. A request that was sent has its own page."""
    desk = open_desk(public_id)
    if desk.consult.status != Status.DRAFT:
        return redirect(url_for("consult.show", public_id=public_id), 303)
    return _page(desk)


@clinic_request.post("")
@reads_own_form
@only(*CLINIC_ROLES)
def keep_request(public_id: str) -> Page:
    """Save the draft, and only then take the files that came with it; with the verb `send` send it."""
    files, form = open_page_form(), FormReader()
    wrong, unsaved = _keep(public_id, form)
    files.take_files(public_id)
    keep_words(files)
    verb = files.fields.get("verb", "")
    _check_files(files, verb, form)
    if verb == "send":
        _check_voice(form)
    if errors := {**wrong, **form.errors}:
        if request.accept_mimetypes.best == "application/json":
            # Everything else is saved: what is wrong is said where the page says that it saves.
            return jsonify(problem=next(iter(errors.values()))), 422
        return _page(open_desk(public_id, unsaved), errors), 422
    return _sent(public_id) if verb == "send" else _saved(public_id, files)


def _keep(public_id: str, form: FormReader) -> tuple[Mapping[str, str], Mapping[str, Any]]:
    """Save what was written. What cannot be is named at its field, and comes back to be shown there again."""
    asked = _read(form)
    try:
        _edit(public_id, asked, form)
    except InvalidError as error:
        # One thing that cannot be said so is no reason to lose the others.
        return sentences(error.fields), _edit(public_id, asked, form, error.fields)
    return {}, {}


def _edit(
    public_id: str, asked: RequestForm, form: FormReader, faults: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Save the form and the answers, apart from what `faults` name; the details among those are returned."""
    with database().writing() as session:
        draft = load_draft(session, public_id)
        details = {**(asked.details or {}), **_answers(session, draft, form)}
        kept = _without(replace(asked, details=details), faults or {})
        kept = with_named(session, draft.consult, kept)
        fresh = _without_known_consent(session, draft.consult, _with_hidden_site(draft.consult, kept))
        requests.edit(session, draft.consult, me(), fresh, now=now())
    return {name: value for name, value in details.items() if name not in (kept.details or {})}


def _answers(session: Session, draft: Pass, form: FormReader) -> dict[str, Any]:
    """The answers to the items that the page showed."""
    months = age_in_months(draft.patient.birth_date, now().date())
    forms = forms_about(session, draft.consult, request.form.getlist("asked"))
    items = [item for about in forms for item in items_for(about, months)]
    return read_answers(form, items, draft.consult.details)


def _without(asked: RequestForm, fields: Mapping[str, str]) -> RequestForm:
    """The form without what these faults name. What is said of faces goes together; so do the answers, if too many."""
    names = {field.removeprefix("details.") for field in fields}
    names |= FACES if names & FACES else set()
    names |= {name for name in asked.details or {} if "." in name} if "details" in names else set()
    details = {name: value for name, value in (asked.details or {}).items() if name not in names}
    left_out: dict[str, Any] = dict.fromkeys(names & ASKED)
    return replace(asked, details=details, **left_out)


def _check_files(files: PlainForm, verb: str, form: FormReader) -> None:
    """A file that was refused is named, and nothing goes without it unasked."""
    is_missing = verb == "files" and not files.attachments
    if words := told_of_files(files.told()) if files.refusals or is_missing else "":
        form.errors["files"] = (
            f"{words} {gettext('The request was not sent. Your text is saved.')}" if verb == "send" else words
        )


def _sent(public_id: str) -> Page:
    try:
        _send(public_id)
    except EmergencyError as stop:
        return _page(open_desk(public_id), {"red_flags": _stop_words(), **attestation_words(stop.wrong)}), 409
    except InvalidError as error:
        return _page(open_desk(public_id), sentences(error.fields)), 422
    return redirect(url_for("consult.show", public_id=public_id, said="request_sent"), 303)


def _stop_words() -> str:
    if me().role in ATTESTERS:
        return gettext("This may be an emergency. Send the child to the ER, or say below who examined the child.")
    return gettext("This may be an emergency. Send the child to the ER now.")


def _saved(public_id: str, files: PlainForm) -> Page:
    if request.accept_mimetypes.best == "application/json":
        return _state(public_id)
    if files.attachments:
        return redirect(url_for(".edit_request", public_id=public_id, said="files_sent", _anchor="files"), 303)
    return redirect(url_for(".edit_request", public_id=public_id, said="saved"), 303)


@clinic_request.post("/discard")
@only(*CLINIC_ROLES)
def discard(public_id: str) -> Response:
    """Throw the draft away."""
    with database().writing() as session:
        requests.withdraw(session, load_draft(session, public_id).consult, me(), "", now=now())
    return redirect(url_for("clinic.home", said="withdrawn"), 303)


def _read(form: FormReader) -> RequestForm:
    """What can be saved. What is too long is left out and never cut: without its last words it may say the opposite."""
    texts = {name: form.text(name, longest=LONGEST_DETAIL) for name in WORDS}
    details: dict[str, Any] = {name: text for name, text in texts.items() if name not in form.errors}
    question = form.text("question", longest=LONGEST_QUESTION)
    signs = form.choices("red_flags", [code for code, _, _ in RED_FLAGS + SKIN_FLAGS])
    # Nothing ticked is no answer: only "none of these" says that there is none, and a sign beside it outweighs it.
    details["red_flags"] = signs or ([] if form.is_ticked("no_signs") else None)
    details["face_policy"] = form.choice("face_policy", FACE_POLICIES) or MASK_ALL
    details["face_consent"] = form.is_ticked("face_consent")
    if "body_site" in request.form:
        details["body_site"] = form.choice("body_site", tuple(SITES)) or None
    by, method = form.choice("consent_by", CONSENT_BY), form.choice("consent_method", CONSENT_METHODS)
    given = ConsentGiven(by, method, form.choice("consent_language", LANGUAGES) or "en") if by and method else None
    return RequestForm(
        specialty=form.choice("specialty", SPECIALTIES),
        question=None if "question" in form.errors else question,
        question_type=form.choice("question_type", QUESTION_TYPES) if "question_type" in request.form else None,
        urgency=form.choice("urgency", tuple(Urgency)) or None,
        details=details,
        consent=given,
        voice=_voice(form),
        wishes=read_wishes(form),
    )


def _voice(form: FormReader) -> VoiceChoice | None:
    """The family's answer about the voice. A yes counts once the form says whose it was and how it was given."""
    if not form.is_ticked("voice"):
        return VoiceChoice(is_given=False)
    by = form.choice("voice_by", CONSENT_BY)
    method = form.choice("voice_method", VOICE_METHODS)
    if by and method:
        return VoiceChoice(True, by, method, form.choice("voice_language", LANGUAGES) or "en")
    return None


def _check_voice(form: FormReader) -> None:
    if _voice(form) is None:
        form.errors["voice"] = gettext("Say who agreed to the sound and how")


def _with_hidden_site(draft: Consult, asked: RequestForm) -> RequestForm:
    """A private area, or several places, cannot be chosen in this form; so "not one place" does not take them away."""
    details = dict(asked.details or {})
    is_hidden = draft.details.get("body_site") not in (None, "", *SITES)
    if is_hidden and not details.get("body_site"):
        details.pop("body_site", None)
    return replace(asked, details=details)


def _without_known_consent(session: Session, draft: Consult, asked: RequestForm) -> RequestForm:
    """A draft that saves itself repeats the same consent; only a new one is written down."""
    known, given = consent_for(session, draft.id), asked.consent
    is_known = (
        known and given and (known.given_by, known.method, known.language) == (given.by, given.method, given.language)
    )
    return replace(asked, consent=None) if is_known else asked


def _send(public_id: str) -> None:
    said = FormReader()
    why, by = said.text("why_safe", longest=LONGEST_DETAIL), said.text("examined_by", longest=120)
    at = with_zone(request.form.get("examined_at", ""))
    attestation = {"examined_by": by, "at": at, "why": why} if by or at or why else None
    # The page tells what is missing beside the button: who presses it has read that, and may say why.
    lacking = str(LACKING.get(request.form.get("lacking", ""), LACKING[""]))
    with database().writing() as session:
        loaded = load_draft(session, public_id)
        # What was answered to a specialty that is not asked any more stays behind.
        others = dict.fromkeys(answers_of_others(session, loaded.consult))
        requests.edit(session, loaded.consult, me(), RequestForm(details=others), now=now())
        sending = SubmitForm(red_flag_attestation=attestation, lacking=lacking)
        requests.submit(session, loaded.consult, me(), sending, now=now(), targets=settings().first_reply)


def _state(public_id: str) -> Response:
    """What a page that saves by itself wants to know: what is still missing, in words."""
    desk = open_desk(public_id)
    return jsonify(missing=desk.missing, counts={part.subject: part.counted for part in desk.parts})


def _page(desk: Desk, errors: Mapping[str, str] | None = None) -> str:
    targets = {code: now() + target for code, target in settings().first_reply.items()}
    given = request.form if request.method == "POST" else None
    return render_template(
        "clinic/request.html",
        desk=desk,
        consult=desk.consult,
        patient=desk.loaded.patient,
        child=terms.child(desk.loaded.patient, now().date()),
        details=desk.details,
        covered=desk.covered,
        checks=desk.checks(),
        off_duty=desk.off_duty,
        lacking=LACKING,
        upload_more=choosers_of(desk.parts, CHOOSERS),
        errors=errors or {},
        typed=given or {},
        terms=terms,
        targets=targets,
        red_flags=RED_FLAGS + SKIN_FLAGS,
        may_attest=me().role in ATTESTERS,
        sites=SITES,
        consent_by=CONSENT_BY,
        consent_methods=CONSENT_METHODS,
        consent_texts=TEXTS,
        voice_methods=VOICE_METHODS,
        voice_texts=VOICE_TEXTS,
        longest=LONGEST_QUESTION,
        face_choices=FACE_CHOICES,
        asks_for_face=asks_for_policy(body_sites(desk.consult.details.get("body_site")), desk.consult.specialty),
    )
