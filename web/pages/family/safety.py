"""Help by telephone, for everybody at any time, and how a page is left fast.

Whoever says that the home is not safe is led to this page and to none of their own: its address and its title tell
nothing about them, and what they told is gone from everything that the family can open.
"""

from __future__ import annotations

from flask import Blueprint, Flask, render_template, url_for

from econsult.consults.redflags import UNSAFE
from econsult.errors import EmergencyError

family_safety = Blueprint("family_safety", __name__, url_prefix="/family")


EXIT_TO = "https://www.weather.gov/"
"""A page that everybody looks at, of a site that asks nothing; the browser is told not to say where it came from."""


def init_exit(app: Flask) -> None:
    """Give templates the address to which a page is left fast."""
    app.jinja_env.globals["EXIT_TO"] = EXIT_TO


@family_safety.get("/help")
def numbers() -> str:
    """The numbers to call: the same for everybody, whatever they told, signed in or not."""
    return render_template("family/help.html")


def stopped_at(public_id: str, stop: EmergencyError) -> str:
    """Where a stop leads: to the page of the question, or to the one that tells nothing of it."""
    if UNSAFE in stop.codes:
        return url_for("family_safety.numbers")
    return url_for("family_ask.stopped", public_id=public_id)
