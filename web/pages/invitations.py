"""Inviting a family without an account: the clinic's list, the paper with the picture, taking back, and adopting."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug import Response

from econsult.access import consult_for, patient_for
from econsult.consults.adopting import adopt
from econsult.errors import InvalidError, NotFoundError
from econsult.people.account import FRESH
from econsult.people.caregivers import caregivers_of
from econsult.people.invitations import OPEN_PATH, Invitation, invitations_of, invite, revoke, still_works, token_of
from econsult.people.patients import Patient
from econsult.people.persons import LANGUAGES, Person, Role
from econsult.reach.mobiles import is_stopped
from econsult.reach.numbers import international
from econsult.rights import Right
from web.context import database, now, ring_workers, runtime, settings
from web.pages.consult import case_page
from web.pages.owning import asks_password, check_recent, once_more
from web.shell.auth import me, only
from web.shell.desk import rings
from web.shell.forms import FormReader
from web.showing.arrivals import NOBODY_OF_THESE
from web.showing.casefile import open_case
from web.showing.clinics import telephone_of
from web.showing.contact import is_texting
from web.showing.home_safety import home_shown
from web.showing.qr import qr_picture
from web.showing.twice import check_twice
from web.words import terms
from web.words.families import RELATIONS
from web.words.language import gettext, speaking
from web.words.reaching import number_fault

invitations = rings(Blueprint("invitations", __name__))
INVITING = (Role.PCP, Role.TELEPRESENTER, Role.COORDINATOR)
"""Who knows families by name and how to reach them: SECURITY's table of who may see what."""
Page = str | Response | tuple[str, int]


@invitations.get("/invitations/<public_id>")
@only(*INVITING)
def show(public_id: str) -> Page:
    """A child's invitations and how each stands, and the form for a new one."""
    return _page(public_id, FormReader())


@invitations.post("/invitations/<public_id>")
@only(*INVITING)
def issue(public_id: str) -> Page:
    """Make one. With an address it is sent there as well; the paper can be printed in any case."""
    form = FormReader()
    language = form.choice("language", LANGUAGES, required=gettext("Choose a language"))
    sent_to = form.text("sent_to", longest=254)
    check_twice(form, "sent_to")
    where = _where(form, sent_to)
    check_recent(form)
    try:
        if form.errors:
            return _page(public_id, form, sent_to)
        with database().writing() as session:
            child = patient_for(session, me(), public_id, now=now())
            number = _invite(session, child, language, where).public_id
    except InvalidError as error:
        form.errors = {name: _sentence(name, code) for name, code in error.fields.items()}
        return _page(public_id, form, sent_to)
    ring_workers()
    return redirect(url_for(".paper", public_id=public_id, invitation_id=number, said="invited"), 303)


@invitations.route("/invitations/<public_id>/<invitation_id>", methods=["GET", "POST"])
@only(*INVITING)
def paper(public_id: str, invitation_id: str) -> Page:
    """The sheet for the family, in its language, while the invitation waits to be opened.

    Whoever photographs it can send as the family, so that an old browser asks for its owner as at making one.
    """
    with database().writing() as session:
        child, invitation = _load(session, public_id, invitation_id)
        telephone, home = telephone_of(session, child), home_shown(session, child.id)
        works = still_works(session, invitation, now())
    token = token_of(invitation, runtime().secret_key) if works else None
    if token is None:
        return redirect(url_for(".show", public_id=public_id), 303)
    is_just_made = invitation.created_by_id == me().id and invitation.created_at > now() - FRESH
    asked = None if is_just_made else once_more(url_for(".show", public_id=public_id))
    if asked is not None:
        # Who only came to look has made no mistake.
        return asked if request.method == "POST" else asked[0]
    address = f"{settings().base_url}{OPEN_PATH}{token}"
    shown = {"address": address, "picture": qr_picture(address), "telephone": telephone}
    with speaking(invitation.language):
        sheet = render_template("invitations/sheet.html", invitation=invitation, **shown)
    return render_template("invitations/paper.html", child=child, invitation=invitation, sheet=sheet, unsafe_home=home)


@invitations.post("/invitations/<public_id>/<invitation_id>/revoke")
@only(*INVITING)
def take_back(public_id: str, invitation_id: str) -> Response:
    """Close the link, and the device that opened it, at once."""
    with database().writing() as session:
        _child, invitation = _load(session, public_id, invitation_id)
        revoke(session, invitation, me(), now())
    return redirect(url_for(".show", public_id=public_id, said="revoked"), 303)


@invitations.post("/consults/<public_id>/adopt")
@only(Role.PCP)
def take_for_own(public_id: str) -> Page:
    """Say that a question that came by invitation is the family's own, and whose."""
    form = FormReader()
    with database().writing() as session:
        loaded = consult_for(session, me(), public_id, now=now(), right=Right.ADOPT)
        senders = {each.public_id: each for each in caregivers_of(session, loaded.patient.id, now())}
        required = gettext("Choose who sent it")
        chosen = form.choice("sender", (*senders, NOBODY_OF_THESE), required=required)
        if form.errors:
            return case_page(open_case(session, loaded), errors=form.errors), 422
        adopt(session, loaded.consult, me(), senders.get(chosen), now=now())
    return redirect(url_for("consult.show", public_id=public_id, said="adopted"), 303)


def _where(form: FormReader, sent_to: str) -> str:
    """The address, or the number as it is kept; with an error in the form where neither can be told from it."""
    if not sent_to or "@" in sent_to:
        return sent_to
    countries = settings().sms_countries
    try:
        number = international(sent_to, countries)
    except InvalidError as error:
        # What is no number at all may be half an address.
        code = error.fields["number"]
        form.errors["sent_to"] = _sentence("sent_to") if code == "invalid" else number_fault(code, countries)
        return ""
    with database().reading() as session:
        if not is_texting():
            form.errors["sent_to"] = gettext("Your program sends no text messages: no gateway is set up.")
        elif is_stopped(session, database().cipher, number):
            form.errors["sent_to"] = number_fault("stopped", countries)
    return number


def _invite(session: Session, child: Patient, language: str, sent_to: str) -> Invitation:
    secret = runtime().secret_key
    return invite(session, me(), child, language, secret_key=secret, now=now(), sent_to=sent_to)


def _load(session: Session, public_id: str, invitation_id: str) -> tuple[Patient, Invitation]:
    child = patient_for(session, me(), public_id, now=now())
    known = (each for each in invitations_of(session, child) if each.public_id == invitation_id)
    invitation = next(known, None)
    if invitation is None:
        raise NotFoundError
    return child, invitation


def _page(public_id: str, form: FormReader, sent_to: str = "") -> Page:
    with database().writing() as session:
        child = patient_for(session, me(), public_id, now=now())
        known = invitations_of(session, child)
        makers = {each.created_by_id: session.get_one(Person, each.created_by_id).name for each in known}
        home = home_shown(session, child.id)
        works = {each.id: still_works(session, each, now()) for each in known}
    page = render_template(
        "invitations/list.html",
        child=child,
        who=terms.child(child, now().date()),
        invitations=[(each, _state(each, works[each.id]), works[each.id]) for each in known],
        makers=makers,
        unsafe_home=home,
        relations=RELATIONS,
        languages=list(terms.LANGUAGES.items()),
        terms=terms,
        sent_to=sent_to,
        is_texting=is_texting(),
        errors=form.errors,
        asks_password=asks_password(),
    )
    return (page, 422) if form.errors else page


def _state(invitation: Invitation, works: bool) -> tuple[str, str]:
    """Tone and words for how an invitation stands."""
    if invitation.revoked_at is not None:
        return "", gettext("Taken back")
    if not works:
        return "", gettext("Over")
    if invitation.locked_until is not None and invitation.locked_until > now():
        return "stop", gettext("Closed for 15 minutes after wrong birth dates")
    if invitation.opened_at is not None:
        return "act", gettext("Opened")
    return "warm", gettext("Not opened yet")


def _sentence(name: str, code: str = "invalid") -> str:
    if code == "grown_up":
        return gettext("They are grown up: give them an account of their own, or write down what they say on the phone")
    if code == "died":
        return gettext("This child has died: nobody of the family is invited to ask")
    if code == "over":
        return gettext("The right of whoever is reached there is over. Add them again first, if they may act")
    if name == "patient":
        return gettext("The child has no clinic that could answer")
    if code == "barred":
        return gettext("A court keeps whoever is reached there from the child")
    return gettext("Write an e-mail address or a telephone number") if name == "sent_to" else gettext("Check this part")
