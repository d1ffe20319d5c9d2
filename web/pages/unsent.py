"""The page after signing in again, for whoever had written something when their session ended."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request
from werkzeug import Response

from econsult.people.unsent import drop_unsent
from web.context import database
from web.cookies import read_cookie, set_cookie
from web.shell.auth import me, only, place_for
from web.shell.kept import keep_copy
from web.shell.unsent import COOKIE, NO_SIGNS, PAGE, is_too_old, is_words, kept_for

unsent = Blueprint("unsent", __name__, url_prefix="/account/unsent")


@unsent.get("")
@only()
def page() -> str | Response:
    """What was written, to be sent now or thrown away."""
    form = kept_for(me())
    if form is None:
        return redirect(place_for(me()), 303)
    words = [value for name, value in form.fields if is_words(name, value)]
    return render_template("account/unsent.html", form=form, words=words)


@unsent.post("/send")
@only()
def send() -> Response:
    """Let the browser send the same fields to where they were meant for, which is what 307 says."""
    form = kept_for(me())
    if form is not None and is_too_old(form) and NO_SIGNS in request.form:
        # The page was open for long as well: what it shows now leaves that out.
        return redirect(PAGE, 303)
    # Whether it arrived is for the page to say to which it goes now.
    keep_copy()
    return _gone(redirect(form.path, 307) if form is not None else redirect(place_for(me()), 303))


@unsent.post("/drop")
@only()
def drop() -> Response:
    """Throw it away."""
    with database().writing() as session:
        drop_unsent(session, read_cookie(COOKIE), me())
    return _gone(redirect(place_for(me()), 303))


def _gone(response: Response) -> Response:
    set_cookie(response, COOKIE, "", max_age=0)
    return response
