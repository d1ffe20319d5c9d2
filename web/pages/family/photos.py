"""Photos, a short video, a lab paper: step 3 of a question, and more of them after it was sent.

The page only shows; the files go to the upload door, with the upload script one by one as they are chosen, and
without it as one plain form that leads back here.
"""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from werkzeug import Response

from econsult.access import Pass, consult_for, sent_file_for
from econsult.consults.asked import forms_of
from econsult.consults.attachments import withdraw_attachment
from econsult.consults.awaited import photos_awaited
from econsult.consults.facepolicy import FACE_IS_FINDING, MASK_ALL, asks_for_policy
from econsult.consults.furtherance import Allowed, Choice, choose
from econsult.consults.lifecycle import OPEN
from econsult.consults.redflags import body_sites
from econsult.consults.requests import RequestForm
from econsult.errors import NotFoundError
from econsult.people.caregivers import caregiver_link
from econsult.people.consent import OWN_WORD
from econsult.people.deaths import has_died
from econsult.people.patients import age_in_months
from econsult.people.persons import FAMILIES, HOUSEHOLD
from econsult.rights import Right
from econsult.templates.items import FAMILY
from web.context import database, now
from web.pages.family.drafts import keep, load_draft, require_before
from web.pages.family.status import shown_of
from web.pages.family.voice import voice_terms
from web.shell.auth import me, only
from web.shell.forms import FormReader
from web.showing.asking import Chooser, choosers_of, parts_of
from web.showing.deciding import undecided
from web.words.families import CONSENT_BY
from web.words.files import TOO_BIG
from web.words.language import gettext, language

family_photos = Blueprint("family_photos", __name__, url_prefix="/family")
OWN_CHOOSERS = ("photo:far", "photo:close", "video", "lab_document:laboratory")
"""What the page offers whatever the question is about."""
PROBLEMS = {
    "none_chosen": _l("Choose a photo first"),
    "too_big": TOO_BIG,
    "empty": _l("This file is empty."),
    "not_allowed": _l("This file may not be added here. Please call us if you need help."),
    "signs_first": _l("First say if this is an emergency. Then send your photos."),
    "emergency": _l("This may be an emergency. Call 911 now."),
    "closed": _l("This question takes no more files."),
    "too_many": _l("These are too many files at once. Please send fewer."),
}
FACE_OPTIONS = {
    MASK_ALL: _l("Hide the face"),
    FACE_IS_FINDING: _l("I agree: show my child's face to the doctors who answer"),
}
OTHER_PROBLEM = _l("A file did not arrive. Please send it again.")


@family_photos.get("/ask/<public_id>/photos")
@only(*FAMILIES)
def photos(public_id: str) -> str | Response:
    """Step 3. A private area has no such page: its way goes on without photos."""
    with database().writing() as session:
        draft = load_draft(session, public_id)
        require_before(session, draft, "family_photos.photos")
        if draft.consult.is_private_site:
            return redirect(url_for("family_ask.private", public_id=public_id), code=303)
        back, onward = (url_for(end, public_id=public_id) for end in ("family_ask.where", "family_story.story"))
        return _page(session, draft, back=back, onward=onward)


@family_photos.get("/questions/<public_id>/photos")
@only(*HOUSEHOLD)
def more(public_id: str) -> str | Response:
    """Add a file to a question that is open, or the new photo that its answer asks for."""
    with database().writing() as session:
        loaded = consult_for(session, me(), public_id, now=now(), right=Right.UPLOAD)
        status = url_for("family_status.show", public_id=public_id)
        takes_more = loaded.consult.status in OPEN or photos_awaited(session, loaded.consult)
        if not takes_more or loaded.consult.is_private_site or has_died(session, loaded.patient.id):
            return redirect(status, code=303)
        return _page(session, loaded, back=status, onward=status)


@family_photos.post("/ask/<public_id>/photos/<attachment_id>/remove")
@only(*FAMILIES)
def remove(public_id: str, attachment_id: str) -> Response:
    """Take a wrong photo back before the question is sent."""
    with database().writing() as session:
        draft = load_draft(session, public_id)
        attachment = sent_file_for(session, me(), attachment_id, now=now())
        if attachment.consult_id != draft.consult.id:
            raise NotFoundError
        withdraw_attachment(session, attachment, me(), now=now())
    return redirect(url_for(".photos", public_id=public_id), code=303)


@family_photos.post("/ask/<public_id>/face")
@only(*HOUSEHOLD)
def face(public_id: str) -> Response:
    """The family says whether the doctors may see the face; that is its consent to it as well."""
    form = FormReader()
    policy = form.choice("face", FACE_OPTIONS) or MASK_ALL
    with database().writing() as session:
        draft = load_draft(session, public_id)
        details = {"face_policy": policy, "face_consent": policy == FACE_IS_FINDING}
        keep(session, draft, RequestForm(details=details))
        link = caregiver_link(session, draft.patient.id, me().id, now())
        by = CONSENT_BY.get(link.relation if link is not None else "", "guardian")
        choice = Choice(Allowed.FACES, policy == FACE_IS_FINDING, by, OWN_WORD, language())
        choose(session, draft.consult, me(), choice, now=now())
    return redirect(url_for(".photos", public_id=public_id), code=303)


def _views(session: Session, loaded: Pass) -> list[Chooser]:
    """The other photos and videos that the questionnaire about this question asks for."""
    consult = loaded.consult
    months = age_in_months(loaded.patient.birth_date, now().date())
    parts = parts_of(forms_of(session, consult, FAMILY), consult.details, [], months)
    return choosers_of(parts, OWN_CHOOSERS)


def problem_words() -> str:
    """What the plain upload form says went wrong, when it led back here; empty where nothing did."""
    problem = request.args.get("problem") or ("none_chosen" if request.args.get("sent") == "0" else None)
    return str(PROBLEMS.get(problem, OTHER_PROBLEM)) if problem else ""


def _page(session: Session, loaded: Pass, *, back: str, onward: str) -> str:
    problem = problem_words()
    errors = {"chosen": problem} if problem else {}
    return render_template(
        "family/photos.html",
        consult=loaded.consult,
        shown=shown_of(session, loaded),
        is_draft=loaded.consult.submitted_at is None,
        is_received=bool(request.args.get("sent", "0").strip("0")) and not errors,
        errors=errors,
        received=gettext("We got your files."),
        asks_for_face=asks_for_policy(body_sites(loaded.consult.details.get("body_site")), loaded.consult.specialty)
        and loaded.consult.submitted_at is None
        and loaded.may(Right.SEE_MEDIA)
        and undecided(session, loaded.patient) is None,
        undecided=undecided(session, loaded.patient),
        voice=voice_terms(session, loaded),
        face_options=list(FACE_OPTIONS.items()),
        face_chosen=loaded.consult.details.get("face_policy", MASK_ALL),
        views=_views(session, loaded),
        back=back,
        onward=onward,
    )
