"""The first steps of a question: is it an emergency, where is it, and what to do when no photo must be taken."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug import Response

from econsult.access import Pass, consult_for
from econsult.consults.asked import NO_SKIN
from econsult.consults.details import SAFE_WAY, contact_of
from econsult.consults.lifecycle import Status
from econsult.consults.merging import seen_text
from econsult.consults.records import Consult
from econsult.consults.redflags import flags_now, is_answer_fresh
from econsult.consults.requests import RequestForm, SubmitForm, submit
from econsult.errors import EmergencyError
from econsult.people.patients import age_in_months
from econsult.people.persons import FAMILIES, Role
from econsult.rights import Right
from econsult.stops import is_gone_for
from web.context import database, now, ring_workers, settings
from web.pages.family.drafts import is_stopped, keep, keep_merged, load_draft, next_step, require_before, start_of
from web.pages.family.late import codes_told, danger_told, question_told, safe_way_told, stop_screen, tell_stop
from web.pages.family.safety import stopped_at
from web.shell.auth import me, only
from web.shell.forms import FIELD, FormReader, has_token, reads_own_form, refuse_token
from web.showing.clinics import telephone_of
from web.showing.deciding import undecided
from web.words.families import (
    CONTACTS,
    PRIVATE_SITE,
    PRIVATE_WORDS,
    SITE_CODES,
    SITES,
)
from web.words.language import gettext
from web.words.signs import FLAG_CODES, groups_for

family_ask = Blueprint("family_ask", __name__, url_prefix="/family/ask/<public_id>")
Page = str | Response | tuple[str, int]


@family_ask.route("/emergency", methods=["GET", "POST"])
@reads_own_form
@only(*FAMILIES, late=danger_told)
def emergency(public_id: str) -> Page:
    """Step 1. One sign that means now ends the request here: it is recorded, and nothing leads around it."""
    if request.method != "POST":
        with database().writing() as session:
            draft = load_draft(session, public_id)
            is_again = _was_asked_long_ago(draft.consult)
            seen = seen_text(session, draft.consult, only=(), offered=FLAG_CODES)
            telephone = undecided(session, draft.patient)
        groups = groups_for(_months(draft), is_youth=me().role == Role.YOUTH)
        shown = {"groups": groups, "is_again": is_again, "seen": seen, "undecided": telephone}
        return render_template("family/emergency.html", errors={}, **shown)
    codes = codes_told()
    if flags_now(codes) and not has_token():
        # The page is of a session before this one. Help is shown all the same.
        return stop_screen(codes, None)
    refuse_token(request.form.get(FIELD, ""))
    try:
        with database().writing() as session:
            _tell_again(session, public_id, codes)
            draft = load_draft(session, public_id)
            is_again = _was_asked_long_ago(draft.consult)
            _keep_flags(session, draft, codes, safe_way_told())
    except EmergencyError as stop:
        ring_workers()
        return redirect(stopped_at(public_id, stop), code=303)
    onward = next_step(draft.consult) if is_again else ".where"
    return redirect(url_for(onward, public_id=public_id), code=303)


@family_ask.get("/call-911")
@only(*FAMILIES)
def stopped(public_id: str) -> str | Response:
    """The page that ends a request with an emergency in it."""
    with database().writing() as session:
        if is_gone_for(session, me(), public_id):
            return redirect(start_of(me()), code=303)
        loaded = consult_for(session, me(), public_id, now=now(), right=Right.REQUEST)
        telephone = telephone_of(session, loaded.patient)
    return render_template("family/call_911.html", telephone=telephone)


@family_ask.route("/where", methods=["GET", "POST"])
@only(*FAMILIES)
def where(public_id: str) -> Page:
    """Step 2, before any camera: where it is. A private area leads to a branch without photos."""
    form = FormReader()
    chosen = ""
    if request.method == "POST":
        chosen = form.choice("site", (*SITE_CODES, PRIVATE_SITE), required=gettext("Choose where it is"))
    with database().writing() as session:
        draft = load_draft(session, public_id)
        require_before(session, draft, "family_ask.where")
        if chosen:
            keep(session, draft, RequestForm(details={"body_site": chosen}))
    if chosen:
        step = {PRIVATE_SITE: ".private", NO_SKIN: "family_asked.topic"}.get(chosen, "family_photos.photos")
        return redirect(url_for(step, public_id=public_id), code=303)
    options = [(code, SITES[code]) for code in SITE_CODES] + [(PRIVATE_SITE, PRIVATE_WORDS)]
    page = render_template(
        "family/where.html",
        errors=form.errors,
        options=options,
        chosen=draft.consult.details.get("body_site", ""),
        back=url_for(".emergency", public_id=public_id),
    )
    return (page, 422) if form.errors else page


@family_ask.route("/private", methods=["GET", "POST"])
@only(*FAMILIES)
def private(public_id: str) -> Page:
    """Step 3 without photos: the family asks for a call or a visit."""
    form = FormReader()
    contact = {"way": "", "phone": ""}
    if request.method == "POST":
        contact["way"] = form.choice("way", CONTACTS, required=gettext("Choose a call or a visit"))
        contact["phone"] = form.phone("phone", required=gettext("Write your telephone number"))
    with database().writing() as session:
        draft = load_draft(session, public_id)
        require_before(session, draft, "family_ask.private")
        if request.method == "POST" and not form.errors:
            keep(session, draft, RequestForm(details={"contact": contact}))
            return redirect(url_for("family_story.story", public_id=public_id), code=303)
    page = render_template(
        "family/private.html",
        errors=form.errors,
        options=list(CONTACTS.items()),
        contact=contact if form.errors else _known_contact(draft),
        back=url_for(".where", public_id=public_id),
    )
    return (page, 422) if form.errors else page


def _months(draft: Pass) -> int:
    """The child's age for the list. Who holds an invitation learns nothing on file: every sign is asked there."""
    return age_in_months(draft.patient.birth_date, now().date()) if draft.may(Right.SEE_IDENTITY) else 0


def _was_asked_long_ago(consult: Consult) -> bool:
    """Whether the family's answer no longer holds: it is asked again, and then goes on where it was."""
    return bool(consult.details.get("red_flags_asked")) and not is_answer_fresh(consult.details, now())


def _keep_flags(session: Session, draft: Pass, codes: list[str], safe_way: str) -> None:
    """Save the answer; with a sign that means now, try to send, which records the stop, tells the clinic and raises."""
    details = {"red_flags": codes, "red_flags_asked": True, SAFE_WAY: safe_way}
    keep_merged(session, draft, RequestForm(details=details), offered=FLAG_CODES)
    if flags_now(codes):
        submit(session, draft.consult, me(), SubmitForm(), now=now(), targets=settings().first_reply)


def _tell_again(session: Session, public_id: str, codes: list[str]) -> None:
    """A sign that was ticked in a second window is a stop of its own, though another stopped this draft before it, or
    though it was sent."""
    if not flags_now(codes):
        return
    consult, _child = question_told(session, me(), public_id)
    if consult.is_traceless or consult.status != Status.DRAFT or is_stopped(consult):
        tell_stop(session, consult, me(), codes)


def _known_contact(draft: Pass) -> dict[str, str]:
    known = contact_of(draft.consult.details)
    # Whoever holds an invitation learns nothing that the clinic has on file.
    on_file = draft.patient.phone if draft.may(Right.SEE_IDENTITY) else ""
    return {"way": known["way"], "phone": known["phone"] or on_file}
