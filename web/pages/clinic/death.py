"""The page on which a child's clinic or the desk writes down that the child has died, or that this was a mistake."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug import Response

from econsult.access import patient_for
from econsult.bereavement import mark_death, take_back_death, what_stops
from econsult.errors import InvalidError
from econsult.people.persons import Role
from web.context import database, now
from web.pages.owning import check_owner
from web.shell.auth import me
from web.shell.desk import rings, with_stand_ins
from web.shell.forms import FormReader
from web.showing.deaths import death_told
from web.words import terms
from web.words.language import gettext

death = rings(Blueprint("death", __name__, url_prefix="/families/<public_id>/death"))
Page = str | Response | tuple[str, int]


@death.get("")
@with_stand_ins(Role.PCP, Role.COORDINATOR)
def show(public_id: str) -> Page:
    """What would end, and the form; or what was written down, and how a mistake is taken back."""
    return _page(public_id, {})


@death.post("")
@with_stand_ins(Role.PCP, Role.COORDINATOR)
def write(public_id: str) -> Page:
    """Write it down: with the day, where it is known, and the owner's word once more."""
    form = FormReader()
    day = form.text("day", longest=10)
    form.is_ticked("is_sure", required=gettext("Tick it once you are sure"))
    if not form.errors:
        check_owner(form)
    try:
        if not form.errors:
            with database().writing() as session:
                mark_death(session, patient_for(session, me(), public_id, now=now()), me(), day, now=now())
    except InvalidError:
        form.errors["day"] = gettext("This day cannot be. Leave it empty if you do not know it")
    if form.errors:
        return _page(public_id, form.errors), 422
    return redirect(url_for(".show", public_id=public_id, said="death_marked"), 303)


@death.post("/undo")
@with_stand_ins(Role.PCP, Role.COORDINATOR)
def undo(public_id: str) -> Page:
    """It was a mistake: the child lives."""
    form = FormReader()
    check_owner(form)
    if form.errors:
        return _page(public_id, form.errors), 422
    with database().writing() as session:
        take_back_death(session, patient_for(session, me(), public_id, now=now()), me(), now=now())
    return redirect(url_for(".show", public_id=public_id, said="death_taken_back"), 303)


def _page(public_id: str, errors: dict[str, str]) -> str:
    with database().writing() as session:
        child = patient_for(session, me(), public_id, now=now())
        stops = what_stops(session, child, now())
    return render_template(
        "clinic/death.html",
        child=child,
        who=terms.child(child, now().date()),
        stops=stops,
        marked=death_told(child),
        errors=errors,
        given=request.form,
        has_password=me().has_password,
    )
