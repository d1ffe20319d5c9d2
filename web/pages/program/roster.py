"""The roster: who is on duty in the next week, where nobody is, and the forms that change it."""

from __future__ import annotations

from collections.abc import Callable, Container
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug import Response

from econsult.consults.desks import at_desk
from econsult.consults.hearers import coordinators_of
from econsult.errors import InvalidError, NotFoundError
from econsult.oversight import plan_time_off
from econsult.people.persons import SPECIALTIES, Person, Role, member_of, specialists_for
from econsult.picking import Pick
from econsult.queue.clinics import watch_clinics
from econsult.queue.cover import watch_absences
from econsult.queue.empty_desks import watch_desks
from econsult.queue.forecast import forecast
from econsult.queue.reoffering import begin_change, roster_changed
from econsult.queue.trial import Trial, try_out
from econsult.rosters import planning, swapping
from econsult.rosters.homes import clinicians_of
from econsult.rosters.planning import ShiftForm
from econsult.rosters.shifts import Shift, Span, Swap, has_roster, on_duty, spans, whole_span
from econsult.rosters.stretches import gaps
from web.context import database, now, settings
from web.pages.program.changing import how_saved
from web.pages.program.choosing import chosen
from web.pages.program.duty import answer_words, open_number, times, when
from web.pages.program.hours import length_in, minutes_in, time_off_in
from web.pages.program.wrong import away_words, wrong_words
from web.shell.auth import me, only
from web.shell.desk import rings
from web.shell.forms import FormReader
from web.shell.numbers import day_in, form_number
from web.shell.unreadable import shown_again
from web.words import terms
from web.words.language import gettext
from web.words.times import day_of, stretch, wall_clock

roster = rings(Blueprint("roster", __name__, url_prefix="/program/roster"))
AHEAD = timedelta(days=7)
AROUND = timedelta(days=2)
"""No shift is longer: what touches the shown days begins and ends within so much of them."""
PLANNERS = (Role.COORDINATOR, Role.ADMIN, Role.DIRECTOR)


@roster.get("")
@only(*PLANNERS)
def week() -> str:
    """The next seven days of one specialty."""
    return _week({})


@roster.post("/shifts")
@only(*PLANNERS)
def add() -> Response | tuple[str, int]:
    """Put somebody on the weekly plan."""
    form = FormReader()
    hours, once = form.text("hours", longest=5), form.text("on_day", longest=10)
    wish = ShiftForm(
        person=form.text("person", longest=40),
        specialty=_specialty(),
        weekday=form_number("weekday", -1),
        starts=minutes_in(form.text("starts", longest=5)),
        minutes=length_in(hours),
        time_zone=settings().time_zone,
        # A day that cannot be read is not taken for "every week".
        on_day=(day_in(once) or date.min) if once else None,
    )
    return _change("shift", lambda session: planning.add_shift(session, me(), wish, now=now()))


@roster.post("/shifts/<int:number>/remove")
@only(*PLANNERS)
def remove(number: int) -> Response | tuple[str, int]:
    """Take a shift off the plan; the last one of a specialty only for who says that it ends the plan."""
    ends_plan = _looks() or "ends_plan" in request.form

    def act(session: Session) -> None:
        planning.remove_shift(session, me(), number, now=now(), ends_plan=ends_plan)

    try:
        return _change(f"remove {number}", act)
    except NotFoundError:
        return _gone("remove_shift", number, ".week")


@roster.post("/off")
@only(*PLANNERS)
def off() -> Response | tuple[str, int]:
    """Write down that somebody is away; what they hold is told to the desk at once."""
    form = FormReader()
    person = form.text("person", longest=40)

    def act(session: Session) -> object:
        away = plan_time_off(session, me(), person, *time_off_in(now()), now=now())
        if away.starts_at > now():
            return None
        absent = session.get_one(Person, away.person_id)
        watch_absences(session, now(), anew=absent)
        watch_desks(session, now(), Pick(only=absent.program_id))
        return watch_clinics(session, now(), pick=Pick(only=absent.organization_id)) if absent.organization_id else 0

    return _change("off", act, person, away_words)


@roster.get("/off")
@only(*PLANNERS)
def away() -> str:
    """Who is away now and later, in the order of the days."""
    return _away()


@roster.post("/off/<int:number>/end")
@only(*PLANNERS)
@shown_again
def end_off(number: int) -> Response | str:
    """Somebody is here after all; who covers what is worked out anew, or only shown with the verb `look`."""

    def act(session: Session) -> None:
        planning.end_time_off(session, me(), number, now=now())

    try:
        with database().writing() as session:
            if not _looks():
                act(session)
                roster_changed(session, me().program_id, now())
                return redirect(url_for(".away", said=how_saved()), 303)
            tried = try_out(session, me().program_id, act, now())
    except NotFoundError:
        return _gone("end_time_off", number, ".away")
    return _away({number: tried})


def _gone(act: str, number: int, page: str) -> Response:
    """Two planners who remove the same want the same: the second is told, and keeps the page."""
    with database().reading() as session:
        if not planning.is_just_gone(session, me(), act, number):
            raise NotFoundError
    return redirect(url_for(page, specialty=_specialty(), said="gone_already"), 303)


def _away(tried: dict[int, Trial] | None = None) -> str:
    with database().reading() as session:
        found = planning.time_off_from(session, me(), now(), request.args.get("cursor", ""))
    shown = {"found": found, "now": now(), "zone": settings().time_zone, "tried": tried or {}}
    return render_template("program/away.html", specialty=_specialty(), terms=terms, **shown)


@roster.post("/swaps")
@only(*PLANNERS)
def swap() -> Response | tuple[str, int]:
    """Ask somebody to take one shift of one day."""
    form = FormReader()
    number, to = form_number("shift"), form.text("to", longest=40)
    day = day_in(form.text("day", longest=10))

    def act(session: Session) -> object:
        try:
            asked = swapping.offer_swap(session, me(), number, day, to, now=now())
        except NotFoundError:
            # Somebody has taken it off the plan since the page was opened, and the rest of the form still holds.
            raise InvalidError("This shift is not on the plan.", {"shift": "gone"}) from None
        return (
            swapping.accept_swap(session, session.get_one(Person, asked.to_id), asked.id, now=now())
            if _looks()
            else None
        )

    return _change("swap", act)


def _looks() -> bool:
    """Whether this form only asks what it would change."""
    return request.form.get("verb") == "look"


@shown_again
def _change(
    what: str,
    act: Callable[[Session], object],
    absent: str = "",
    words: Callable[[InvalidError], dict[str, str]] = wrong_words,
) -> Response | tuple[str, int]:
    """Do it, or show what it would do; `what` is the form in which that is shown, `absent` who is written off.

    `words` are the sentences about what is wrong, by the fields of that form.
    """

    def begin_and_act(session: Session) -> None:
        begin_change(session, me().program_id, now(), member_of(session, me(), absent) if absent else None)
        act(session)

    try:
        with database().writing() as session:
            if not _looks():
                begin_and_act(session)
                roster_changed(session, me().program_id, now())
                return redirect(url_for(".week", specialty=_specialty(), said=how_saved()), 303)
            tried = try_out(session, me().program_id, begin_and_act, now())
    except InvalidError as error:
        return _week(words(error)), 422
    return _week({}, {what: tried}), 200


def _week(errors: dict[str, str], tried: dict[str, Trial] | None = None) -> str:
    specialty, start, zone = _specialty(), now(), ZoneInfo(settings().time_zone)
    with database().reading() as session:
        found = spans(session, me().program_id, specialty, start, start + AHEAD)
        whole = spans(session, me().program_id, specialty, start - AROUND, start + AHEAD + AROUND)
        shown = [span for span in whole if span.end > start and span.start < start + AHEAD]
        people = {person.id: person for person in specialists_for(session, me().program_id, specialty)}
        clinics = clinicians_of(session, me().program_id)
        desk = at_desk(session, me().program_id, start)
        at_it = [person.name for person in desk.people]
        coordinators = [(each.public_id, each.name) for each in coordinators_of(session, me().program_id)]
        here = on_duty(session, me().program_id, specialty, start)
        names = {span.person_id: session.get_one(Person, span.person_id).name for span in shown}
        plan = planning.shifts_of(session, me().program_id, specialty)
        singles = planning.single_shifts_of(session, me().program_id, specialty, start)
        whose = {shift.person_id: _whose(session, shift.person_id, people) for shift in (*plan, *singles)}
        planned = has_roster(session, me().program_id, specialty)
        swaps = [
            _swap(session, *each, people) for each in swapping.swaps_coming(session, me().program_id, specialty, start)
        ]
        stakes = {(gap.specialty, gap.start): gap.at_stake for gap in forecast(session, me().program_id, start).gaps}
    holes = [(*hole, stakes.get((specialty, hole[0]), 0)) for hole in gaps(found, start, start + AHEAD)]
    return render_template(
        "program/roster.html",
        specialty=specialty,
        days=_by_day([(span, names[span.person_id]) for span in shown], zone),
        holes=[(_hole(begin, end, start + AHEAD), at_stake) for begin, end, at_stake in holes] if planned else [],
        planned=planned,
        here=[people[number].name for number in sorted(here) if number in people],
        people=list(people.values()),
        clinics=clinics,
        desk=desk,
        at_desk=at_it,
        coordinators=[{"public_id": number, "name": name} for number, name in coordinators],
        plan=[(shift, whose[shift.person_id]) for shift in plan],
        singles=[(shift, whose[shift.person_id]) for shift in singles],
        day_of=_day_of,
        swaps=swaps,
        times=times,
        zone=zone.key,
        errors=errors,
        given=request.form,
        tried=tried or {},
        terms=terms,
    )


def _hole(begin: datetime, end: datetime, last: datetime) -> str:
    """From when until when nobody is there; of what goes on after the shown days nobody looked up the end."""
    found = stretch(begin, end, settings().time_zone)
    return found if end < last else gettext("%(stretch)s, and maybe longer", stretch=found)


def _whose(session: Session, number: int, pool: Container[int]) -> str:
    """The name of whose shift it is; of somebody who is not of the pool any more, with the reason why it is a gap."""
    person = session.get_one(Person, number)
    if number in pool:
        return person.name
    if not person.is_active:
        return gettext("%(name)s (account closed)", name=person.name)
    return gettext("%(name)s (answers for it no more)", name=person.name)


def _swap(session: Session, asked: Swap, shift: Shift, pool: Container[int]) -> tuple[str, str, str, str, int, str]:
    """Who is asked to take which shift, whose it is, what became of it, its number while it waits, and who by id."""
    names = [_whose(session, number, pool) for number in (asked.to_id, shift.person_id)]
    span = when(whole_span(session, shift, asked.on_day))
    to_id = session.get_one(Person, asked.to_id).public_id
    return names[0], names[1], span, answer_words(asked), open_number(asked), to_id


def _by_day(spans: list[tuple[Span, str]], zone: ZoneInfo) -> list[tuple[str, list[tuple[str, str]]]]:
    """The day on which each shift begins, and of each shift of it its hours and whose it is."""
    found: dict[str, list[tuple[str, str]]] = {}
    for span, name in spans:
        start, end = span.start.astimezone(zone), span.end.astimezone(zone)
        is_long = end.date() > start.date() + timedelta(days=1)
        clocks = "-".join(wall_clock(each, zone.key) for each in (start, end))
        hours = stretch(span.start, span.end, zone.key) if is_long else clocks
        found.setdefault(day_of(start), []).append((hours, name))
    return list(found.items())


def _day_of(day: date) -> str:
    return day_of(datetime.combine(day, time()))


def _specialty() -> str:
    return chosen("specialty", SPECIALTIES, SPECIALTIES[0])
