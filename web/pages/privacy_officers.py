"""Who oversees a program: its privacy officers, and an officer's word that a new one is who the account says."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from werkzeug import Response

from econsult.errors import InvalidError
from econsult.officers import confirm_officer, may_confirm, officers_of
from econsult.people.persons import Role
from web.context import database, now
from web.pages.owning import once_more
from web.shell.auth import me, only
from web.words.language import gettext

officers = Blueprint("officers", __name__, url_prefix="/privacy/officers")
Page = str | Response | tuple[str, int]


@officers.get("")
@only(Role.PRIVACY)
def show() -> str:
    """Every officer with an open account, and who of them is confirmed."""
    return _page({})


@officers.post("/<public_id>/confirm")
@only(Role.PRIVACY)
def confirm(public_id: str) -> Page:
    """Say that the colleague themself came in."""
    asked = once_more(url_for(".show"))
    if asked is not None:
        return asked
    try:
        with database().writing() as session:
            confirm_officer(session, me(), public_id, now=now())
    except InvalidError:
        return _page({"officers": gettext("Nobody has come into this account yet. Confirm it once they have")}), 422
    return redirect(url_for(".show", said="saved"), 303)


def _page(errors: dict[str, str]) -> str:
    with database().reading() as session:
        found = officers_of(session, me().program_id)
    shown = {"found": found, "may": may_confirm(found, me()), "own": me().id, "errors": errors}
    return render_template("privacy/officers.html", **shown)
