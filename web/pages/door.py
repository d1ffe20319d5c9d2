"""The door: sign in with a password or a one-time link, sign out, and the start page that sends people on."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from werkzeug import Response
from werkzeug.utils import redirect

from econsult.errors import TooManyTriesError
from econsult.people.attempts import sign_in
from econsult.people.authenticators import site_of
from econsult.people.persons import choose_language
from econsult.people.standing import AddressProof, credential_of
from web.context import database, now, settings, signed_in, source_here
from web.cookies import read_cookie
from web.pages.demo import landing
from web.pages.invited import COOKIE as DEVICE
from web.shell.auth import home_of, let_out, place_for
from web.shell.entering import browser_here, by_password, leave, welcome
from web.shell.forms import FormReader, does_nothing_for_visitors
from web.words.language import LANGUAGES, gettext, remember, safe_path

door = Blueprint("door", __name__)


@door.get("/")
def start() -> str | Response:
    """Send a signed-in person to their own start page, and a visitor to the sign-in page; a demo shows its people."""
    if settings().is_demo:
        return landing()
    person = signed_in()
    return redirect(home_of(person) if person else "/sign-in", code=303)


@door.route("/sign-in", methods=["GET", "POST"])
def sign_in_page() -> str | Response | tuple[str, int]:
    """Ask for e-mail address and password; a wrong pair is refused in the same words as an unknown address."""
    if request.method != "POST":
        was_invited = bool(read_cookie(DEVICE))
        seen = {"can_passkey": _can_passkey(), "has_ended": "ended" in request.args, "was_invited": was_invited}
        return render_template("door/sign_in.html", errors={}, email="", **seen)
    form = FormReader()
    email = form.text("email", longest=254, required=gettext("Write your e-mail address"))
    password = request.form.get("password", "")
    if not password:
        form.errors["password"] = gettext("Write your password")
    try:
        here = {"source": source_here(), "browser": browser_here()}
        person = None if form.errors else sign_in(database(), email, password, now=now(), **here)
    except TooManyTriesError:
        words = gettext("Too many tries. Wait 15 minutes, or call us: %(phone)s.", phone=settings().help_phone)
        return render_template(
            "door/sign_in.html", errors={"email": words}, email=email, can_passkey=_can_passkey()
        ), 429
    if person is not None:
        credential, opened = credential_of(person), by_password(person)
        if opened is not None:
            return welcome(opened, place_for(opened), credential, proof=AddressProof.PASSWORD)
        words = gettext("Nobody has come into this account yet. Ask the administrator for its one-time link.")
        form.errors["email"] = words
    if not form.errors:
        form.errors["email"] = gettext("The address or the password is not right. Check both and try again.")
    return render_template("door/sign_in.html", errors=form.errors, email=email, can_passkey=_can_passkey()), 422


def _can_passkey() -> bool:
    return site_of(settings().base_url, "") is not None


@door.post("/sign-out")
@does_nothing_for_visitors
def sign_out() -> Response:
    """End the session, and what was half done in this browser."""
    response = let_out("/" if settings().is_demo else "/sign-in")
    leave(response)
    return response


@door.post("/language")
def switch_language() -> Response:
    """Remember the wished language, also on the person's record, and go back to the page that asked."""
    response = redirect(safe_path(request.form.get("next", "/")), code=303)
    wish, person = request.form.get("lang", ""), signed_in()
    if wish in LANGUAGES:
        remember(response, wish)
        if person is not None:
            with database().writing() as session:
                choose_language(session, person, wish, now())
    return response
