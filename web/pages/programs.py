"""Somebody's accounts in several programs: which they are in, and the way over to another one."""

from __future__ import annotations

from flask import Blueprint, g, render_template
from sqlalchemy.orm import Session
from werkzeug import Response

from econsult.errors import ForbiddenError, NotFoundError
from econsult.people.account import is_fresh
from econsult.people.elsewhere import is_too_old, proof_of, proven_others_of, proves_address, waits_for_first_link
from econsult.people.persons import Person, Program
from econsult.people.standing import Step, credential_of
from web.context import database, now
from web.pages.owning import check_owner
from web.shell.auth import me, only, place_for
from web.shell.entering import step_of, still_sets_up, welcome
from web.shell.forms import FormReader
from web.words import terms
from web.words.language import gettext

programs = Blueprint("programs", __name__, url_prefix="/account/programs")


@programs.get("")
@only()
def show() -> str:
    """The accounts of one address, of which this browser is in one."""
    with database().reading() as session:
        return _page(session, {})


@programs.post("/<public_id>")
@only()
def go_over(public_id: str) -> Response | tuple[str, int]:
    """Leave this account for another of the same address; with the password once more, unless one has just signed in.

    What was written or asked for in the other account, as its session ended, still waits there. Where that account asks
    for a second factor, it is still to come.
    """
    here = g.get("session_id")
    if here is None:
        raise ForbiddenError("A program cannot go over to another account.")
    with database().reading() as session:
        other = _other(session, public_id)
        is_new, sets_up = is_fresh(session, here, now()), still_sets_up(session, other)
        is_unused = waits_for_first_link(session, other)
        # With a second step it is a sign-in of its own, which begins then.
        is_over = step_of(session, other) == Step.NONE and is_too_old(session, here, other, now())
    form = FormReader()
    if is_unused or (sets_up and not me().has_password):
        # This sign-in may have come by a letter, or by a password that was chosen by one: neither opens a set-up.
        form.errors["second-step"] = gettext("Ask the administrator of that program for a one-time link")
    elif is_over and not sets_up:
        form.errors["second-step"] = gettext("You signed in too long ago for that account. Sign out, and sign in again")
    elif sets_up or not is_new:
        check_owner(form)
    with database().reading() as session:
        proof = proof_of(session, here)
        if form.errors:
            return _page(session, form.errors), 422
    return welcome(other, place_for(other), credential_of(other), proof=proof, comes_from=here)


def _other(session: Session, public_id: str) -> Person:
    for other, _ in _others(session):
        if other.public_id == public_id:
            # Looked at while the session lasts: the hash is loaded only when somebody asks for it.
            credential_of(other)
            return other
    raise NotFoundError


def _others(session: Session) -> list[tuple[Person, Program]]:
    return proven_others_of(session, me(), g.get("session_id") or 0)


def _page(session: Session, errors: dict[str, str]) -> str:
    found = _others(session)
    others = [(other.public_id, program.name, terms.ROLES[other.role]) for other, program in found]
    unused = [other.public_id for other, _program in found if waits_for_first_link(session, other)]
    here = session.get_one(Program, me().program_id).name
    is_new = is_fresh(session, g.get("session_id", 0), now())
    needs_password = not is_new or any(still_sets_up(session, other) for other, _program in found)
    shown = {"others": others, "unused": unused, "here": here, "path": place_for(me())}
    shown["needs_password"] = needs_password
    shown["is_proven"] = proves_address(session, g.get("session_id") or 0)
    return render_template("account/programs.html", errors=errors, has_password=me().has_password, terms=terms, **shown)
