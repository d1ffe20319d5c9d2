"""Passing a case on: taking it over, another specialty, another urgency, opening it again. Each says why."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug import Response

from econsult.access import Pass, consult_for
from econsult.consults import passing, reopening, results, urgency
from econsult.consults.records import RANKS
from econsult.consults.threads import LONGEST_MESSAGE, Audience
from econsult.errors import ImpossibleVerbError, InvalidError
from econsult.people.persons import SPECIALTIES, Role
from econsult.rights import Right
from econsult.seeing import is_seen
from web.context import database, now, settings
from web.pages.consult import CASE_ROLES, LONGEST_REASON, case_page
from web.shell.auth import me, only
from web.shell.desk import rings
from web.shell.forms import FormReader
from web.shell.kept import keep_copy
from web.showing.casefile import open_case
from web.words.language import gettext

passing_on = rings(Blueprint("passing", __name__, url_prefix="/consults/<public_id>"))
Act = Callable[[Session, Pass, str], object]


@passing_on.post("/take-over")
@only(Role.SPECIALIST, Role.PCP)
def take_over(public_id: str) -> Response | tuple[str, int]:
    """Take the case out of a colleague's hands; what they wrote stays with it."""

    def act(session: Session, loaded: Pass, reason: str) -> object:
        return passing.take_over(session, loaded.consult, me(), reason, now=now(), lease=settings().claim)

    return _do(public_id, Right.HOLD, act, "claimed")


@passing_on.post("/reroute")
@only(Role.SPECIALIST)
def reroute(public_id: str) -> Response | tuple[str, int]:
    """Another specialty should answer it."""
    specialty = FormReader().choice("specialty", SPECIALTIES)

    def act(session: Session, loaded: Pass, reason: str) -> object:
        return passing.reroute(session, loaded.consult, me(), specialty, reason, now=now())

    return _do(public_id, Right.HOLD, act, "rerouted", home=url_for("worklist.queue", said="rerouted"))


@passing_on.post("/urgency")
@only(*CASE_ROLES)
def change_urgency(public_id: str) -> Response | tuple[str, int]:
    """Make it more urgent, or less with a reason."""
    wish = FormReader().choice("urgency", tuple(RANKS))

    def act(session: Session, loaded: Pass, reason: str) -> object:
        targets = settings().first_reply
        return urgency.change_urgency(session, loaded.consult, me(), wish, reason, now=now(), targets=targets)

    return _do(public_id, Right.CHANGE_URGENCY, act, "saved")


@passing_on.post("/reopen")
@only(Role.PCP, Role.TELEPRESENTER)
def reopen(public_id: str) -> Response | tuple[str, int]:
    """Ask again in the same case, with all that was said, as urgently as it is now."""
    wish = FormReader().choice("urgency", tuple(RANKS))

    def act(session: Session, loaded: Pass, reason: str) -> object:
        targets = settings().first_reply
        return reopening.reopen(session, loaded.consult, me(), reason, now=now(), targets=targets, urgency=wish)

    try:
        return _do(public_id, Right.REQUEST, act, "request_sent")
    except ImpossibleVerbError:
        reason = request.form.get("reason", "").strip()[:LONGEST_REASON]
        asked = results.Results((), reason, wish)
        if (page := _asked_meanwhile(public_id, asked, "request_sent")) is None:
            raise
        return page


@passing_on.post("/results")
@only(Role.PCP, Role.TELEPRESENTER)
def send_results(public_id: str) -> Response | tuple[str, int]:
    """Send the results that an answer asked for to whoever wrote it: the question is asked again with them."""
    form, steps = FormReader(), request.form.getlist("step")
    words, wish = form.text("words", longest=LONGEST_MESSAGE), form.choice("urgency", tuple(RANKS))
    sent = results.Results(steps, words, wish)
    try:
        with database().writing() as session:
            consult = consult_for(session, me(), public_id, now=now(), right=Right.REQUEST).consult
            results.send_results(session, consult, me(), sent, now=now(), targets=settings().first_reply)
    except InvalidError as error:
        given = {"result_steps": steps, "result_words": words, "result_urgency": wish}
        with database().writing() as session:
            case = open_case(session, consult_for(session, me(), public_id, now=now()))
        return case_page(case, errors=_results_refused(error) | form.errors, given=given), 422
    except ImpossibleVerbError:
        if (page := _asked_meanwhile(public_id, sent, "results_sent")) is None:
            raise
        return page
    return redirect(url_for("consult.show", public_id=public_id, said="results_sent"), 303)


def _asked_meanwhile(public_id: str, sent: results.Results, said: str) -> Response | tuple[str, int] | None:
    """The question was asked again or has ended, so that the form is there no more: its words can go as a message.

    The same sent twice by one person is one press too many. None where nothing was written, or nobody would
    read it.
    """
    with database().writing() as session:
        loaded = consult_for(session, me(), public_id, now=now())
        case, is_results = open_case(session, loaded), said == "results_sent"
        is_twice = results.is_asked_so(session, loaded.consult, me(), sent, is_results=is_results)
    if is_twice:
        return redirect(url_for("consult.show", public_id=public_id, said=said), 303)
    if not is_seen(sent.words) or Audience.CLINICIANS not in case.writable:
        return None
    why = gettext("This was not sent: the question was asked again, or has ended, meanwhile. Send it as a message")
    # The browser's copy ends with the message: a reload takes the words off the page.
    keep_copy()
    given = {"text": sent.words, "kept": request.form.get("kept", "")}
    return case_page(case, errors={"text": why}, lane=Audience.CLINICIANS, given=given), 409


def _results_refused(error: InvalidError) -> dict[str, str]:
    known = {
        "step": gettext("Choose at least one step that these results belong to"),
        "words": gettext("Add a file, or write what came out"),
    }
    return {name: known.get(name) or _sentence(error) for name in error.fields}


def _do(public_id: str, right: Right, act: Act, said: str, *, home: str = "") -> Response | tuple[str, int]:
    form = FormReader()
    reason = form.text("reason", longest=LONGEST_REASON)
    try:
        with database().writing() as session:
            act(session, consult_for(session, me(), public_id, now=now(), right=right), reason)
    except InvalidError as error:
        with database().writing() as session:
            case = open_case(session, consult_for(session, me(), public_id, now=now()))
        return case_page(case, errors={"passing": _sentence(error)}, given={"passing": reason}), 422
    return redirect(home or url_for("consult.show", public_id=public_id, said=said), 303)


def _sentence(error: InvalidError) -> str:
    if error.fields.get("urgency") == "no_one_on_call":
        return gettext("Nobody is on duty for urgent requests now. Telephone %(number)s.", number=settings().help_phone)
    if "reason" in error.fields:
        return gettext("Say why, so that the others understand")
    return gettext("Choose one of the list")
