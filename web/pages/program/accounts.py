"""Accounts of the staff: an administrator opens, names and closes them, and hands out the first way in."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug import Response

from econsult.consults.hearers import coordinators_of
from econsult.errors import InvalidError, NotFoundError
from econsult.people.names import LONGEST_NAME
from econsult.people.persons import LANGUAGES, SPECIALTIES, Role
from econsult.people.signin import LINK_PATH
from econsult.queue.trial import Trial
from econsult.rosters.qualifying import clinics_of
from econsult.staffing import (
    KEEPERS,
    Member,
    Newcomer,
    answer_for,
    close_member,
    open_member,
    rename,
    reopen_member,
    staff_of,
    welcome_link,
)
from web.context import database, now, settings
from web.pages.owning import asks_password, check_recent, once_more
from web.pages.program.changing import Act, carry_out, look_at
from web.shell.auth import me, only
from web.shell.forms import FormReader
from web.shell.unreadable import only_looks
from web.showing.qr import qr_picture
from web.words import terms
from web.words.jobs import JOBS
from web.words.language import gettext

accounts = Blueprint("accounts", __name__, url_prefix="/program/accounts")
Page = str | Response | tuple[str, int]
MOST = 100
"""How many are listed; who is looked for among more is found by name."""


@accounts.get("")
@only(*KEEPERS)
def show() -> str:
    """Everybody of the staff."""
    return _list("")


@accounts.post("/find")
@only(*KEEPERS)
@only_looks
def find() -> str:
    """Those whose name or address has what was typed. It is posted, so that no name becomes part of an address."""
    return _list(FormReader().text("find", longest=LONGEST_NAME))


@accounts.route("/new", methods=["GET", "POST"])
@only(*KEEPERS)
def new() -> Page:
    """Open an account. Nobody is written to: whoever opened it hands out the first link."""
    form = FormReader()
    who = Newcomer(
        email=form.text("email", longest=254),
        name=form.text("name", longest=LONGEST_NAME),
        role=form.text("role", longest=20),
        clinic=form.text("clinic", longest=40),
        specialties=form.choices("specialties", SPECIALTIES),
        language=form.text("language", longest=2) or LANGUAGES[0],
    )
    if request.method != "POST":
        return _new_page({}, who)
    made: list[str] = []

    def act(session: Session) -> None:
        made.append(open_member(session, database().cipher, me(), who, now=now()).public_id)

    errors, _ = _tried(form, act)
    return _new_page(errors, who) if errors else redirect(url_for(".member", public_id=made[-1], said="opened"), 303)


@accounts.get("/<public_id>")
@only(*KEEPERS)
def member(public_id: str) -> Page:
    """One account with what can be done about it."""
    return _page(public_id, {})


@accounts.post("/<public_id>/link")
@only(*KEEPERS)
def link(public_id: str) -> Page:
    """The first way in, to be handed over by somebody who knows them: shown once, and stored nowhere."""
    asked = once_more(url_for(".member", public_id=public_id))
    if asked is not None:
        return asked
    try:
        with database().writing() as session:
            token = welcome_link(session, me(), public_id, now=now())
    except InvalidError:
        return _page(public_id, {"link": gettext("Somebody has come into this account already: no link is given out")})
    return _page(public_id, {}, address=f"{settings().base_url}{LINK_PATH}{token}")


@accounts.post("/<public_id>/name")
@only(*KEEPERS)
def name(public_id: str) -> Page:
    """What everybody calls them."""
    form = FormReader()
    text = form.text("name", longest=LONGEST_NAME)
    errors, said = _tried(form, lambda session: rename(session, me(), public_id, text, now=now()))
    return _page(public_id, errors) if errors else _saved(public_id, said)


@accounts.post("/<public_id>/specialties")
@only(*KEEPERS)
def specialties(public_id: str) -> Page:
    """For what a specialist answers; with the verb `look` only show what it would change."""
    form = FormReader()
    wanted = form.choices("specialties", SPECIALTIES)
    return _change(form, public_id, lambda session: answer_for(session, me(), public_id, wanted, now=now()))


@accounts.post("/<public_id>/close")
@only(*KEEPERS)
def close(public_id: str) -> Page:
    """Let them in no more; with the verb `look` only show what would be taken from them."""
    return _change(FormReader(), public_id, lambda session: close_member(session, me(), public_id, now=now()))


@accounts.post("/<public_id>/reopen")
@only(*KEEPERS)
def reopen(public_id: str) -> Page:
    """Let them in again."""
    return _change(FormReader(), public_id, lambda session: reopen_member(session, me(), public_id, now=now()))


def _list(wish: str) -> str:
    with database().reading() as session:
        found = [each for each in staff_of(session, me()) if _fits(each, wish)]
    shown = {"found": found[:MOST], "more": len(found[MOST:]), "wish": wish}
    return render_template("program/accounts.html", **shown, jobs=JOBS, terms=terms)


def _fits(each: Member, wish: str) -> bool:
    return all(part in f"{each.person.name} {each.person.email}".casefold() for part in wish.casefold().split())


def _change(form: FormReader, public_id: str, act: Act) -> Page:
    if request.form.get("verb") == "look":
        try:
            return _page(public_id, {}, tried=look_at(act))
        except InvalidError as error:
            return _page(public_id, _sentences(error))
    errors, said = _tried(form, act)
    return _page(public_id, errors) if errors else _saved(public_id, said)


def _tried(form: FormReader, act: Act) -> tuple[dict[str, str], str]:
    """Do it, once it is the owner who asks; returns what was wrong, and what is said where nothing was."""
    check_recent(form)
    if form.errors:
        return form.errors, ""
    try:
        return {}, carry_out(act)
    except InvalidError as error:
        return _sentences(error), ""


def _saved(public_id: str, said: str) -> Response:
    return redirect(url_for(".member", public_id=public_id, said=said), 303)


def _page(public_id: str, errors: dict[str, str], *, tried: Trial | None = None, address: str = "") -> Page:
    with database().reading() as session:
        own = next((each for each in staff_of(session, me()) if each.person.public_id == public_id), None)
        if own is None:
            raise NotFoundError
        coordinators = coordinators_of(session, me().program_id)
    is_last = own.person.role == Role.COORDINATOR and [each.id for each in coordinators] == [own.person.id]
    page = render_template(
        "program/account.html",
        own=own,
        is_self=own.person.id == me().id,
        is_last=is_last,
        errors=errors,
        tried=tried,
        address=address,
        picture=qr_picture(address) if address else "",
        given=request.form,
        at=request.endpoint.rpartition(".")[2] if request.endpoint else "",
        asks_password=asks_password(),
        specialties=SPECIALTIES,
        longest=LONGEST_NAME,
        jobs=JOBS,
        terms=terms,
    )
    return (page, 422) if errors else page


def _new_page(errors: dict[str, str], who: Newcomer) -> Page:
    with database().reading() as session:
        clinics = clinics_of(session, me().program_id)
    page = render_template(
        "program/new_account.html",
        who=who,
        errors=errors,
        clinics=clinics,
        asks_password=asks_password(),
        longest=LONGEST_NAME,
        jobs=JOBS,
        terms=terms,
    )
    return (page, 422) if errors else page


def _sentences(error: InvalidError) -> dict[str, str]:
    taken = gettext("Somebody of the program already signs in with this address")
    known = {
        "email": taken if error.fields.get("email") == "taken" else gettext("Write their e-mail address"),
        "name": gettext("Write a name of at most 120 letters"),
        "role": gettext("Choose what they are"),
        "clinic": gettext("Choose the clinic where they work; only who works at a clinic has one"),
        "specialties": gettext("Choose what they answer for; only a specialist answers for a specialty"),
        "close": _close_words(error.fields.get("close", "")),
    }
    return {part: known.get(part, gettext("Check this part")) for part in error.fields}


def _close_words(fault: str) -> str:
    if fault == "last_officer":
        return gettext(
            "Nobody else oversees privacy yet. A second privacy officer comes in, and this one confirms them. "
            "If this one is gone, ask whoever runs the system"
        )
    return gettext("Another administrator closes your account")
