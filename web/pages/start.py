"""Where people start who have no list of their own: what they can do here now, said honestly."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template
from flask_babel import lazy_gettext as _l
from werkzeug import Response

from econsult.consults.desks import stands_in
from econsult.people.persons import Role
from web.context import database, now
from web.shell.auth import HOME_OF, me, only

start = Blueprint("start", __name__)
WHAT_FOR = {
    "/program": _l("How often each promise was kept, by specialty and language, and what came of the answers."),
    "/program/billing": _l("What can be claimed, what stands in the way, and the file for the biller."),
    "/program/roster": _l("Who is on duty, who is away, and where nobody covers the next days."),
    "/program/people": _l("Which specialists may take which requests, with licenses, languages and how many at once."),
    "/program/rules": _l("Within how many hours somebody takes, answers and tells, and who hears when it gets late."),
    "/sentences": _l("Sentences that specialists put into their answers with a key."),
    "/program/accounts": _l("Open, rename and close accounts of the staff, and hand out the first way in."),
    "/program/sessions": _l("A lost telephone or somebody who left: sign them out everywhere."),
}
"""What each place in the navigation of those who start here is for."""


@start.get("/start")
@only()
def own_start() -> str | Response:
    """Directors and administrators see no child here; everybody else goes to their own list."""
    home = HOME_OF.get(Role(me().role))
    if home:
        return redirect(home, 303)
    with database().reading() as session:
        is_desk = stands_in(session, me(), now())
    return render_template("staff/start.html", is_desk=is_desk, what_for=WHAT_FOR)
