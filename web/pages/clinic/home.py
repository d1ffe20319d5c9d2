"""The clinic's start page: what waits for us, what waits for others, and the children whom we may ask about."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug import Response

from econsult.access import patient_for, patients_for
from econsult.consults import requests
from econsult.consults.requests import RequestForm
from econsult.consults.reviews import held_files
from econsult.consults.worklist import View, page
from econsult.people.persons import Role
from web.context import database, now
from web.pages.stops import calls_for
from web.shell.auth import me, only
from web.shell.desk import count_place, rings
from web.showing.rows import Row, rows_of, waiting_first
from web.words import terms
from web.words.language import gettext

clinic = rings(Blueprint("clinic", __name__, url_prefix="/clinic"))
CLINIC_ROLES = (Role.PCP, Role.TELEPRESENTER)
PANEL = 100


@clinic.get("")
@only(*CLINIC_ROLES)
def home() -> str:
    """Every list of the clinic on one page; with `?view=done` the closed requests alone."""
    is_done = request.args.get("view") == "done"
    with database().writing() as session:
        lists = {view: _rows(session, view) for view in ((View.DONE,) if is_done else _views())}
        children = [] if is_done else patients_for(session, me(), now=now(), limit=PANEL)
        calls = [] if is_done else calls_for(session)
        decides = me().role == Role.PCP and not is_done
        files_waiting = len(held_files(session, me().organization_id)) if decides else 0
    waiting = sum(len(lists.get(view, ())) for view in (View.DECLINED, View.POOL, View.MINE))
    count_place("/clinic", str(waiting + len(calls) or ""))
    return render_template(
        "clinic/done.html" if is_done else "clinic/home.html",
        lists=lists,
        calls=calls,
        files_waiting=files_waiting,
        words=_words(),
        children=[(child, terms.child(child, now().date())) for child in children],
        languages=terms.LANGUAGES,
    )


@clinic.get("/ask")
@only(*CLINIC_ROLES)
def choose_child() -> str:
    """Choose the child whom the question is about."""
    with database().writing() as session:
        children = patients_for(session, me(), now=now(), limit=PANEL)
    return render_template(
        "clinic/choose.html",
        children=[(child, terms.child(child, now().date())) for child in children],
        languages=terms.LANGUAGES,
    )


@clinic.post("/ask")
@only(*CLINIC_ROLES)
def start_request() -> Response:
    """Open a draft for the chosen child, so that files have a place to go to from the first moment."""
    with database().writing() as session:
        child = patient_for(session, me(), request.form.get("child", ""), now=now())
        draft = requests.create(session, me(), child, RequestForm(kind="econsult"), now=now())
    return redirect(url_for("clinic_request.edit_request", public_id=draft.public_id), 303)


def _views() -> tuple[View, ...]:
    return (View.ANSWERED, View.DECLINED, View.POOL, View.MINE, View.WAITING, View.DRAFTS)


def _rows(session: Session, view: View) -> list[Row]:
    found = page(session, me(), view, now=now()).consults
    if view == View.ANSWERED:
        # What nobody here has read yet comes first; what only waits for the family comes after it.
        found = sorted(found, key=lambda consult: consult.acknowledged_at is not None)
    return rows_of(session, waiting_first(found))


def _words() -> dict[View, str]:
    return {
        View.ANSWERED: gettext("Answers to read and to tell"),
        View.DECLINED: gettext("Declined: tell the family, or ask again"),
        View.POOL: gettext("Families who wait for us"),
        View.MINE: gettext("In your hands"),
        View.WAITING: gettext("With specialists"),
        View.DRAFTS: gettext("Your drafts"),
        View.DONE: gettext("Closed"),
    }
