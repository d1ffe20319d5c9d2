"""The telephone task of an emergency: whom to call now, what to say, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from flask import Blueprint, redirect, render_template, url_for
from sqlalchemy.orm import Session
from werkzeug import Response

from econsult import audit
from econsult.access import Pass, consult_for
from econsult.calls import Waiting, call_waiting, calls_waiting
from econsult.consults import telephone, telling
from econsult.consults.desks import STAND_INS
from econsult.consults.spoken import told_in
from econsult.consults.telephone import LONGEST_WORDS, Outcome
from econsult.consults.tries import TryResult, write_call_try
from econsult.errors import ImpossibleVerbError, InvalidError, NotFoundError, StaleVersionError
from econsult.people.persons import Person, Role
from econsult.rights import Right
from web.context import database, now
from web.shell.auth import home_of, me
from web.shell.desk import receipt, rings, second_press, with_stand_ins
from web.shell.forms import FormReader
from web.shell.numbers import UNSEEN, form_number
from web.shell.once import once_about
from web.showing.casefile import open_case
from web.showing.lost import changed_words
from web.words import terms
from web.words.language import gettext

phoning = rings(Blueprint("phoning", __name__, url_prefix="/calls/<public_id>"))


@dataclass(frozen=True)
class Phone:
    """One line of the list of families to telephone."""

    id: str
    number: str
    name: str
    child: str
    language: str
    due_at: datetime
    is_late: bool
    is_emergency: bool


def phones_for(session: Session) -> list[Phone]:
    """Whom the signed-in person must telephone because of an answer, the longest waiting first."""
    return [_phone(waiting) for waiting in calls_waiting(session, me(), now=now())]


@phoning.get("")
@with_stand_ins(Role.PCP, Role.COORDINATOR)
def show(public_id: str) -> str:
    """The number, the words of the answer, and the tries so far."""
    with database().writing() as session:
        return _page(session, _loaded(session, public_id), {})


@phoning.post("/tried")
@with_stand_ins(Role.PCP, Role.COORDINATOR)
def tried(public_id: str) -> Response:
    """Nobody answered the telephone, or somebody whom nobody wanted to call."""
    result = FormReader().choice("tried", tuple(TryResult)) or TryResult.NO_ANSWER
    with database().writing() as session:
        consult = _loaded(session, public_id).consult
        once_about(session, consult, lambda: write_call_try(session, consult, me(), result, now=now()))
        is_open = call_waiting(session, consult) is not None
    if me().role in STAND_INS and not is_open:
        return redirect(receipt(me(), "noted"), 303)
    return redirect(url_for(".show", public_id=public_id, said="tried" if is_open else None), 303)


@phoning.post("/done")
@with_stand_ins(Role.PCP, Role.COORDINATOR)
@second_press("call_done", "noted")
def done(public_id: str) -> Response | tuple[str, int]:
    """What came of it; only this ends the task."""
    form = FormReader()
    outcome = form.choice("outcome", tuple(Outcome), required=gettext("Say whether you reached the family"))
    words = form.text("words", longest=LONGEST_WORDS)
    back = form.is_ticked("teach_back")
    errors, status = dict(form.errors), 422
    if not errors:
        try:
            with database().writing() as session:
                consult, seen = _loaded(session, public_id).consult, form_number("version", UNSEEN)
                telling.confirm_call(
                    session, consult, me(), outcome, words=words, teach_back=back, now=now(), version=seen
                )
        except InvalidError:
            errors = {"words": gettext("Write who was sent to the family")}
        except ImpossibleVerbError:
            errors = {"tell": gettext("What came of this call is written down already; yours was not kept.")}
            status = 409
        except StaleVersionError:
            errors, status = {"tell": changed_words()}, 409
    if errors:
        with database().writing() as session:
            return _page(session, _loaded(session, public_id), errors, {"outcome": outcome, "words": words}), status
    said = "called" if outcome == Outcome.REACHED else "noted"
    return redirect(receipt(me(), said), 303)


def _loaded(session: Session, public_id: str) -> Pass:
    return consult_for(session, me(), public_id, now=now(), right=Right.INFORM)


def _page(session: Session, loaded: Pass, errors: Mapping[str, str], given: Mapping[str, str] | None = None) -> str:
    consult, patient = loaded.consult, loaded.patient
    task = telephone.call_of(session, consult.id)
    if task is None:
        raise NotFoundError
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
    case = open_case(session, loaded)
    return render_template(
        "staff/phone.html",
        case=case,
        spoken=told_in({**case.content, "reason": case.correction}, patient.language),
        task=task,
        phone=patient.phone,
        lines=_lines(session, task),
        is_late=task.done_at is None and task.due_at <= now(),
        home="/coordination/desk" if me().role in STAND_INS else home_of(me()),
        errors=errors,
        given=given or {},
        terms=terms,
    )


@dataclass(frozen=True)
class Step:
    """What happened to the call, by whom, and how many times in a row: the newest time is told."""

    words: str
    at: datetime
    name: str
    times: int


def _lines(session: Session, task: telephone.PhoneTask) -> list[Step]:
    """So far, oldest first; a whole night of reminders is one line."""
    found: list[Step] = []
    for event in telephone.events_of(session, task):
        step = Step(str(terms.PHONE_EVENTS[event.kind]), event.at, _name(session, event.person_id), 1)
        if found and (found[-1].words, found[-1].name) == (step.words, step.name):
            step = replace(step, times=found.pop().times + 1)
        found.append(step)
    return found


def _name(session: Session, person_id: int | None) -> str:
    return session.get_one(Person, person_id).name if person_id else ""


def _phone(waiting: Waiting) -> Phone:
    return Phone(
        id=waiting.consult.public_id,
        number=waiting.consult.number,
        name=waiting.patient.name,
        child=terms.child(waiting.patient, now().date()),
        language=str(terms.LANGUAGES[waiting.patient.language]),
        due_at=waiting.task.due_at,
        is_late=waiting.task.due_at <= now(),
        is_emergency=waiting.is_emergency,
    )
