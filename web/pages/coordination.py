"""The care coordinator's list: answered requests whose family has not heard yet, and one card for each call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug import Response

from econsult import audit
from econsult.access import Pass, consult_for
from econsult.advice.close_out import close_for_clinic
from econsult.advice.colleagues import unanswered_sides
from econsult.advice.lists import count_late
from econsult.bereavement import marked_lately
from econsult.consults import telling
from econsult.consults.desks import STAND_INS
from econsult.consults.interpreting import to_interpret
from econsult.consults.lifecycle import Status
from econsult.consults.open_ends import ClinicTold
from econsult.consults.opened import opened_of
from econsult.consults.records import Consult
from econsult.consults.spoken import told_in
from econsult.consults.threads import Audience, messages_of
from econsult.consults.tries import TryResult, tries_of, write_try
from econsult.consults.views import Filters, Slice, View
from econsult.consults.worklist import COUNT_CAP, PAGE, count, families_first
from econsult.consults.wrong_numbers import tried_often
from econsult.errors import CallOpenError, InvalidError, StaleVersionError
from econsult.people.persons import HOUSEHOLD, Organization, Person, Role
from econsult.rights import Right
from web.context import database, now
from web.pages.allocation import count_desk
from web.pages.calls import phones_for
from web.pages.outcomes import asked_lines
from web.pages.stops import calls_for
from web.pages.unreached import lines_for
from web.shell.auth import me, only
from web.shell.desk import count_place, receipt, rings, second_press, with_stand_ins
from web.shell.forms import FormReader
from web.shell.numbers import UNSEEN, form_number
from web.shell.once import once_about
from web.showing.callers import phone_on_file
from web.showing.casefile import open_case
from web.showing.closing import call_first, closing_refusals
from web.showing.lost import changed_words
from web.showing.outlook import capped
from web.showing.rows import Row, rows_of
from web.showing.visits import ahead_of
from web.words import terms
from web.words.language import gettext
from web.words.times import with_zone

coordination = rings(Blueprint("coordination", __name__, url_prefix="/coordination"))


@dataclass(frozen=True)
class _Tried(Filters):
    """Narrows what is to be told to the families that were tried three times without success, or to the others."""

    is_often: bool = False

    def conditions(self) -> list[Slice]:
        return [*super().conditions(), tried_often() if self.is_often else ~tried_often()]


COLUMNS: dict[str, tuple[View, Filters]] = {
    "untold": (View.UNTOLD, _Tried()),
    "no_contact": (View.UNTOLD, _Tried(is_often=True)),
    "told": (View.ANSWERED, Filters(is_informed=True)),
    "closed": (View.DONE, Filters(status=Status.CLOSED)),
}
TO_CALL = ("untold", "no_contact")
"""The columns of families that are still to be reached."""
CLOSED_SHOWN = 20


@dataclass(frozen=True)
class Column:
    """One page of one column: its rows, how many there are in all, and where it goes on."""

    rows: list[tuple[Row, Consult]]
    number: int
    next_cursor: str | None

    @property
    def count(self) -> str:
        return f"{COUNT_CAP}+" if self.number > COUNT_CAP else str(self.number)


@coordination.get("")
@only(Role.COORDINATOR)
def board() -> str:
    """Four columns: the family has not heard, could not be reached, heard but still open, and closed.

    With `?column=` one of them, page by page.
    """
    chosen = request.args.get("column", "")
    with database().writing() as session:
        calls, phones, unreached = calls_for(session), phones_for(session), lines_for(session)
        columns = {name: _column(session, name) for name in ([chosen] if chosen in COLUMNS else COLUMNS)}
        shown = [consult for column in columns.values() for _, consult in column.rows]
        asks = {consult.public_id: _last_words(session, consult) for consult in shown if consult.family_waits_since}
        tries = tries_of(session, shown)
        to_call = [consult for name in TO_CALL if name in columns for _, consult in columns[name].rows]
        opened = opened_of(session, to_call)
        untold = sum(columns[name].number if name in columns else _count(session, name) for name in TO_CALL)
        alone, late_steps = count_desk(session), count_late(session, me(), now())
        asked, asides = asked_lines(session), unanswered_sides(session, me(), now())
        to_tell, died = to_interpret(session, me().program_id, now()), marked_lately(session, me(), now())
        audit.record_list(session, to_tell, now=now(), person_id=me().id)
    waiting = untold + len(calls) + len(phones) + len(unreached)
    count_place("/coordination", f"{COUNT_CAP}+" if waiting > COUNT_CAP else str(waiting or ""))
    return render_template(
        "coordination/board.html",
        columns=columns,
        calls=calls,
        phones=phones,
        unreached=unreached,
        asks=asks,
        tries=tries,
        opened=opened,
        waiting=waiting,
        untold=untold,
        alone=capped(alone) if alone else "",
        late_steps=late_steps,
        to_interpret=[(each, terms.language_named(each.language)) for each in to_tell],
        asked=asked,
        asides=[(side, consult, str(terms.SPECIALTIES[side.specialty])) for side, consult in asides],
        cap=COUNT_CAP,
        died=died,
        terms=terms,
    )


@coordination.get("/<public_id>")
@with_stand_ins(Role.COORDINATOR)
def card(public_id: str) -> str:
    """One family: what to tell them, in their language, and where to write down that they heard it."""
    with database().writing() as session:
        loaded = consult_for(session, me(), public_id, now=now())
        return card_page(session, loaded)


@coordination.post("/<public_id>/phone")
@with_stand_ins(Role.COORDINATOR)
def reveal(public_id: str) -> str:
    """Show the family's telephone number; that somebody looked at it is written down."""
    with database().writing() as session:
        loaded = consult_for(session, me(), public_id, now=now(), right=Right.INFORM)
        patient, consult = loaded.patient, loaded.consult
        phone, _why = phone_on_file(session, patient)
        if patient.phone and not phone:
            return card_page(session, loaded)
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
        return card_page(session, loaded, phone=phone or gettext("No number is written down"))


@coordination.post("/<public_id>/informed")
@with_stand_ins(Role.COORDINATOR)
@second_press("inform", "informed")
def informed(public_id: str) -> Response | tuple[str, int]:
    """Write down that the family heard the answer by phone or at a visit."""
    form = FormReader()
    method = form.choice("method", ("phone", "visit"), required=gettext("Choose how the family heard it"))
    back, seen = form.is_ticked("teach_back"), form_number("version", UNSEEN)
    with database().writing() as session:
        loaded = consult_for(session, me(), public_id, now=now(), right=Right.INFORM)
        if form.errors:
            return card_page(session, loaded, errors=form.errors), 422
        try:
            telling.inform(session, loaded.consult, me(), method=method, teach_back=back, now=now(), version=seen)
        except StaleVersionError:
            return card_page(session, loaded, errors={"tell": changed_words()}, given={"method": method}), 409
    return redirect(after(public_id, "informed"), 303)


@coordination.post("/<public_id>/tried")
@with_stand_ins(Role.COORDINATOR)
def tried(public_id: str) -> Response | tuple[str, int]:
    """Write down that the family was not reached."""
    form = FormReader()
    result = form.choice("tried", tuple(TryResult), required=gettext("Say what came of it"))
    with database().writing() as session:
        loaded = consult_for(session, me(), public_id, now=now(), right=Right.INFORM)
        if form.errors:
            return card_page(session, loaded, errors=form.errors), 422
        once_about(session, loaded.consult, lambda: write_try(session, loaded.consult, me(), result, now=now()))
    return redirect(url_for(".card", public_id=public_id, said="not_reached"), 303)


@coordination.post("/<public_id>/close")
@only(Role.COORDINATOR)
def close(public_id: str) -> Response | tuple[str, int]:
    """End the request: with a reason where the family has not heard, and with who was told where the clinic has not
    read."""
    form = FormReader()
    reason, who = form.text("close_reason", longest=1000), form.text("told_who", longest=120)
    at, seen = request.form.get("told_at", ""), form_number("version", UNSEEN)
    given = {"close_reason": reason, "told_who": who, "told_at": at, "closing": "1"}
    told = ClinicTold(who, with_zone(at))
    with database().writing() as session:
        loaded = consult_for(session, me(), public_id, now=now(), right=Right.CLOSE)
        try:
            close_for_clinic(session, loaded.consult, me(), told, reason=reason, now=now(), version=seen)
        except (StaleVersionError, CallOpenError) as error:
            words = call_first() if isinstance(error, CallOpenError) else changed_words()
            return card_page(session, loaded, errors={"tell": words}, given=given), 409
        except InvalidError as error:
            return card_page(session, loaded, errors=closing_refusals(loaded.consult, error.fields), given=given), 422
    return redirect(url_for(".board", said="closed"), 303)


def after(public_id: str, said: str, lane: str | None = None) -> str:
    """Where a form leads that told a family something: whoever stood in may know it no more, and reads a receipt."""
    if me().role in STAND_INS:
        return receipt(me(), said)
    return url_for("coordination.card", public_id=public_id, lane=lane, said=said)


def _last_words(session: Session, consult: Consult) -> str:
    """The newest message of a family that waits for a reply; coordinators read this lane."""
    messages = messages_of(session, consult.id, (Audience.FAMILY,))
    authors = {message.author_id: session.get_one(Person, message.author_id) for message in messages}
    said = [message.text for message in messages if authors[message.author_id].role in HOUSEHOLD]
    return said[-1] if said else ""


def _column(session: Session, name: str) -> Column:
    view, filters = COLUMNS[name]
    is_chosen = request.args.get("column") == name
    cursor = (request.args.get("cursor") or None) if is_chosen else None
    limit = CLOSED_SHOWN if name == "closed" and not is_chosen else PAGE
    found = families_first(session, me(), view, now=now(), filters=filters, cursor=cursor, limit=limit)
    is_whole = cursor is None and found.next_cursor is None
    rows = list(zip(rows_of(session, found.consults), found.consults, strict=True))
    return Column(rows, len(rows) if is_whole else _count(session, name), found.next_cursor)


def _count(session: Session, name: str) -> int:
    view, filters = COLUMNS[name]
    return count(session, me(), view, now=now(), filters=filters)


def card_page(
    session: Session,
    loaded: Pass,
    *,
    phone: str = "",
    errors: Mapping[str, str] | None = None,
    lane: str = "",
    given: Mapping[str, object] | None = None,
) -> str:
    """The card of one family; `errors` and `given` repeat what a refused form said, in the lane that it was for."""
    consult = loaded.consult
    clinic = session.get(Organization, consult.organization_id) if consult.organization_id else None
    case = open_case(session, loaded)
    lane = lane or request.args.get("lane") or ("family" if consult.family_waits_since else "coordination")
    return render_template(
        "coordination/card.html",
        case=case,
        spoken=told_in({**case.content, "reason": case.correction}, loaded.patient.language),
        clinic=clinic,
        visit_ahead=ahead_of(session, consult),
        opened_at=opened_of(session, [consult]).get(consult.id),
        phone=phone,
        phone_hidden=phone_on_file(session, loaded.patient)[1],
        errors=errors or {},
        given=given or {},
        terms=terms,
        # Whoever stands in for the desk reads the family's lane alone.
        lane=next((each for each in (lane, "coordination", *case.lanes) if each in case.lanes), ""),
    )
