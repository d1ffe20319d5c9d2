"""My duty: a specialist's own shifts, whom they ask to take one, what they are asked to take, and their time off.

A clinician of a clinic has no shifts, and sees their time off.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug import Response

from econsult.errors import InvalidError, NotFoundError
from econsult.people.persons import Person, Role, specialists_for
from econsult.queue.reoffering import roster_changed
from econsult.rosters import planning, swapping
from econsult.rosters.shifts import Shift, Span, Swap, TimeOff, own_spans, whole_span
from web.context import database, now, settings
from web.shell.auth import me, only
from web.shell.desk import rings
from web.shell.forms import FormReader
from web.shell.numbers import day_in, form_number
from web.words import terms
from web.words.language import gettext
from web.words.times import stretch

duty = rings(Blueprint("duty", __name__, url_prefix="/program/roster/mine"))
AHEAD = timedelta(days=14)


@dataclass(frozen=True)
class Own:
    """One shift of one's own: whose it was before, whom one may ask to take it, who was asked and what they said.

    Who has not answered is named with the number of the question, which may be taken back, and with their public id.
    """

    specialty: str
    when: str
    instead_of: str
    shift_id: int
    day: str
    colleagues: list[tuple[str, str]]
    asked: list[tuple[str, str, int, str]]


@duty.get("")
@only(Role.SPECIALIST, Role.PCP)
def mine() -> str:
    """When this person is on duty or away, and the shifts that they are asked to take over."""
    return _mine({})


@duty.post("/<int:number>")
@only(Role.SPECIALIST)
def accept(number: int) -> Response | tuple[str, int]:
    """Say yes to a swap."""
    return _answer(number, lambda session: swapping.accept_swap(session, me(), number, now=now()))


@duty.post("/<int:number>/decline")
@only(Role.SPECIALIST)
def decline(number: int) -> Response | tuple[str, int]:
    """Say no to a swap."""
    return _answer(number, lambda session: swapping.decline_swap(session, me(), number, now=now()))


@duty.post("/swaps")
@only(Role.SPECIALIST)
def ask() -> Response | tuple[str, int]:
    """Ask a colleague to take a shift of one's own; until they say yes it stays one's own."""
    form = FormReader()
    number, to, day = form_number("shift"), form.text("to", longest=40), day_in(form.text("day", longest=10))
    try:
        with database().writing() as session:
            swapping.offer_swap(session, me(), number, day, to, now=now())
    except NotFoundError:
        # The desk has taken it off the plan since the page was opened.
        return _mine({"h-own": gettext("This shift is not on the plan any more: choose another")}), 422
    except InvalidError as error:
        # A shift that is over has no form of its own any more.
        place = "h-own" if "day" in error.fields else f"to-{number}-{day}"
        return _mine({place: _why_not(error)}), 422
    return redirect(url_for(".mine", said="saved"), 303)


def _why_not(error: InvalidError) -> str:
    if "day" in error.fields:
        return gettext("This shift is over")
    if error.fields.get("to") == "taken":
        return gettext("This person has the shift of that day already")
    if error.fields.get("to") == "away":
        return gettext("This person is away then: choose somebody else")
    return gettext("Choose somebody else who answers for this specialty")


def _answer(number: int, act: Callable[[Session], object]) -> Response | tuple[str, int]:
    try:
        with database().writing() as session:
            act(session)
            roster_changed(session, me().program_id, now())
    except InvalidError as error:
        known = {
            "away": gettext("You are away then, by your time off: say no, or have the desk end it first"),
            "unsuitable": gettext("You do not answer for this specialty any more: say no"),
        }
        return _mine({"swaps": known.get(error.fields.get("day", ""), gettext("This shift is over"))}), 422
    except NotFoundError:
        with database().reading() as session:
            is_back = planning.is_just_gone(session, me(), "take_back_swap", number)
            if not is_back and not swapping.is_replaced(session, me(), number):
                raise
        return redirect(url_for(".mine", said="swap_unasked" if is_back else "swap_other"), 303)
    return redirect(url_for(".mine", said="saved"), 303)


def _mine(errors: dict[str, str]) -> str:
    start = now()
    with database().reading() as session:
        offered = [
            (swap.id, shift.specialty, when(whole_span(session, shift, swap.on_day)))
            for swap, shift in swapping.swaps_offered(session, me(), start)
        ]
        taken = [_own(session, specialty, span) for specialty, span in own_spans(session, me(), start, start + AHEAD)]
        away = [when(off) for off in planning.own_time_off(session, me(), start)]
    zone = settings().time_zone
    return render_template(
        "program/swaps.html",
        has_shifts=me().role == Role.SPECIALIST,
        offered=offered,
        own=taken,
        away=away,
        terms=terms,
        zone=zone,
        errors=errors,
        given=request.form,
    )


def when(span: Span | TimeOff) -> str:
    """From when until when, in the program's zone, which the page names."""
    starts, ends = (span.start, span.end) if isinstance(span, Span) else (span.starts_at, span.ends_at)
    return stretch(starts, ends, settings().time_zone)


def _own(session: Session, specialty: str, span: Span) -> Own:
    shift, day = session.get_one(Shift, span.shift_id), span.day.isoformat() if span.day else ""
    before = session.get_one(Person, shift.person_id).name if shift.person_id != me().id else ""
    pool = specialists_for(session, me().program_id, specialty)
    colleagues = [(person.public_id, person.name) for person in pool if person.id != me().id]
    coming = swapping.swaps_coming(session, me().program_id, specialty, now())
    of_it = [swap for swap, of in coming if of.id == shift.id and swap.on_day == span.day]
    # That one took it over oneself is said by whose it was.
    others = [swap for swap in of_it if swap.accepted_at is None]
    return Own(specialty, when(span), before, shift.id, day, colleagues, [_asked(session, each) for each in others])


def _asked(session: Session, swap: Swap) -> tuple[str, str, int, str]:
    person = session.get_one(Person, swap.to_id)
    return person.name, answer_words(swap), open_number(swap), person.public_id


def open_number(swap: Swap) -> int:
    """The number of a question that waits for its answer; 0 where it has one."""
    return swap.id if swap.accepted_at is None and swap.declined_at is None else 0


def answer_words(swap: Swap) -> str:
    """What became of a question to take a shift."""
    if swap.accepted_at:
        return gettext("accepted")
    return gettext("declined") if swap.declined_at else gettext("waits for an answer")


def times(starts: int, minutes: int) -> str:
    """The hours of a shift, as the clock on the wall shows them."""
    end = (starts + minutes) % (24 * 60)
    return f"{starts // 60:02}:{starts % 60:02}-{end // 60:02}:{end % 60:02}"
