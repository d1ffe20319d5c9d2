"""The end of records, for the privacy officer: how long they are kept, what holds them back, what is to be erased."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from sqlalchemy.orm import Session
from werkzeug import Response

from econsult.erasure import asking, retention
from econsult.erasure.asking import ASKED, KeptError, Wish
from econsult.erasure.records import Basis
from econsult.errors import ImpossibleVerbError, NotFoundError
from econsult.people.patients import Patient
from econsult.people.persons import Person, Role
from web.context import database, now
from web.pages.owning import check_owner
from web.shell.auth import me, only
from web.shell.forms import FormReader
from web.words.ending import BASES, refused, why_missing
from web.words.language import gettext
from web.words.times import erased_words, start_large

records = Blueprint("records", __name__, url_prefix="/privacy/records")
OVER = 50
"""Of so many children whose time is over the page tells."""
LONGEST_NAME = 40
Page = str | Response | tuple[str, int]


@records.get("")
@only(Role.PRIVACY)
def show() -> str:
    """Rule, holds, what waits and what was erased."""
    with database().writing() as session:
        return _page(session, FormReader(), {})


@records.post("/erase")
@only(Role.PRIVACY)
def erase() -> Page:
    """Ask that a record be erased: with a reason, and the password once more."""
    form = FormReader()
    child = form.text("erase_child", longest=LONGEST_NAME, required=gettext("Write the child's alias or a request"))
    basis = form.choice("erase_basis", ASKED, required=gettext("Choose why"))
    words = form.text("erase_words", longest=retention.LONGEST_REASON)
    if basis and basis != Basis.RETENTION and len(words) < retention.SHORTEST_REASON:
        form.errors["erase_words"] = why_missing()
    given = {"child": child, "basis": basis, "words": words}
    if not form.errors:
        check_owner(form)
    with database().writing() as session:
        patient = _child(session, form, "erase_child", child) if not form.errors else None
        if patient is not None:
            try:
                asking.ask_erasure(session, patient, me(), Wish(basis, words), now=now())
            except KeptError as error:
                form.errors["erase_child"] = refused(error)
        if form.errors:
            return _page(session, form, given), 422
    return redirect(url_for(".show", said="erasure_asked"), 303)


@records.post("/hold")
@only(Role.PRIVACY)
def hold() -> Page:
    """Keep a record whatever the rule says."""
    form = FormReader()
    child = form.text("hold_child", longest=LONGEST_NAME, required=gettext("Write the child's alias or a request"))
    words = form.text("hold_words", longest=retention.LONGEST_REASON, required=why_missing())
    if words and len(words) < retention.SHORTEST_REASON:
        form.errors["hold_words"] = why_missing()
    with database().writing() as session:
        patient = _child(session, form, "hold_child", child) if not form.errors else None
        if patient is None:
            return _page(session, form, {"held": child, "reason": words}), 422
        retention.place_hold(session, patient, me(), words, now=now())
    return redirect(url_for(".show", said="held"), 303)


@records.post("/<public_id>/undo")
@only(Role.PRIVACY)
def undo(public_id: str) -> Response:
    """Take an erasure back that waits; one that was carried out a moment ago says so."""
    with database().writing() as session:
        erasure = asking.erasure_named(session, me().program_id, public_id)
        asking.undo_erasure(session, erasure, me(), now=now())
    return redirect(url_for(".show", said="erasure_undone"), 303)


@records.get("/holds/<public_id>")
@only(Role.PRIVACY)
def one_hold(public_id: str) -> str:
    """A legal hold, its reason, and the form that ends it."""
    with database().writing() as session:
        return _hold_page(session, public_id, FormReader())


@records.post("/holds/<public_id>")
@only(Role.PRIVACY)
def lift(public_id: str) -> Page:
    """End a legal hold: with the password once more, since something may be erased then."""
    form = FormReader()
    check_owner(form)
    with database().writing() as session:
        if form.errors:
            return _hold_page(session, public_id, form), 422
        found = retention.hold_named(session, me().program_id, public_id)
        retention.lift_hold(session, found, me(), now=now())
    return redirect(url_for(".show", said="lifted"), 303)


def _child(session: Session, form: FormReader, name: str, text: str) -> Patient | None:
    """The child that was named; None, with the words in the form, where there is none that could be meant."""
    try:
        patient = asking.child_named(session, me().program_id, text)
    except NotFoundError:
        form.errors[name] = gettext("No child has this alias, and no request this number")
        return None
    if patient.erased_at is not None:
        form.errors[name] = start_large(erased_words(patient.erased_at))
        return None
    return patient


def _page(session: Session, form: FormReader, given: dict[str, str]) -> str:
    program_id = me().program_id
    found = asking.erasures_of(session, program_id)
    return render_template(
        "privacy/records.html",
        rule=retention.rule_of(session, program_id),
        waiting=[each for each in found if each[0].done_at is None],
        gone=[each for each in found if each[0].done_at is not None],
        holds=retention.holds_among(session, program_id),
        over=retention.over_among(session, program_id, now(), OVER),
        bases=[(each, BASES[each]) for each in ASKED],
        basis_words=BASES,
        given=given,
        errors=form.errors,
        longest=retention.LONGEST_REASON,
        has_password=me().has_password,
    )


def _hold_page(session: Session, public_id: str, form: FormReader) -> str:
    found = retention.hold_named(session, me().program_id, public_id)
    if found.lifted_at is not None:
        raise ImpossibleVerbError("lifted", "be lifted")
    return render_template(
        "privacy/record_hold.html",
        hold=found,
        patient=session.get_one(Patient, found.patient_id),
        officer=session.get(Person, found.placed_by_id) if found.placed_by_id else None,
        errors=form.errors,
        has_password=me().has_password,
    )
