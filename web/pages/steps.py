"""What becomes of the advice: one step after the other on a case, the late ones, and what a specialist advised."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from werkzeug import Response

from econsult.access import consult_for
from econsult.advice.following import LONGEST_WHY, mark
from econsult.advice.lists import advice_of, late_steps
from econsult.errors import ImpossibleVerbError, InvalidError, StaleVersionError
from econsult.people.persons import Role
from econsult.reading import Reader, readers_among
from econsult.rights import Right
from web.context import database, now
from web.pages.consult import case_page
from web.pages.coordination import card_page
from web.shell.auth import me, only
from web.shell.desk import rings
from web.shell.forms import FormReader
from web.showing.casefile import open_case
from web.showing.heard import heard_of
from web.showing.outcomes import told_about
from web.showing.steps import line_of
from web.words import steps as step_words
from web.words import terms
from web.words.covered import marks
from web.words.language import gettext

steps = rings(Blueprint("steps", __name__))
Page = Response | tuple[str, int]


@steps.post("/consults/<public_id>/steps/<step_id>")
@only(Role.PCP, Role.SPECIALIST, Role.COORDINATOR)
def set_step(public_id: str, step_id: str) -> Page:
    """Accept, decline, do or not do one step."""
    form = FormReader()
    verb = form.choice("verb", tuple(step_words.VERBS), required=gettext("Choose what became of this step"))
    reason = form.text("reason", longest=LONGEST_WHY)
    try:
        if not form.errors:
            with database().writing() as session:
                mark(session, me(), public_id, step_id, verb, reason=reason, now=now())
    except InvalidError:
        form.errors[f"why-{step_id}"] = gettext("Say why not, so that the specialist can learn from it")
    except (StaleVersionError, ImpossibleVerbError):
        return _changed(public_id, reason)
    if form.errors:
        return _refused(public_id, form)
    is_desk = me().role == Role.COORDINATOR
    place = "coordination.card" if is_desk else "consult.show"
    return redirect(url_for(place, public_id=public_id, said="noted", _anchor=f"step-{step_id}"), 303)


def _changed(public_id: str, reason: str) -> Page:
    """A newer answer has replaced the step, or a colleague was faster: the plan as it is, and the words to keep."""
    said = gettext("The plan changed after you opened this page. Nothing was written down: this is the plan now.")
    said += " " + gettext("You wrote: %(words)s", words=reason) if reason else ""
    with database().writing() as session:
        loaded = consult_for(session, me(), public_id, now=now(), right=Right.FOLLOW)
        if me().role == Role.COORDINATOR:
            return card_page(session, loaded, errors={"follow": said}), 409
        return case_page(open_case(session, loaded), errors={"stands": said}), 409


def _refused(public_id: str, form: FormReader) -> Page:
    with database().writing() as session:
        loaded = consult_for(session, me(), public_id, now=now(), right=Right.FOLLOW)
        if me().role == Role.COORDINATOR:
            return card_page(session, loaded, errors=form.errors), 422
        return case_page(open_case(session, loaded), errors=form.errors), 422


@steps.get("/coordination/steps")
@only(Role.COORDINATOR)
def late() -> str:
    """Every recommended step that is late, the longest first."""
    with database().writing() as session:
        rows = [
            (line_of(each.followed, Reader(None, {})), each.consult, each.patient)
            for each in late_steps(session, me(), now())
        ]
    return render_template("coordination/steps.html", rows=rows, terms=terms, today=now().date())


@steps.get("/worklist/advice")
@only(Role.SPECIALIST)
def own_advice() -> str:
    """What became of the signed-in specialist's advice, the newest answers first."""
    with database().writing() as session:
        found = advice_of(session, me(), now())
        readers = readers_among(session, me(), [each.patient for each in found], marks())
        rows = [
            (
                each,
                [line_of(step, readers[each.patient.id]) for step in each.steps],
                told_about(session, each.consult.id),
            )
            for each in found
        ]
        heard = heard_of(session, found)
    return render_template("worklist/advice.html", rows=rows, heard=heard, terms=terms, today=now().date())
