"""What a family says about the steps of its own: done, cannot be done, or not yet."""

from __future__ import annotations

from flask import Blueprint, redirect, url_for
from werkzeug import Response

from econsult.advice.following import mark
from econsult.errors import ImpossibleVerbError, StaleVersionError
from econsult.people.persons import HOUSEHOLD
from web.context import database, now, ring_workers
from web.pages.family.answer import answer_page
from web.shell.auth import me, only
from web.shell.forms import FormReader
from web.words import steps as step_words
from web.words.language import gettext

family_plan = Blueprint("family_plan", __name__, url_prefix="/family/questions/<public_id>/steps")


@family_plan.post("/<step_id>")
@only(*HOUSEHOLD)
def set_step(public_id: str, step_id: str) -> Response | tuple[str, int]:
    """One tap for each step; anything else than its buttons changes nothing. A plan that changed is shown as it is."""
    verb = FormReader().choice("verb", tuple(step_words.FAMILYS))
    try:
        with database().writing() as session:
            mark(session, me(), public_id, step_id, verb, now=now())
    except (StaleVersionError, ImpossibleVerbError):
        words = gettext("The plan changed after you opened this page. This is the plan now.")
        return answer_page(public_id, words), 409
    ring_workers()
    return redirect(url_for("family_answer.show", public_id=public_id, _anchor="todo"), code=303)
