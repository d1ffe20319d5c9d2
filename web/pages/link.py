"""Sign-in links: asking for one by mail, and using one. A link that was asked for works in that browser alone."""

from __future__ import annotations

import re
import secrets

from flask import Blueprint, make_response, render_template, request
from werkzeug import Response

from econsult.errors import TooManyTriesError
from econsult.people.links import LIVES, ask_link, is_of_another_browser, use_asked
from econsult.people.signin import use_link
from econsult.people.standing import AddressProof, credential_of
from web.context import database, now, ring_workers, source_here
from web.cookies import read_cookie, set_cookie
from web.pages.second_factor import too_many_tries
from web.shell.auth import place_for
from web.shell.entering import by_letter, welcome
from web.shell.forms import FormReader
from web.words.language import gettext

link = Blueprint("link", __name__)
COOKIE = "econsult_asked"


@link.route("/sign-in/by-mail", methods=["GET", "POST"])
def ask_page() -> str | Response | tuple[str, int]:
    """Ask for a link. The answer is the same whether or not the address belongs to an account."""
    if request.method != "POST":
        return render_template("door/by_mail.html", errors={}, email="")
    form = FormReader()
    email = form.text("email", longest=254, required=gettext("Write your e-mail address"))
    if form.errors:
        return render_template("door/by_mail.html", errors=form.errors, email=email), 422
    browser = _browser() or secrets.token_hex(16)
    try:
        ask_link(database(), email, source=source_here(), browser=browser, now=now())
    except TooManyTriesError:
        return render_template("door/by_mail.html", errors={"email": too_many_tries()}, email=email), 429
    ring_workers()
    response = make_response(render_template("door/by_mail.html", errors={}, email=email, is_sent=True))
    set_cookie(response, COOKIE, browser, max_age=int(LIVES.total_seconds()))
    return response


@link.route("/sign-in/link/<token>", methods=["GET", "POST"])
def use_page(token: str) -> str | Response | tuple[str, int]:
    """A one-time link. Looking at it uses nothing up, so a mail scanner cannot spend it; the button does."""
    if request.method != "POST":
        return render_template("door/link.html", state="ready")
    browser = _browser()
    with database().writing() as session:
        # Links from the program's own people work in any browser.
        given = use_link(session, token, now())
        asked = None if given is not None else use_asked(session, token, browser, now())
        person = given or (by_letter(session, asked) if asked is not None else None)
        credential = credential_of(person) if person is not None else None
        is_elsewhere = person is None and is_of_another_browser(session, token, browser, now())
    if asked is not None and person is None:
        return render_template("door/link.html", state="password"), 403
    if person is not None:
        # A link of the program's own people was made by one of them, and says nothing of whose the address is.
        proof = AddressProof.LETTER if asked is not None else AddressProof.NONE
        return welcome(person, place_for(person), credential, proof=proof)
    if is_elsewhere:
        return render_template("door/link.html", state="elsewhere"), 403
    return render_template("door/link.html", state="spent"), 410


def _browser() -> str:
    """What this browser was given when it asked; empty where it did not."""
    given = read_cookie(COOKIE)
    return given if re.fullmatch("[0-9a-f]{32}", given) else ""
