"""What is sealed: the clinic writes a withdrawal down for a family; a privacy officer opens under a legal hold."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug import Response

from econsult import holds
from econsult.access import consult_for
from econsult.consults.attachments import Rendition, attachments_of
from econsult.consults.records import Consult
from econsult.consults.sealing import Withdrawing, withdraw_consent, withdrawal_of
from econsult.people.persons import Role
from econsult.people.signing import counts
from econsult.rights import Right
from web.context import database, now, runtime
from web.pages.clinic.terms import grown_up_words
from web.pages.consult import case_page
from web.pages.coordination import card_page
from web.pages.owning import check_owner
from web.shell.auth import me, only
from web.shell.desk import rings
from web.shell.forms import FormReader
from web.shell.still import still_may
from web.showing.casefile import open_case
from web.showing.files import card
from web.showing.media import send_copy
from web.words import terms
from web.words.files import FOR_STAFF, copy_words
from web.words.language import gettext

sealing = rings(Blueprint("sealing", __name__))
SAID_BY = ("parent", "guardian", "agency", "youth")
Page = str | Response | tuple[str, int]


@dataclass(frozen=True)
class HeldFile:
    """A sealed file, and its copies, each with what it is in words."""

    title: str
    copies: list[tuple[Rendition, str]]


@sealing.post("/consults/<public_id>/consent/withdraw")
@only(Role.PCP, Role.COORDINATOR)
def take_back(public_id: str) -> Page:
    """Write down that the family took its consent back, and seal its files."""
    form = FormReader()
    by = form.choice("consent_by", SAID_BY, required=gettext("Choose who took it back"))
    method = form.choice("consent_method", ("verbal", "paper"), required=gettext("Choose how the family said so"))
    with database().writing() as session:
        loaded = consult_for(session, me(), public_id, now=now(), right=Right.WITHDRAW_CONSENT)
        if by and not counts(session, loaded.patient.id, by, now()):
            form.errors["consent_by"] = grown_up_words()
        if form.errors:
            if me().role == Role.COORDINATOR:
                return card_page(session, loaded, errors=form.errors, given=request.form), 422
            return case_page(open_case(session, loaded), errors=form.errors, given=request.form), 422
        told = Withdrawing(by, method, loaded.patient.language)
        withdraw_consent(session, runtime().vault, loaded.consult, me(), told, now=now())
    place = "coordination.card" if me().role == Role.COORDINATOR else "consult.show"
    return redirect(url_for(place, public_id=public_id, said="sealed"), 303)


@sealing.get("/privacy/sealed")
@only(Role.PRIVACY)
def show() -> str:
    """The requests whose files families have sealed."""
    with database().writing() as session:
        found = holds.sealed_among(session, me())
    return render_template("privacy/sealed.html", found=found, terms=terms)


@sealing.get("/privacy/sealed/<public_id>")
@only(Role.PRIVACY)
def one(public_id: str) -> str:
    """One of them: who has opened it and why, the form, and the copies while a hold goes on."""
    with database().writing() as session:
        consult = holds.sealed_consult(session, me(), public_id)
        return _page(session, consult, FormReader())


@sealing.post("/privacy/sealed/<public_id>")
@only(Role.PRIVACY)
def hold(public_id: str) -> Page:
    """Open the copies to this officer for an hour: with a reason, and the password once more."""
    form = FormReader()
    words = gettext("Write which law or order demands it, in a sentence")
    reason = form.text("reason", longest=holds.LONGEST_REASON, required=words)
    if reason and len(reason) < holds.SHORTEST_REASON:
        form.errors["reason"] = words
    with database().writing() as session:
        consult = holds.sealed_consult(session, me(), public_id)
    check_owner(form)
    with database().writing() as session:
        consult = holds.sealed_consult(session, me(), public_id)
        if form.errors:
            return _page(session, consult, form, reason), 422
        holds.open_hold(session, consult, me(), reason, now=now())
    return redirect(url_for(".one", public_id=public_id), 303)


@sealing.get("/media/held/<rendition_id>")
@only(Role.PRIVACY)
def copy(rendition_id: str) -> Response:
    """One sealed copy, under a hold of this officer. That it was looked at is written down before the first byte."""
    vault = runtime().vault
    with database().writing() as session:
        found, key = holds.held_copy(session, vault, me(), rendition_id, now=now())
    look = still_may(lambda session, person, at: holds.held_copy(session, vault, person, rendition_id, now=at))
    return send_copy(found, key, look)


def _page(session: Session, consult: Consult, form: FormReader, reason: str = "") -> str:
    until = holds.held_until(session, consult, me(), now())
    return render_template(
        "privacy/hold.html",
        consult=consult,
        withdrawal=withdrawal_of(session, consult),
        past=holds.holds_of(session, consult),
        files=_held_files(session, consult) if until is not None else [],
        until=until,
        reason=reason,
        longest=holds.LONGEST_REASON,
        has_password=me().has_password,
        errors=form.errors,
    )


def _held_files(session: Session, consult: Consult) -> list[HeldFile]:
    copies = holds.held_copies(session, consult, me(), now=now())
    by_file = {file.id: HeldFile(card(file, [], FOR_STAFF).title, []) for file in attachments_of(session, consult.id)}
    for each in copies:
        by_file[each.attachment_id].copies.append((each, copy_words(each.name)))
    return [file for file in by_file.values() if file.copies]
