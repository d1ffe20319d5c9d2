"""Where people start who have no list of their own: what they can do here now, said honestly."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template
from werkzeug import Response

from econsult.consults.desks import stands_in
from econsult.people.persons import Role
from web.context import database, now
from web.shell.auth import HOME_OF, me, only

start = Blueprint("start", __name__)


@start.get("/start")
@only()
def own_start() -> str | Response:
    """Directors and administrators see no child here; everybody else goes to their own list."""
    home = HOME_OF.get(Role(me().role))
    if home:
        return redirect(home, 303)
    with database().reading() as session:
        is_desk = stands_in(session, me(), now())
    return render_template("staff/start.html", is_desk=is_desk)
