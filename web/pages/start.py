"""Where people start who have no list of their own: what they can do here now, said honestly."""

from __future__ import annotations

from flask import Blueprint, render_template

from econsult.people.persons import Role
from web.auth import only

start = Blueprint("start", __name__)


@start.get("/start")
@only(Role.DIRECTOR, Role.PRIVACY, Role.ADMIN)
def own_start() -> str:
    """Directors, privacy officers and administrators see no child here; the page says so."""
    return render_template("staff/start.html")
