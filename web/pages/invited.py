"""The side of a family that was invited: the link, and the one page of a device that it let in.

The link is opened by a form and bound to this browser by a cookie. From then on the device sends by the family's own
pages, and sees on this one how far that is.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug import Response

from econsult.access import consult_for
from econsult.consults.adopting import MOST, arrivals_of
from econsult.consults.by_code import is_readable
from econsult.consults.hinting import asked_now
from econsult.consults.lifecycle import OPEN, Status
from econsult.consults.records import Consult
from econsult.consults.requests import RequestForm, create
from econsult.errors import NotFoundError
from econsult.people.deaths import has_died, refuse_after_death
from econsult.people.invitations import (
    LASTS,
    OPEN_PATH,
    Device,
    Door,
    Invitation,
    live_invitation,
    look_at,
    open_invitation,
)
from econsult.people.patients import RELATIONS, Patient
from econsult.people.persons import Person, Role
from econsult.people.signin import open_session
from web.context import database, now, signed_in
from web.cookies import read_cookie, set_cookie
from web.pages.family.drafts import is_stopped, next_step
from web.shell.auth import me, only
from web.shell.entering import end_old, entered
from web.shell.forms import FormReader
from web.showing.awaited import wait_of
from web.showing.clinics import Telephone, telephone_of
from web.showing.standing import due_at
from web.words.devices import device_of
from web.words.families import CLINIC_ASKED, INVITED_STATES
from web.words.families import RELATIONS as RELATION_WORDS
from web.words.language import COOKIE as LANGUAGE_COOKIE
from web.words.language import chosen_before, gettext, speaking

invited = Blueprint("invited", __name__)
COOKIE = "econsult_device"
STATUS_OF = {Door.LOCKED: 429, Door.GONE: 410, Door.ELSEWHERE: 403, Door.WRONG: 422}
Page = str | Response | tuple[str, int]


@dataclass(frozen=True)
class Sent:
    """One question of this device; its words are fixed and tell nothing of the child, nor what an answer says."""

    id: str
    number: str
    drawing: str
    words: str
    is_readable: bool
    sent_at: datetime
    due_at: datetime | None


@invited.route(f"{OPEN_PATH}<token>", methods=["GET", "POST"])
def open_page(token: str) -> Page:
    """The link. Looking at it uses nothing up; the form opens it, once, for this browser."""
    with database().reading() as session:
        door, invitation = look_at(session, token, _device(), now())
    if request.method != "POST" or door != Door.READY:
        return _door_page(door, invitation, FormReader())
    form = FormReader()
    relation = form.choice("relation", RELATIONS, required=gettext("Choose who you are to the child"))
    born = form.text("birth_date", longest=10, required=gettext("Write the child's birth date"))
    if form.errors:
        return _door_page(Door.WRONG, invitation, form)
    secret = _device() or secrets.token_hex(16)
    with database().writing() as session:
        cipher, device = database().cipher, Device(secret, relation, born)
        door, person = open_invitation(session, cipher, token, device, now())
        session_token = _enter(session, person) if person is not None else ""
    if not session_token:
        form.errors["birth_date"] = gettext("This is not the birth date that the clinic has. Check it, or call us.")
        return _door_page(door, invitation, form)
    response = entered(redirect(url_for(".show"), code=303), session_token)
    set_cookie(response, COOKIE, secret, max_age=int(LASTS.total_seconds()))
    return response


@invited.get("/invited")
@only(Role.INVITED)
def show() -> str:
    """How far everything is that this device sent, until when it may send, and whom to call."""
    with database().writing() as session:
        invitation = _invitation(session)
        brought = [consult_for(session, me(), each.public_id, now=now()).consult for each in _brought(session)]
        sent = [_sent(session, consult) for consult in brought if consult.submitted_at is not None]
        telephone = _telephone(session, invitation)
        is_kept = has_died(session, invitation.patient_id)
        asks_now = not is_kept and any(asked_now(session, each, now()) for each in brought)
    drafts = [each for each in brought if each.status == Status.DRAFT and not is_stopped(each)]
    just_sent = next((each for each in sent if each.id == request.args.get("sent", "")), None)
    return render_template(
        "invited/home.html",
        sent=sent,
        just_sent=just_sent,
        asks_now=asks_now,
        has_draft=bool(drafts),
        may_ask=bool(drafts) or len(brought) < MOST,
        until=invitation.expires_at,
        telephone=telephone,
        is_kept=is_kept,
    )


@invited.post("/invited/ask")
@only(Role.INVITED)
def ask() -> Response:
    """Open a draft, or go on with the one that is there."""
    with database().writing() as session:
        patient = session.get_one(Patient, _invitation(session).patient_id)
        refuse_after_death(session, patient.id)
        drafts = (each for each in _brought(session) if each.status == Status.DRAFT and not is_stopped(each))
        draft = next(drafts, None) or create(session, me(), patient, RequestForm(), now=now())
    return redirect(url_for(next_step(draft), public_id=draft.public_id), code=303)


def _door_page(door: Door, invitation: Invitation | None, form: FormReader) -> Page:
    """What the link opens, in the invitation's language until this browser has chosen another."""
    has_chosen = bool(chosen_before()) or "lang" in request.args or signed_in() is not None
    if invitation is not None and not has_chosen and request.method != "POST":
        with speaking(invitation.language):
            return _rendered(door, invitation, form)
    return _rendered(door, invitation, form)


def _rendered(door: Door, invitation: Invitation | None, form: FormReader) -> Page:
    is_open = door in (Door.READY, Door.WRONG)
    page = render_template(
        "invited/open.html",
        door=door,
        errors=form.errors if is_open else {},
        given=request.form,
        relations=[(code, RELATION_WORDS[code]) for code in RELATIONS],
        until=invitation.expires_at if invitation is not None and is_open else None,
    )
    response = make_response(page, STATUS_OF.get(door, 200))
    if is_open and "lang" not in request.args and not chosen_before() and invitation is not None:
        set_cookie(response, LANGUAGE_COOKIE, invitation.language, max_age=int(LASTS.total_seconds()))
    return response


def _enter(session: Session, person: Person) -> str:
    """A session that lasts as long as the invitation, in place of this browser's old one."""
    end_old(session)
    invitation = live_invitation(session, person, now())
    if invitation is None:
        raise NotFoundError
    device = device_of(request.headers.get("User-Agent", ""))
    return open_session(session, person, now(), device=device, until=invitation.expires_at)


def _invitation(session: Session) -> Invitation:
    invitation = live_invitation(session, me(), now())
    if invitation is None:
        raise NotFoundError
    return invitation


def _brought(session: Session) -> list[Consult]:
    return [each for each in arrivals_of(session, _invitation(session)) if not each.is_traceless]


def _sent(session: Session, consult: Consult) -> Sent:
    is_kept = has_died(session, consult.patient_id)
    drawing, words = INVITED_STATES[Status.WITHDRAWN if is_kept else Status(consult.status)]
    wait = wait_of(session, consult)
    if wait is not None and not wait.is_for_family and not is_kept:
        drawing, words = CLINIC_ASKED
    return Sent(
        id=consult.public_id,
        number=consult.number,
        drawing=drawing,
        words=str(words),
        is_readable=is_readable(session, consult, now()),
        sent_at=consult.submitted_at or consult.created_at,
        due_at=due_at(session, consult) if consult.status in OPEN and not is_kept else None,
    )


def _telephone(session: Session, invitation: Invitation) -> Telephone:
    return telephone_of(session, session.get_one(Patient, invitation.patient_id))


def _device() -> str:
    """What this browser was given when it opened a link; empty where it did not."""
    given = read_cookie(COOKIE)
    return given if re.fullmatch("[0-9a-f]{32}", given) else ""
