"""How it went: the page where a clinic, or the desk for a family on the telephone, says it with a few taps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from flask import Blueprint, redirect, render_template, url_for
from sqlalchemy.orm import Session
from werkzeug import Response

from econsult.access import Pass, consult_for
from econsult.advice.asking import Asked, asked_of, tell_outcome, worse_of
from econsult.advice.close_out import left_open
from econsult.consults.outcomes import LATER_OF_CLINIC, LATER_OF_FAMILY, Said
from econsult.consults.records import Consult
from econsult.errors import InvalidError
from econsult.people.persons import Role
from econsult.rights import Right
from web.context import database, now
from web.shell.auth import me, only
from web.shell.desk import rings
from web.shell.once import once
from web.showing.home_safety import home_shown
from web.showing.outcomes import missing_words, said_in_form, told_about
from web.words import outcomes as words
from web.words import terms
from web.words.language import gettext

outcomes = rings(Blueprint("outcomes", __name__))
Page = str | Response | tuple[str, int]


def asked_lines(session: Session) -> list[tuple[str, str, str]]:
    """After which requests the signed-in person is asked: public id, number, and whose it is."""
    return _lines(asked_of(session, me(), now()))


def worse_lines(session: Session) -> list[tuple[str, str, str]]:
    """After which closed requests a family of this clinic is worse: public id, number, and whose it is."""
    return _lines(worse_of(session, me(), now()))


def left_lines(session: Session) -> list[tuple[str, str, str]]:
    """Of which requests that were closed for it this clinic has not said what came of them: id, number, whose it is."""
    return _lines(left_open(session, me(), now()))


def _lines(found: Iterable[Asked]) -> list[tuple[str, str, str]]:
    today = now().date()
    return [
        (each.consult.public_id, each.consult.number, f"{each.patient.name}, {terms.child(each.patient, today)}")
        for each in found
    ]


@outcomes.get("/consults/<public_id>/outcome")
@only(Role.PCP, Role.COORDINATOR)
def show(public_id: str) -> Page:
    """The questions, and what was said before."""
    with database().writing() as session:
        return _page(session, consult_for(session, me(), public_id, now=now(), right=Right.FOLLOW))


@outcomes.post("/consults/<public_id>/outcome")
@only(Role.PCP, Role.COORDINATOR)
def say(public_id: str) -> Page:
    """Write it down; said again it counts instead of what was said before, which stays."""
    said = said_in_form(*_asked())
    with database().writing() as session:
        loaded = consult_for(session, me(), public_id, now=now(), right=Right.FOLLOW)
        try:
            once(session, lambda: _tell(session, loaded, said))
        except InvalidError as error:
            return _page(session, loaded, missing_words(error.fields), vars(said)), 422
    place = "coordination.card" if me().role == Role.COORDINATOR else "consult.show"
    return redirect(url_for(place, public_id=public_id, said="noted"), 303)


def _tell(session: Session, loaded: Pass, said: Said) -> Consult:
    tell_outcome(session, loaded, me(), said, now=now())
    return loaded.consult


def _asked() -> tuple[str, ...]:
    return LATER_OF_CLINIC if me().role == Role.PCP else LATER_OF_FAMILY


def _page(
    session: Session, loaded: Pass, errors: Mapping[str, str] | None = None, given: Mapping[str, str] | None = None
) -> str:
    is_desk = me().role == Role.COORDINATOR
    choices, asks = {**words.STAFF, "otherwise": words.SHOWN["otherwise"]}, words.QUESTIONS
    if is_desk:
        choices["seen"], asks = words.FAMILY["seen"], words.OF_FAMILY
    return render_template(
        "consult/outcome.html",
        consult=loaded.consult,
        unsafe_home=home_shown(session, loaded.patient.id),
        patient=loaded.patient,
        who=f"{loaded.patient.name}, {terms.child(loaded.patient, now().date())}",
        place="/coordination" if is_desk else "/clinic",
        back=f"/coordination/{loaded.consult.public_id}" if is_desk else f"/consults/{loaded.consult.public_id}",
        title=gettext("How did it go?"),
        questions=[(name, asks[name], list(choices[name].items())) for name in _asked()],
        told=told_about(session, loaded.consult.id),
        errors=errors or {},
        given=given or {},
    )
