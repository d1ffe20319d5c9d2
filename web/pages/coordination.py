"""The care coordinator's list: answered requests whose family has not heard yet, and one card for each call."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug import Response

from econsult import audit
from econsult.access import Pass, Right, consult_for
from econsult.consults import answers
from econsult.consults.lifecycle import Status
from econsult.consults.records import Consult
from econsult.consults.threads import Audience, messages_of
from econsult.consults.worklist import View, page
from econsult.errors import InvalidError
from econsult.people.persons import Organization, Person, Role
from web.context import database, now
from web.pages.clinic.terms import close_refusal
from web.pages.stops import calls_for
from web.shell.auth import me, only
from web.shell.desk import count_place, rings
from web.shell.forms import FormReader
from web.showing.casefile import open_case
from web.showing.rows import Row, rows_of, waiting_first
from web.words import terms
from web.words.language import gettext

coordination = rings(Blueprint("coordination", __name__, url_prefix="/coordination"))
DONE_SHOWN = 20


@coordination.get("")
@only(Role.COORDINATOR)
def board() -> str:
    """Three columns: the family has not heard, heard but still open, and closed."""
    with database().writing() as session:
        calls = calls_for(session)
        answered = waiting_first(page(session, me(), View.ANSWERED, now=now()).consults)
        closed = page(session, me(), View.DONE, now=now(), limit=DONE_SHOWN * 2).consults
        columns = {
            "untold": _rows(session, [consult for consult in answered if consult.informed_at is None]),
            "told": _rows(session, [consult for consult in answered if consult.informed_at is not None]),
            "closed": _rows(session, [c for c in closed if c.status == Status.CLOSED][:DONE_SHOWN]),
        }
        asks = {consult.public_id: _last_words(session, consult) for consult in answered if consult.family_waits_since}
    count_place("/coordination", str(len(columns["untold"]) + len(calls) or ""))
    return render_template("coordination/board.html", columns=columns, calls=calls, asks=asks)


@coordination.get("/<public_id>")
@only(Role.COORDINATOR)
def card(public_id: str) -> str:
    """One family: what to tell them, in their language, and where to write down that they heard it."""
    with database().writing() as session:
        loaded = consult_for(session, me(), public_id, now=now())
        return _card(session, loaded)


@coordination.post("/<public_id>/phone")
@only(Role.COORDINATOR)
def reveal(public_id: str) -> str:
    """Show the family's telephone number; that somebody looked at it is written down."""
    with database().writing() as session:
        loaded = consult_for(session, me(), public_id, now=now(), right=Right.INFORM)
        patient, consult = loaded.patient, loaded.consult
        audit.record(
            session,
            "reveal_phone",
            "patient",
            patient.public_id,
            now=now(),
            person_id=me().id,
            patient_id=patient.id,
            consult_id=consult.id,
        )
        return _card(session, loaded, phone=patient.phone or gettext("No number is written down"))


@coordination.post("/<public_id>/informed")
@only(Role.COORDINATOR)
def informed(public_id: str) -> Response | tuple[str, int]:
    """Write down that the family heard the answer by phone or at a visit."""
    form = FormReader()
    method = form.choice("method", ("phone", "visit"), required=gettext("Choose how the family heard it"))
    has_said_it_back = form.is_ticked("teach_back")
    with database().writing() as session:
        loaded = consult_for(session, me(), public_id, now=now(), right=Right.INFORM)
        if form.errors:
            return _card(session, loaded, errors=form.errors), 422
        answers.inform(session, loaded.consult, me(), method=method, teach_back=has_said_it_back, now=now())
    return redirect(url_for(".card", public_id=public_id, said="informed"), 303)


@coordination.post("/<public_id>/close")
@only(Role.COORDINATOR)
def close(public_id: str) -> Response | tuple[str, int]:
    """End the request. Where the family has not heard, a reason is needed."""
    reason = FormReader().text("close_reason", longest=1000)
    with database().writing() as session:
        loaded = consult_for(session, me(), public_id, now=now(), right=Right.CLOSE)
        try:
            answers.close(session, loaded.consult, me(), reason=reason, now=now())
        except InvalidError:
            return _card(session, loaded, errors={"close_reason": close_refusal(loaded.consult)}), 422
    return redirect(url_for(".board", said="closed"), 303)


def _last_words(session: Session, consult: Consult) -> str:
    """The newest message of a family that waits for a reply; coordinators read this lane."""
    messages = messages_of(session, consult.id, (Audience.FAMILY,))
    authors = {message.author_id: session.get_one(Person, message.author_id) for message in messages}
    said = [message.text for message in messages if authors[message.author_id].role == Role.CAREGIVER]
    return said[-1] if said else ""


def _rows(session: Session, consults: list[Consult]) -> list[tuple[Row, Consult]]:
    return list(zip(rows_of(session, consults), consults, strict=True))


def _card(session: Session, loaded: Pass, *, phone: str = "", errors: Mapping[str, str] | None = None) -> str:
    consult = loaded.consult
    clinic = session.get(Organization, consult.organization_id) if consult.organization_id else None
    case = open_case(session, loaded)
    lane = request.args.get("lane") or ("family" if consult.family_waits_since else "coordination")
    return render_template(
        "coordination/card.html",
        case=case,
        clinic=clinic,
        phone=phone,
        errors=errors or {},
        given={},
        terms=terms,
        lane=lane if lane in case.lanes else "coordination",
    )
