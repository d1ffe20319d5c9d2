"""My duty: a specialist's own shifts of the next days, the shifts that they are asked to take, and their time off."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from flask import Blueprint, redirect, render_template, url_for
from sqlalchemy.orm import Session
from werkzeug import Response

from econsult.errors import InvalidError
from econsult.people.persons import Person, Role
from econsult.queue.reoffering import roster_changed
from econsult.rosters import planning, swapping
from econsult.rosters.shifts import Shift, Span, TimeOff, own_spans, whole_span
from web.context import database, now, settings
from web.shell.auth import me, only
from web.shell.desk import rings
from web.words import terms
from web.words.language import gettext
from web.words.times import stretch

duty = rings(Blueprint("duty", __name__, url_prefix="/program/roster/mine"))
AHEAD = timedelta(days=14)


@duty.get("")
@only(Role.SPECIALIST)
def mine() -> str:
    """When this person is on duty, and the shifts that they are asked to take over."""
    return _mine({})


@duty.post("/<int:number>")
@only(Role.SPECIALIST)
def accept(number: int) -> Response | tuple[str, int]:
    """Say yes to a swap."""
    return _answer(lambda session: swapping.accept_swap(session, me(), number, now=now()))


@duty.post("/<int:number>/decline")
@only(Role.SPECIALIST)
def decline(number: int) -> Response | tuple[str, int]:
    """Say no to a swap."""
    return _answer(lambda session: swapping.decline_swap(session, me(), number, now=now()))


def _answer(act: Callable[[Session], object]) -> Response | tuple[str, int]:
    try:
        with database().writing() as session:
            act(session)
            roster_changed(session, me().program_id, now())
    except InvalidError:
        return _mine({"swaps": gettext("This shift is over")}), 422
    return redirect(url_for(".mine", said="saved"), 303)


def _mine(errors: dict[str, str]) -> str:
    start = now()
    with database().reading() as session:
        offered = [
            (swap.id, shift.specialty, when(whole_span(shift, swap.on_day)))
            for swap, shift in swapping.swaps_offered(session, me(), start)
        ]
        own = own_spans(session, me(), start, start + AHEAD)
        taken = [(specialty, when(span), _instead_of(session, span)) for specialty, span in own]
        away = [when(off) for off in planning.own_time_off(session, me(), start)]
    zone = settings().time_zone
    return render_template(
        "program/swaps.html", offered=offered, own=taken, away=away, terms=terms, zone=zone, errors=errors
    )


def when(span: Span | TimeOff) -> str:
    """From when until when, in the program's zone, which the page names."""
    starts, ends = (span.start, span.end) if isinstance(span, Span) else (span.starts_at, span.ends_at)
    return stretch(starts, ends, settings().time_zone)


def _instead_of(session: Session, span: Span) -> str:
    """Whose shift it is, where this person took it over."""
    shift = session.get_one(Shift, span.shift_id)
    return "" if shift.person_id == span.person_id else session.get_one(Person, shift.person_id).name
