"""Asking a second specialist one question, taking it, replying, giving it back, and taking it back."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug import Response

from econsult.access import Pass, consult_for
from econsult.consults import second, second_desk
from econsult.consults.desks import STAND_INS
from econsult.consults.sides import SideQuestion, side_of
from econsult.consults.threads import LONGEST_MESSAGE
from econsult.errors import ForbiddenError, InvalidError, NotFoundError, TakenError
from econsult.people.persons import SPECIALTIES, Person, Role, member_of
from econsult.rights import Right
from econsult.standing import check_desk
from web.context import database, now, settings
from web.pages.consult import case_page
from web.shell.auth import me, only
from web.shell.desk import rings, why_barred
from web.shell.forms import FormReader
from web.showing.casefile import open_case
from web.words.language import gettext

seconds = rings(Blueprint("seconds", __name__, url_prefix="/consults/<public_id>/second"))
Page = Response | tuple[str, int]
Act = Callable[[Session, Pass, SideQuestion], object]


@seconds.post("")
@only(Role.SPECIALIST)
def ask(public_id: str) -> Page:
    """Ask a specialty, or one person of it: `whom` is "dermatology", or "dermatology:" and the person's id."""
    form = FormReader()
    text = form.text("second_text", longest=LONGEST_MESSAGE, required=gettext("Write your question"))
    specialty, _, person_id = request.form.get("whom", "").partition(":")
    if specialty not in SPECIALTIES:
        form.errors["whom"] = gettext("Choose whom to ask")
    try:
        if form.errors:
            return _refused(public_id, form.errors, text)
        with database().writing() as session:
            loaded = consult_for(session, me(), public_id, now=now(), right=Right.ANSWER)
            wanted = _person(session, person_id) if person_id else None
            second.ask_second(session, loaded.consult, me(), text, specialty=specialty, wanted=wanted, now=now())
    except InvalidError as error:
        return _refused(public_id, {"whom": _sentence(error)}, text)
    return redirect(url_for("consult.show", public_id=public_id, said="second_asked"), 303)


@seconds.post("/take")
@only(Role.SPECIALIST)
def take(public_id: str) -> Page:
    """Take the question; exactly one of several who try gets it."""
    try:
        return _do(
            public_id,
            Right.SECOND,
            lambda s, p, q: second.take_second(s, p.consult, q, me(), now=now(), lease=settings().claim),
        )
    except TakenError:
        return redirect(url_for("worklist.queue", said="taken"), 303)
    except ForbiddenError as error:
        return redirect(url_for("worklist.queue", said=why_barred(error)), 303)


@seconds.post("/give-back")
@only(Role.SPECIALIST)
def give_back(public_id: str) -> Page:
    """Give it back to its pool."""

    def act(session: Session, loaded: Pass, side: SideQuestion) -> None:
        second.give_back(session, loaded.consult, side, me(), now=now())

    return _do(public_id, Right.SECOND, act, home="released")


@seconds.post("/reply")
@only(Role.SPECIALIST)
def reply(public_id: str) -> Page:
    """Reply among the clinicians; then the case closes again for whoever was asked."""
    form = FormReader()
    text = form.text("second_reply", longest=LONGEST_MESSAGE, required=gettext("Write your reply"))
    if form.errors:
        return _refused(public_id, form.errors, text)

    def act(session: Session, loaded: Pass, side: SideQuestion) -> None:
        second.reply_second(session, loaded.consult, side, me(), text, now=now())

    return _do(public_id, Right.SECOND, act, home="second_replied")


@seconds.post("/take-back")
@only(Role.SPECIALIST)
def take_back(public_id: str) -> Page:
    """Whoever asked needs no reply any more."""
    return _do(public_id, Right.ANSWER, lambda s, p, q: second.take_back(s, p.consult, q, me(), now=now()))


@seconds.post("/desk")
@only(Role.COORDINATOR, *STAND_INS)
def decide(public_id: str) -> Response:
    """The desk, or whoever stands in, gives it to the person with the id `to`, to its "pool", or takes it back."""
    to = request.form.get("to", "")
    said, is_coordinator = "noted", me().role == Role.COORDINATOR
    with database().writing() as session:
        check_desk(session, me(), now())
        right = Right.ASSIGN if is_coordinator else Right.GIVE
        consult = consult_for(session, me(), public_id, now=now(), right=right).consult
        side = side_of(session, consult.id, is_locked=True)
        if side is None:
            raise NotFoundError
        try:
            if to == "nobody":
                second_desk.drop_second(session, consult, side, by=me(), now=now())
            elif to == "pool":
                second_desk.return_second(session, consult, side, by=me(), now=now())
            else:
                second_desk.give_second(session, consult, side, _person(session, to), by=me(), now=now())
        except InvalidError:
            said = "second_nobody"
    if not is_coordinator:
        return redirect(url_for("allocation.desk", said=said), 303)
    return redirect(url_for("coordination.card", public_id=public_id, said=said), 303)


def _do(public_id: str, right: Right, act: Act, home: str = "") -> Response:
    with database().writing() as session:
        loaded = consult_for(session, me(), public_id, now=now(), right=right)
        side = side_of(session, loaded.consult.id, is_locked=True)
        if side is None:
            raise NotFoundError
        act(session, loaded, side)
    if home:
        return redirect(url_for("worklist.queue", said=home), 303)
    return redirect(url_for("consult.show", public_id=public_id, said="noted"), 303)


def _person(session: Session, public_id: str) -> Person:
    person = member_of(session, me(), public_id)
    if person is None:
        raise InvalidError("Choose whom to ask.", {"second": "required"})
    return person


def _refused(public_id: str, errors: dict[str, str], text: str) -> Page:
    with database().writing() as session:
        case = open_case(session, consult_for(session, me(), public_id, now=now(), right=Right.SECOND))
    given = {"second": text, "whom": request.form.get("whom", "")}
    return case_page(case, errors=errors, given=given), 422


def _sentence(error: InvalidError) -> str:
    told = {
        "one_at_a_time": gettext("One question at a time: wait for the reply, or take it back"),
        "nobody": gettext("Nobody of this specialty may answer about this child. Choose another one"),
        "not_allowed": gettext("This person may not answer about this child. Choose somebody else"),
        "away": gettext("This person is off duty, away or has hands full. Ask the specialty instead"),
    }
    return told.get(error.fields.get("second", ""), gettext("Choose whom to ask"))
