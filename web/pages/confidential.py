"""What stays between the young and their clinic: the mark on a question, and who of the family may go on later."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug import Response

from econsult.access import consult_for, patients_for
from econsult.consults.confidential import keep_confidential
from econsult.consults.lifecycle import Status
from econsult.errors import NotFoundError
from econsult.people.ages import local_day
from econsult.people.caregivers import Basis, grown_up_at, is_proxy
from econsult.people.patients import Patient
from econsult.people.persons import Role
from econsult.rights import Right
from econsult.youths import end_sharing, let_go_on, sharers
from web.context import database, now
from web.pages.consult import case_page
from web.pages.family.status import status_page
from web.pages.owning import asks_password, check_recent, once_more
from web.shell.auth import me, only
from web.shell.forms import FormReader
from web.showing.casefile import open_case
from web.words.families import RELATIONS

confidential = Blueprint("confidential", __name__)
Page = str | Response | tuple[str, int]


@dataclass(frozen=True)
class Sharer:
    """A caregiver, whether they may act now, and on what that rests from the day of majority."""

    id: str
    name: str
    relation: str
    may_act: bool
    is_allowed: bool
    is_guardian: bool


@confidential.post("/family/questions/<public_id>/private")
@only(Role.YOUTH)
def choose(public_id: str) -> Page:
    """The young person hides a question from their caregivers, or shows it."""
    form = FormReader()
    wish = _wish(form)
    if form.errors:
        return status_page(public_id, form)
    _keep(public_id, wish)
    return redirect(url_for("family_status.show", public_id=public_id), 303)


@confidential.post("/consults/<public_id>/confidential")
@only(Role.PCP, Role.TELEPRESENTER)
def mark(public_id: str) -> Page:
    """The clinic does it."""
    form = FormReader()
    wish = _wish(form)
    if form.errors:
        with database().writing() as session:
            loaded = consult_for(session, me(), public_id, now=now(), right=Right.KEEP_CONFIDENTIAL)
            case = open_case(session, loaded) if loaded.consult.status != Status.DRAFT else None
        if case is None:
            # A draft has its page with what was typed; it is not this one.
            return once_more(url_for("consult.show", public_id=public_id), form=form) or ("", 422)
        return case_page(case, errors=form.errors, asks_password=True), 422
    _keep(public_id, wish)
    return redirect(url_for("consult.show", public_id=public_id, said="kept" if wish else "shown"), 303)


def _wish(form: FormReader) -> bool:
    """Whether the question is to be kept; whoever opens it to others is asked for their password once more."""
    wish = form.choice("sees", ("private", "shared")) != "shared"
    if not wish:
        check_recent(form)
    return wish


def _keep(public_id: str, wish: bool) -> None:
    with database().writing() as session:
        loaded = consult_for(session, me(), public_id, now=now(), right=Right.KEEP_CONFIDENTIAL)
        keep_confidential(session, loaded.consult, me(), wish, now=now())


@confidential.get("/family/sharing")
@only(Role.YOUTH)
def sharing() -> Page:
    """Who of the family may see and ask, now and from the day of majority."""
    return _sharing_page(FormReader())


def _sharing_page(form: FormReader) -> Page:
    with database().writing() as session:
        patient = _self(session)
        found = _sharers(session, patient)
        grown_on = _grown_on(session, patient)
        is_grown = grown_on is not None and grown_on <= local_day(session, now())
    shown = {"people": found, "grown_on": grown_on, "is_grown": is_grown}
    page = render_template("family/sharing.html", errors=form.errors, asks_password=asks_password(), **shown)
    return (page, 422) if form.errors else page


@confidential.post("/family/sharing/<person_id>")
@only(Role.YOUTH)
def share(person_id: str) -> Page:
    """Let a caregiver go on from the day of majority, or take that back."""
    form = FormReader()
    ends = request.form.get("verb") == "end"
    if not ends:
        check_recent(form)
    if form.errors:
        return _sharing_page(form)
    with database().writing() as session:
        change = end_sharing if ends else let_go_on
        change(session, _self(session), me(), person_id, now())
    return redirect(url_for(".sharing"), 303)


def _self(session: Session) -> Patient:
    patients = patients_for(session, me(), now=now())
    if not patients:
        raise NotFoundError
    return patients[0]


def _grown_on(session: Session, patient: Patient) -> date | None:
    grown_at = grown_up_at(session, patient.id)
    return local_day(session, grown_at) if grown_at is not None else None


def _sharers(session: Session, patient: Patient) -> list[Sharer]:
    return [
        Sharer(
            person.public_id,
            person.name,
            str(RELATIONS.get(link.relation, RELATIONS["other"])),
            is_proxy(session, link, now()),
            any(grant.basis == Basis.YOUTH for grant in grants),
            any(grant.basis == Basis.GUARDIANSHIP for grant in grants),
        )
        for person, link, grants in sharers(session, patient, now())
    ]
