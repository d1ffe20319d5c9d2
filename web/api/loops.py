"""Routes of how it went, and of a question to a second specialist."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from econsult.access import Pass
from econsult.advice.asking import tell_outcome
from econsult.advice.close_out import say_close_out
from econsult.consults import second, second_desk
from econsult.consults.outcomes import CODES, Said, reports_of
from econsult.consults.records import Consult
from econsult.consults.sides import SideQuestion, side_of, sides_of
from econsult.errors import ForbiddenError, InvalidError, NotFoundError
from econsult.note import EDITIONS
from econsult.people.persons import Person, Role, member_of
from econsult.rights import OF_FAMILY, Right
from web.api.loading import loaded
from web.api.routing import route
from web.api.stamps import stamp
from web.api.step_schemas import CLOSE_OUT_IN, OUTCOME_IN, SECOND_IN
from web.api.who import person_json
from web.context import now, settings
from web.shell.auth import me


@route("GET", "/consults/<consult_id>/outcome", answer="Outcomes")
def list_outcomes(consult_id: str) -> dict[str, Any]:
    """What clinic and family said about how it went, the oldest first; a family reads its own words."""
    with loaded(consult_id, Right.SEE) as (session, passed):
        return _outcomes(session, passed)


@route("POST", "/consults/<consult_id>/outcome", answer="Outcomes", body=OUTCOME_IN)
def say_outcome(consult_id: str, body: dict[str, Any]) -> dict[str, Any]:
    """Say how it went, once it is asked: the clinic, the family, or the desk for a family on the telephone."""
    with loaded(consult_id, Right.FOLLOW) as (session, passed):
        tell_outcome(session, passed, me(), Said(**body), now=now())
        return _outcomes(session, passed)


@route("POST", "/consults/<consult_id>/close-out", answer="Outcomes", body=CLOSE_OUT_IN)
def say_what_came(consult_id: str, body: dict[str, Any]) -> dict[str, Any]:
    """The clinic says what came of the answer of a consult that the desk closed; once."""
    with loaded(consult_id, Right.CLOSE) as (session, passed):
        say_close_out(session, passed, me(), Said(**body), now=now())
        return _outcomes(session, passed)


def _outcomes(session: Session, passed: Pass) -> dict[str, Any]:
    if passed.relation not in EDITIONS:
        return {"items": []}
    found = reports_of(session, passed.consult.id)
    if passed.relation in OF_FAMILY:
        found = [each for each in found if each.side == "family"]
    return {
        "items": [
            {
                "side": each.side,
                "at": stamp(each.at),
                "is_close": each.is_close,
                "is_relayed": each.is_relayed,
                **{name: getattr(each, name) for name in CODES},
            }
            for each in found
        ]
    }


@route("GET", "/consults/<consult_id>/second", answer="Seconds")
def list_seconds(consult_id: str) -> dict[str, Any]:
    """The questions that were put to second specialists; their words are messages among clinicians."""
    with loaded(consult_id, Right.SEE) as (session, passed):
        return _seconds(session, passed)


@route("POST", "/consults/<consult_id>/second", answer="Seconds", body=SECOND_IN)
def second_verb(consult_id: str, body: dict[str, Any]) -> dict[str, Any]:
    """Ask a second specialist, or take the question, reply to it, give it back; whoever asked takes it back.

    The desk gives it to somebody, back to its pool, or takes it back.
    """
    verb, words = body["verb"], body.get("text", "")
    if me().role == Role.COORDINATOR or verb == "give":
        return _decide(consult_id, verb, body.get("person", ""))
    with loaded(consult_id, Right.ANSWER if verb in ("ask", "take_back") else Right.SECOND) as (session, passed):
        consult = passed.consult
        if verb == "ask":
            wanted = _person(session, body["person"]) if body.get("person") else None
            specialty = body.get("specialty", "")
            second.ask_second(session, consult, me(), words, specialty=specialty, wanted=wanted, now=now())
            return _seconds(session, passed)
        side = side_of(session, consult.id, is_locked=True)
        if side is None:
            raise NotFoundError
        if verb == "reply":
            second.reply_second(session, consult, side, me(), words, now=now())
        else:
            acts = {"take": _take, "give_back": second.give_back, "take_back": second.take_back}
            acts[verb](session, consult, side, me(), now=now())
        return _seconds(session, passed)


def _decide(consult_id: str, verb: str, person: str) -> dict[str, Any]:
    with loaded(consult_id, Right.ASSIGN) as (session, passed):
        if verb not in ("give", "give_back", "take_back"):
            raise ForbiddenError("The desk gives the question to somebody, to its pool, or takes it back.")
        consult, side = passed.consult, side_of(session, passed.consult.id, is_locked=True)
        if side is None:
            raise NotFoundError
        if verb == "give":
            second_desk.give_second(session, consult, side, _person(session, person), by=me(), now=now())
        else:
            act = second_desk.return_second if verb == "give_back" else second_desk.drop_second
            act(session, consult, side, by=me(), now=now())
        return _seconds(session, passed)


def _take(session: Session, consult: Consult, side: SideQuestion, person: Person, *, now: datetime) -> None:
    second.take_second(session, consult, side, person, now=now, lease=settings().claim)


def _person(session: Session, public_id: str) -> Person:
    person = member_of(session, me(), public_id)
    if person is None:
        raise InvalidError("Nobody of this program has that id.", {"person": "unknown_value"})
    return person


def _seconds(session: Session, passed: Pass) -> dict[str, Any]:
    """For clinicians and the desk: a family is told of its answer, not of who was asked on the way."""
    is_clinicians = any(passed.may(right) for right in (Right.SECOND, Right.READ_CLINICIANS, Right.ASSIGN))
    return {"items": [_side(session, each) for each in sides_of(session, passed.consult.id)] if is_clinicians else []}


def _side(session: Session, side: SideQuestion) -> dict[str, Any]:
    holder = session.get(Person, side.holder_id) if side.holder_id else None
    return {
        "id": side.public_id,
        "state": side.state,
        "specialty": side.specialty,
        "asked_by": person_json(session.get_one(Person, side.asked_by_id)),
        "holder": person_json(holder) if holder else None,
        "opened_at": stamp(side.opened_at),
        "due_at": stamp(side.due_at),
        "ended_at": stamp(side.ended_at),
    }
