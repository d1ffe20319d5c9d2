"""Who is speaking: a signed-in browser by its cookie, or a machine by its bearer token.

The session lives in the database; the cookie holds a random token and nothing else. A request with an Authorization
header never falls back to the cookie, because such requests are exempt from the form proof.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Any, TypeVar

from flask import Flask, abort, g, jsonify, make_response, redirect, render_template, request
from werkzeug import Response

from econsult.database import Database
from econsult.errors import ForbiddenError
from econsult.people.persons import Person, Role
from econsult.people.signin import (
    Visitor,
    close_session,
    touch_session,
    visitor_by_session,
    visitor_by_token,
)
from econsult.people.tokens import hashed
from econsult.people.typed import forget_typed
from web.context import database, now, settings, signed_in
from web.cookies import read_cookie, set_cookie
from web.shell.errors import problem
from web.shell.forms import hear_all, is_bearer, is_for_machine
from web.shell.places import form_place
from web.shell.unsent import COOKIE as WORDS
from web.shell.unsent import PAGE as UNSENT
from web.shell.unsent import keep_words, kept_for
from web.words.language import gettext, safe_path

COOKIE = "econsult_session"
NEXT, NEXT_SECONDS = "next", 3600
TOUCH_EVERY = timedelta(minutes=1)
HOME_OF = {
    Role.CAREGIVER: "/family",
    Role.YOUTH: "/family",
    Role.PCP: "/clinic",
    Role.TELEPRESENTER: "/clinic",
    Role.SPECIALIST: "/worklist",
    Role.COORDINATOR: "/coordination",
    Role.PRIVACY: "/privacy",
    Role.INVITED: "/invited",
}
OTHER_HOME = "/start"
LOOKS = ("GET", "HEAD")
"""What asks to see a page; a mail scanner asks by HEAD, and must not be taken for a form."""
BACKGROUND = "X-Background"
ACCOUNTS = frozenset(Role) - {Role.INVITED}
View = TypeVar("View", bound=Callable[..., Any])


def init_auth(app: Flask) -> None:
    """Find out who is speaking before any other check of the request."""
    app.before_request(_load_visitor)


def only(*roles: Role, late: Callable[..., Any] | None = None) -> Callable[[View], View]:
    """Let a view be used by people of these roles (by everybody with an account, when none is named).

    A visitor is sent to the sign-in page and comes back afterwards; a machine gets 401. Others get 403. `late` answers
    visitors instead, of a page that must not send them away.
    """

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **values: Any) -> Any:
            person = signed_in()
            if person is None:
                return ask_to_sign_in() if late is None else late(**values)
            # An invited device comes only where its role is named: what is new is closed to it.
            if person.role not in (roles or ACCOUNTS):
                raise ForbiddenError("Your role does not include this.")
            return view(*args, **values)

        guarded.does_nothing_for_visitors = True  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]

    return guard


def me() -> Person:
    """The signed-in person, in a view that `only` guards."""
    person = signed_in()
    if person is None:
        raise ForbiddenError("Sign in first.")
    return person


def home_of(person: Person) -> str:
    """The path of the page that this person starts from."""
    return HOME_OF.get(Role(person.role), OTHER_HOME)


def let_out(path: str) -> Response:
    """End the session here and on the server, forget what was being typed, and ask the browser to forget its pages."""
    if g.get("session_id") is not None:
        with database().writing() as session:
            forget_typed(session, me())
            close_session(session, g.session_id)
    response = redirect(path, code=303)
    set_cookie(response, COOKIE, "", max_age=0)
    set_cookie(response, WORDS, "", max_age=0)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def _load_visitor() -> None:
    if request.endpoint == "static":
        return
    shown = _shown()
    if shown.is_empty:
        return
    hear_all()
    visitor = _visitor(database(), shown, now())
    if visitor is None:
        return
    if _lacks_factor(visitor, settings().needs_factor):
        # A session or a token from before the program asked for it opens no more than a password alone does.
        g.lacks_factor = True
        return
    g.person = visitor.person
    if visitor.session_id is not None:
        g.session_id, g.session_ref = visitor.session_id, str(visitor.session_id)
        g.has_factor = visitor.has_factor
        # A page that asks for news by itself says so: only what a person does keeps a session alive.
        if BACKGROUND not in request.headers and now() - visitor.opened_at >= TOUCH_EVERY:
            with database().writing() as session:
                touch_session(session, visitor.session_id, now())


def still_in() -> Callable[[], bool]:
    """Asks whether the session or token of this request is still good for its person; may outlive the request."""
    records, person_id, shown, asks_factor = database(), me().id, _shown(), settings().needs_factor

    def ask() -> bool:
        visitor = _visitor(records, shown, datetime.now(UTC))
        return visitor is not None and visitor.person.id == person_id and not _lacks_factor(visitor, asks_factor)

    return ask


def check_still_in() -> None:
    """Lead whoever was signed out since this request began to the way in."""
    if not still_in()():
        abort(ask_to_sign_in())


def _lacks_factor(visitor: Visitor, asks_factor: bool) -> bool:
    return asks_factor and visitor.person.is_staff and not visitor.has_factor


@dataclass(frozen=True)
class Shown:
    """What a request shows of who is speaking: a machine's token, or a browser's cookie, or neither."""

    bearer: str = ""
    cookie: str = ""

    @property
    def is_empty(self) -> bool:
        return not self.bearer and not self.cookie


def _shown() -> Shown:
    if is_bearer():
        return Shown(bearer=request.headers["Authorization"][7:].strip())
    return Shown(cookie=read_cookie(COOKIE))


def _visitor(records: Database, shown: Shown, at: datetime) -> Visitor | None:
    if shown.is_empty:
        return None
    with records.reading() as session:
        if shown.bearer:
            return visitor_by_token(session, shown.bearer, at)
        return visitor_by_session(session, shown.cookie, at)


def ask_to_sign_in(*, keeps_words: bool = True) -> Response:
    """Machines, scripts and parts of pages get 401; people the sign-in page, and afterwards the page they were on."""
    if "HX-Request" in request.headers:
        return make_response(render_template("parts/ended.html"), 401)
    if is_bearer() and g.get("lacks_factor"):
        words = "This person has no second factor yet: sign in on the pages once, and set one up there."
        return problem(403, "second_factor_needed", words)
    if is_for_machine() or _is_part_of_page():
        refusal = problem(401, "unauthorized", "Send a valid bearer token.")
        refusal.headers["WWW-Authenticate"] = "Bearer"
        return refusal
    if request.accept_mimetypes.best == "application/json":
        words = gettext("Your session ended. What you wrote is still here: go on, and sign in when you are asked.")
        return make_response(jsonify(problem=words), 401)
    had_session = request.method not in LOOKS or bool(read_cookie(COOKIE))
    response = redirect("/sign-in?ended=1" if had_session else "/sign-in", code=303)
    # The place to return to travels in a cookie, not in the address, so that no log of addresses tells it.
    place = request.path if request.method in LOOKS else form_place()
    owner = keep_words(response, read_cookie(COOKIE), keeps=keeps_words)
    set_cookie(response, NEXT, f"{_whose(owner)}{place}", max_age=NEXT_SECONDS)
    return response


def _is_part_of_page() -> bool:
    """Whether a page or a program asks for a part, such as a picture or news: nobody could go back to that."""
    mode = request.headers.get("Sec-Fetch-Mode", "")
    wanted = request.accept_mimetypes
    may_be_page = (not wanted or wanted.accept_html) and not _is_media()
    is_navigation = mode == "navigate" if mode else may_be_page
    return BACKGROUND in request.headers or (request.method in LOOKS and not is_navigation)


def _is_media() -> bool:
    return request.path.startswith("/media/")


def place_for(person: Person) -> str:
    """Where this person goes after signing in: to what they wrote as their session ended, to the page that asked for
    it, or to their own start page. A page of somebody else, who had this browser before, is nobody else's business.
    """
    if kept_for(person) is not None:
        return UNSENT
    whose, slash, path = (read_cookie(NEXT) or "/").partition("/")
    place = safe_path(slash + path)
    return place if place != "/" and whose in ("", _whose(person)) else home_of(person)


def _whose(person: Person | None) -> str:
    return hashed(person.public_id)[:16] if person is not None else ""
