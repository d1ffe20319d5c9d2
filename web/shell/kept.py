"""Tells the browser that what somebody wrote has arrived, so that it may forget its own copy.

A script copies the words of a form into its browser tab while they are written (`static/kept.js`), and sends a random
number along with the form. Only when the view itself has answered, and not the sign-in page or an error page, does
the number come back in a cookie: a session that ended or a line that broke takes no words along.
"""

from __future__ import annotations

import re

from flask import Flask, Response, current_app, g, request

from web.context import signed_in
from web.cookies import set_cookie
from web.shell.forms import is_for_machine

FIELD, COOKIE = "kept", "heard"
SECONDS = 300
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


def init_kept(app: Flask) -> None:
    """Say of every form whether it was heard."""
    app.after_request(_say_heard)


def keep_copy() -> None:
    """The words of this form came to nothing: the browser keeps its copy of them."""
    g.keeps_copy = True


def _say_heard(response: Response) -> Response:
    if not _is_page_form() or signed_in() is None or g.get("is_error_page") or g.get("keeps_copy"):
        return response
    number = request.form.get(FIELD, "")
    if re.fullmatch("[0-9a-f]{16}", number):
        set_cookie(response, COOKIE, number, max_age=SECONDS, httponly=False)
    return response


def _is_page_form() -> bool:
    """A form of a page, once its words were read. Bodies of programs and of files are nobody's words."""
    view = current_app.view_functions.get(request.endpoint or "")
    is_read = g.get("is_form_read") or not getattr(view, "reads_own_form", False)
    return request.method == "POST" and request.mimetype in FORMS and is_read and not is_for_machine()
