"""Asking a specialist on one page: the draft saves itself, says what is missing, and shows when it would be due."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, g, jsonify, redirect, render_template, request, url_for
from werkzeug import Response

from econsult.access import consult_for
from econsult.consults import requests
from econsult.consults.asked import answers_of_others
from econsult.consults.completeness import LONGEST_QUESTION
from econsult.consults.confidential import keep_confidential
from econsult.consults.details import flags_of
from econsult.consults.facepolicy import asks_for_policy
from econsult.consults.lifecycle import Status
from econsult.consults.merging import check_version
from econsult.consults.policies import first_replies
from econsult.consults.records import Consult, Kind
from econsult.consults.redflags import body_sites
from econsult.consults.requests import RequestForm, SubmitForm
from econsult.consults.screening import may_attest
from econsult.consults.voice import TEXTS as VOICE_TEXTS
from econsult.errors import EmergencyError, InvalidError, StaleVersionError
from econsult.people.consent import TEXTS
from econsult.people.patients import age_in_months
from econsult.people.persons import Role
from econsult.rights import Right
from web.context import database, now, settings
from web.pages.clinic.from_mail import ADD, mail_shown, use_mail
from web.pages.clinic.keeping import Kept, keep_form, voice_of
from web.pages.clinic.terms import (
    CONSENT_BY,
    CONSENT_CODES,
    CONSENT_METHODS,
    VOICE_METHODS,
    attestation_said,
    attestation_words,
    lacking_said,
    sentences,
)
from web.pages.owning import once_more
from web.shell.auth import me, only
from web.shell.desk import rings
from web.shell.forms import FormReader, reads_own_form
from web.showing.asking import choosers_of
from web.showing.changes import Changes, changes_told, news_words
from web.showing.drafting import Desk, load_draft, open_desk
from web.uploading.plain_form import PlainForm, keep_words, open_page_form
from web.words import terms
from web.words.asking import LACKING
from web.words.families import SITES
from web.words.files import FACE_CHOICES
from web.words.language import gettext
from web.words.refusals import told_of_files
from web.words.signs import groups_on_form

clinic_request = rings(Blueprint("clinic_request", __name__, url_prefix="/clinic/requests/<public_id>"))
CLINIC_ROLES = (Role.PCP, Role.TELEPRESENTER, Role.COORDINATOR)
CHOOSERS = ("photo:far", "photo:close", "video", "lab_document:laboratory")
"""The files for which the page has a way of its own, whatever the specialty."""
KEEPING = ("private", "shared")
"""The buttons by which the draft is kept from the child's caregivers, or not any more."""
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
    kept = keep_form(public_id, form)
    files.take_files(public_id)
    keep_words(files)
    verb = files.fields.get("verb", "")
    asked = _keep(public_id, verb == KEEPING[0]) if verb in KEEPING else None
    _check_files(files, verb, form)
    if words := use_mail(public_id, verb):
        form.errors["mail"] = words
    why = lacking_said(form) if verb == "send" else ""
    if verb == "send":
        _check_voice(form)
    errors = {**kept.wrong, **form.errors}
    if _is_script():
        return _told_script(public_id, kept, errors)
    if kept.is_in_the_way(verb):
        return _both(public_id, kept, errors)
    if errors:
        return _page(open_desk(public_id, kept.unsaved), errors), 422
    return _sent(public_id, kept, why) if verb == "send" else asked or _saved(public_id, files, verb)


def _check_files(files: PlainForm, verb: str, form: FormReader) -> None:
    """A file that was refused is named, and nothing goes without it unasked."""
    is_missing = verb == "files" and not files.attachments
    if words := told_of_files(files.told()) if files.refusals or is_missing else "":
        form.errors["files"] = (
            f"{words} {gettext('The request was not sent. Your text is saved.')}" if verb == "send" else words
        )


def _both(public_id: str, kept: Kept, errors: Mapping[str, str]) -> Page:
    """Somebody else changed the draft: their text beside this one. What is saved next counts as having seen both."""
    desk = open_desk(public_id, kept.unsaved)
    items = {slot.link: slot.item for part in desk.parts for slot in (*part.needed, *part.more)}
    told = changes_told(kept.merged, items, {**CONSENT_CODES, **dict(desk.nameable)})
    return _page(desk, {**errors, **told.errors}, told), 409


def _told_script(public_id: str, kept: Kept, errors: Mapping[str, str]) -> Page:
    """For a page that saves by itself. All that has no fault and no clash is saved, whatever the status says."""
    told = {"seen": kept.merged.seen, "signs": list(kept.merged.signs), "errors": errors, **_state(public_id)}
    if kept.merged.clashes:
        words = gettext(
            "Somebody changed the same part meanwhile, maybe you in another window. Press “Save draft” to see both."
        )
        return jsonify(problem=words, **told), 409
    if errors:
        return jsonify(problem=next(iter(errors.values())), **told), 422
    return jsonify(**told, news=news_words() if kept.merged.news else "")


def _is_script() -> bool:
    return request.accept_mimetypes.best == "application/json"


def _sent(public_id: str, kept: Kept, why: str) -> Page:
    try:
        _send(public_id, kept.version, why)
    except StaleVersionError:
        return _page(open_desk(public_id), {}, Changes()), 409
    except EmergencyError as stop:
        g.is_emergency = True
        desk = open_desk(public_id)
        return _page(desk, {"red_flags": _stop_words(desk.consult), **attestation_words(stop.wrong)}), 409
    except InvalidError as error:
        return _page(open_desk(public_id), sentences(error.fields)), 422
    return redirect(url_for("consult.show", public_id=public_id, said="request_sent"), 303)


def _stop_words(consult: Consult) -> str:
    if consult.kind == Kind.FAMILY_QUESTION:
        return gettext("This is an emergency. Tell the family to call 911 or go to the ER now. Nothing was sent.")
    if may_attest(consult, me()):
        return gettext("This may be an emergency. Send the child to the ER, or say below who examined the child.")
    return gettext("This may be an emergency. Send the child to the ER now.")


def _keep(public_id: str, wish: bool) -> tuple[str, int] | None:
    """Whatever else of the form has a fault: nobody reads of it because a field was wrong.

    In an old browser nothing is shown yet: returns the page that asks for the owner, and what was typed is saved.
    """
    ask = url_for("confidential.mark", public_id=public_id), {"sees": KEEPING[1]}
    asked = None if wish else once_more(url_for(".edit_request", public_id=public_id), ask)
    if asked is not None:
        return asked
    with database().writing() as session:
        loaded = consult_for(session, me(), public_id, now=now(), right=Right.KEEP_CONFIDENTIAL)
        keep_confidential(session, loaded.consult, me(), wish, now=now())
    return None


def _saved(public_id: str, files: PlainForm, verb: str) -> Page:
    if files.attachments or verb == ADD:
        return redirect(url_for(".edit_request", public_id=public_id, said="files_sent", _anchor="files"), 303)
    said = {KEEPING[0]: "kept", KEEPING[1]: "shown"}.get(verb, "saved")
    return redirect(url_for(".edit_request", public_id=public_id, said=said), 303)


@clinic_request.post("/discard")
@only(*CLINIC_ROLES)
def discard(public_id: str) -> Response:
    """Throw the draft away."""
    with database().writing() as session:
        requests.withdraw(session, load_draft(session, public_id).consult, me(), "", now=now())
    home = "coordination.board" if me().role == Role.COORDINATOR else "clinic.home"
    return redirect(url_for(home, said="withdrawn"), 303)


def _check_voice(form: FormReader) -> None:
    if voice_of(form) is None:
        form.errors["voice"] = gettext("Say who agreed to the sound and how")


def _send(public_id: str, version: int, why: str) -> None:
    """Send the draft of this version. Raises StaleVersionError where somebody changed it since.

    The page tells beside the button what is missing: whoever sends it all the same says why.
    """
    attestation = attestation_said(FormReader())
    with database().writing() as session:
        loaded = load_draft(session, public_id)
        check_version(loaded.consult, version)
        # What was answered to a specialty that is not asked any more stays behind.
        others = dict.fromkeys(answers_of_others(session, loaded.consult))
        requests.edit(session, loaded.consult, me(), RequestForm(details=others), now=now())
        sending = SubmitForm(red_flag_attestation=attestation, lacking=why, saw_checklist=True)
        requests.submit(session, loaded.consult, me(), sending, now=now(), targets=settings().first_reply)


def _state(public_id: str) -> dict[str, Any]:
    """What a page that saves by itself wants to know: what is still missing, in words."""
    desk = open_desk(public_id)
    return {
        "missing": desk.missing,
        "likely": desk.likely,
        "counts": {part.subject: part.counted for part in desk.parts},
    }


def _page(desk: Desk, errors: Mapping[str, str] | None = None, changes: Changes | None = None) -> str:
    with database().reading() as session:
        promised = first_replies(session, me().program_id, desk.consult.specialty or "", settings().first_reply)
    targets = {code: now() + target for code, target in promised.items()}
    given = request.form if request.method == "POST" else None
    months = age_in_months(desk.loaded.patient.birth_date, now().date())
    return render_template(
        "clinic/request.html",
        desk=desk,
        consult=desk.consult,
        **mail_shown(desk.consult.public_id),
        patient=desk.loaded.patient,
        child=terms.child(desk.loaded.patient, now().date()),
        details=desk.details,
        covered=desk.covered,
        checks=desk.checks(),
        off_duty=desk.off_duty,
        lacking=LACKING,
        upload_more=choosers_of(desk.parts, CHOOSERS),
        errors=errors or {},
        changes=changes,
        typed=given or {},
        terms=terms,
        targets=targets,
        sign_groups=groups_on_form(months, flags_of(desk.consult.details)),
        may_attest=may_attest(desk.consult, me()),
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
