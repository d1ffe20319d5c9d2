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

FIELD, COOKIE = "kept", "heard"
SECONDS = 300


def init_kept(app: Flask) -> None:
    """Say of every form whether it was heard."""
    app.after_request(_say_heard)


def _say_heard(response: Response) -> Response:
    view = current_app.view_functions.get(request.endpoint or "")
    reads_own_form = getattr(view, "reads_own_form", False)
    if request.method != "POST" or reads_own_form or signed_in() is None or g.get("is_error_page"):
        return response
    number = request.form.get(FIELD, "")
    if re.fullmatch("[0-9a-f]{16}", number):
        set_cookie(response, COOKIE, number, max_age=SECONDS, httponly=False)
    return response
