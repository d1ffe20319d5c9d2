"""Signing somebody else out, whose telephone was lost: every browser, link and program of theirs at once."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template
from sqlalchemy.orm import Session
from werkzeug import Response

from econsult.errors import NotFoundError
from econsult.people.account import SIGNERS_OUT, sign_out_member, signed_in_staff
from econsult.people.persons import Role, member_of, person_by_email
from web.context import database, now
from web.shell.auth import me, only
from web.shell.forms import FormReader
from web.words import terms
from web.words.language import gettext

sessions = Blueprint("sessions", __name__, url_prefix="/program/sessions")
DONE = "/program/sessions?said=member_out"


@sessions.get("")
@only(*SIGNERS_OUT)
def show() -> str:
    """A form for an address; for the administrator the staff who are in as well."""
    with database().reading() as session:
        return _page(session, {}, "")


@sessions.post("")
@only(*SIGNERS_OUT)
def by_address() -> Response | tuple[str, int]:
    """Sign out who has this address in the program."""
    form = FormReader()
    email = form.text("email", longest=254, required=gettext("Write their e-mail address"))
    with database().writing() as session:
        if not form.errors:
            member = person_by_email(session, database().cipher, email, me().program_id)
            try:
                sign_out_member(session, me(), member, now())
            except NotFoundError:
                form.errors["email"] = _nobody()
        if form.errors:
            return _page(session, form.errors, email), 422
    return redirect(DONE, 303)


@sessions.post("/<public_id>")
@only(Role.ADMIN)
def one(public_id: str) -> Response:
    """Sign out one of the staff."""
    with database().writing() as session:
        sign_out_member(session, me(), member_of(session, me(), public_id), now())
    return redirect(DONE, 303)


def _nobody() -> str:
    if me().role == Role.ADMIN:
        return gettext("Nobody of the program signs in with this address")
    return gettext("No family of the program signs in with this address")


def _page(session: Session, errors: dict[str, str], email: str) -> str:
    staff = signed_in_staff(session, me(), now())
    return render_template("program/sessions.html", staff=staff, errors=errors, email=email, terms=terms)
