"""Tells the browser that what somebody wrote has arrived, so that it may forget its own copy.

A script copies the words of a form into its browser tab while they are written (`static/kept.js`) and to the server
(`static/typed.js`), and sends a random number along with the form. Only when the view itself has answered, and not the
sign-in page or an error page, does the number come back in a cookie: a session that ended or a line that broke takes no
words along. Where the view leads on, the server forgets its copy; a page that shows the form again may still need it.
Of what was refused the cookie says so: where neither came, nobody can tell whether it was sent.
"""

from __future__ import annotations

import re
from typing import Any

from flask import Flask, Response, current_app, g, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from econsult.people.persons import Person
from econsult.people.typed import drop_typed
from econsult.traces import words_found
from econsult.unreadable import UnreadableError
from web.context import database, now, signed_in
from web.cookies import set_cookie
from web.shell.forms import is_for_machine

FIELD, COOKIE, REFUSED = "kept", "heard", "no-"
SECONDS = 300
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


def init_kept(app: Flask) -> None:
    """Say of every form whether it was heard, and give templates `typed_here()`."""
    app.after_request(_say_heard)
    app.jinja_env.globals["typed_here"] = typed_here


def keep_copy() -> None:
    """The words of this form came to nothing: the browser keeps its copy of them."""
    g.keeps_copy = True


def typed_here() -> list[dict[str, Any]]:
    """What the reader was typing on this page and never sent, for its script. Nothing while it cannot be read."""
    person = signed_in()
    if person is None or request.method != "GET":
        return []
    if "typed_here" not in g:
        try:
            with database().reading(is_whole=False) as session:
                g.typed_here = [vars(each) for each in words_found(session, person, request.path, now())]
        except (SQLAlchemyError, UnreadableError):
            g.typed_here = []
    found: list[dict[str, Any]] = g.typed_here
    return found


def _say_heard(response: Response) -> Response:
    person = signed_in()
    number = _number() if _is_page_form() else ""
    if not number:
        return response
    if person is None or g.get("is_error_page") or g.get("keeps_copy"):
        # An error of ours may have come after the words were taken; and 307 sends them once more.
        if response.status_code < 500 and response.status_code != 307:
            set_cookie(response, COOKIE, REFUSED + number, max_age=SECONDS, httponly=False)
        return response
    set_cookie(response, COOKIE, number, max_age=SECONDS, httponly=False)
    if 300 <= response.status_code < 400:
        _forget_sent(person, number)
    return response


def _number() -> str:
    """The random number that came along; empty where there is none, or the form is too long or broke off."""
    try:
        number = request.form.get(FIELD, "")
    except (HTTPException, OSError):
        return ""
    return number if re.fullmatch("[0-9a-f]{16}", number) else ""


def _forget_sent(person: Person, number: str) -> None:
    try:
        with database().writing() as session:
            drop_typed(session, person, number)
    except SQLAlchemyError:
        # What was sent has arrived all the same; the copy goes within a day.
        return


def _is_page_form() -> bool:
    """A form of a page, once its words were read. Bodies of programs and of files are nobody's words."""
    view = current_app.view_functions.get(request.endpoint or "")
    is_read = g.get("is_form_read") or not getattr(view, "reads_own_form", False)
    return request.method == "POST" and request.mimetype in FORMS and is_read and not is_for_machine()
