"""A family's visit: whether it comes, and the visit as an entry for its own calendar."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, url_for
from werkzeug import Response as Answered

from econsult.access import consult_for
from econsult.advice.visiting import familys_visit, reply
from econsult.consults.visits import Reply, moves_of
from econsult.errors import InvalidError, StaleVersionError
from econsult.people.persons import HOUSEHOLD
from web.context import database, now, ring_workers
from web.pages.family.answer import answer_page
from web.shell.auth import me, only
from web.shell.forms import FormReader
from web.showing.calendar import entry_of
from web.words.language import gettext

family_visits = Blueprint("family_visits", __name__, url_prefix="/family/questions/<public_id>/visits")


@family_visits.post("/<visit_id>")
@only(*HOUSEHOLD)
def say(public_id: str, visit_id: str) -> Answered | tuple[str, int]:
    """One tap: we come, we need a ride, we cannot come. A visit that changed meanwhile is shown as it is."""
    said = FormReader().choice("reply", tuple(Reply))
    try:
        with database().writing() as session:
            reply(session, me(), public_id, visit_id, said, now=now())
    except (StaleVersionError, InvalidError):
        return answer_page(
            public_id, gettext("The visit changed after you opened this page. This is how it is now.")
        ), 409
    ring_workers()
    return redirect(url_for("family_answer.show", public_id=public_id, _anchor=f"visit-{visit_id}"), code=303)


@family_visits.get("/<visit_id>/calendar")
@only(*HOUSEHOLD)
def calendar(public_id: str, visit_id: str) -> Response:
    """The visit as an iCalendar file, which names neither the child nor why."""
    with database().writing() as session:
        loaded = consult_for(session, me(), public_id, now=now())
        visit = familys_visit(session, loaded, visit_id)
        content = entry_of(visit, moves_of(session, visit), now())
    response = Response(content, mimetype="text/calendar")
    response.headers["Content-Disposition"] = 'attachment; filename="visit.ics"'
    return response
