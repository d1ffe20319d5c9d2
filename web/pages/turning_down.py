"""The desk says no to a family whose question nobody of its clinic can take: with words, and with who was called."""

from __future__ import annotations

from flask import Blueprint, redirect, url_for
from werkzeug import Response

from econsult.access import consult_for
from econsult.consults.stranded import turn_down
from econsult.people.persons import Role
from econsult.rights import Right
from web.context import database, now
from web.pages.allocation import LONGEST_REASON, desk_page
from web.shell.auth import me, only
from web.shell.desk import rings
from web.shell.forms import FormReader
from web.words.language import gettext

turning_down = rings(Blueprint("turning_down", __name__, url_prefix="/coordination/desk"))


@turning_down.post("/<public_id>/decline")
@only(Role.COORDINATOR)
def decline(public_id: str) -> Response | tuple[str, int]:
    """End the question with words that the family reads; the family stands among those to be telephoned then."""
    form = FormReader()
    words = form.text("words", longest=LONGEST_REASON, required=gettext("Write what the family reads"))
    reason = form.text("reason", longest=LONGEST_REASON)
    with database().writing() as session:
        consult = consult_for(session, me(), public_id, now=now(), right=Right.DECLINE).consult
        if not form.errors:
            turn_down(session, consult, me(), words, reason, now=now())
    if form.errors:
        return desk_page({f"d-{public_id}": form.errors.get("words") or form.errors["reason"]}), 422
    return redirect(url_for("coordination.card", public_id=public_id, said="declined"), 303)
