"""Routes that pass a consult on: taking it over, giving it to somebody, another specialty, another urgency, again."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from econsult.consults import passing, reopening, results, telephone, telling, urgency
from econsult.consults.records import Consult, Urgency
from econsult.consults.telephone import Outcome
from econsult.consults.tries import TryResult, write_call_try
from econsult.errors import ImpossibleVerbError, InvalidError, StaleVersionError, TakenError
from econsult.people.persons import SPECIALTIES, Person, Role, member_of
from econsult.rights import Right
from web.api.described import COUNT, FLAG, closed, text
from web.api.loading import after, loaded
from web.api.routing import REACHING, route
from web.context import now, settings
from web.shell.auth import me

TAKE_OVER_IN = closed(("reason",), reason=text(1000), version=COUNT)
ASSIGN_IN = closed(("person", "reason"), person=text(64), reason=text(1000), version=COUNT, although_off_duty=FLAG)
REROUTE_IN = closed(("specialty", "reason"), specialty=text(32, *SPECIALTIES), reason=text(1000))
URGENCY_IN = closed(("urgency",), urgency=text(16, *Urgency), reason=text(1000))
REOPEN_IN = closed(("reason",), reason=text(1000), urgency=text(16, *Urgency))
CALLED_IN = closed(
    ("outcome",),
    outcome=text(16, TryResult.NO_ANSWER, TryResult.WRONG_NUMBER, *Outcome),
    words=text(1000),
    teach_back=FLAG,
    version=COUNT,
)


@route("POST", "/consults/<consult_id>/take-over", answer="Consult", body=TAKE_OVER_IN)
def take_over_consult(consult_id: str, body: dict[str, Any]) -> dict[str, Any]:
    """Take the consult out of a colleague's hands; with `version`, only if nobody changed it since."""
    with loaded(consult_id, Right.HOLD) as (session, passed):
        _check_seen(session, passed.consult, body)
        passing.take_over(session, passed.consult, me(), body["reason"], now=now(), lease=settings().claim)
    return after(passed)


@route("POST", "/consults/<consult_id>/assign", answer="Consult", body=ASSIGN_IN)
def assign_consult(consult_id: str, body: dict[str, Any]) -> dict[str, Any]:
    """Give the consult to a named person; with `version`, only if nobody changed it since.

    Somebody who is off duty by the roster is given it only with `although_off_duty`; the desk is told "no cover" then.
    """
    with loaded(consult_id, Right.ASSIGN) as (session, passed):
        _check_seen(session, passed.consult, body)
        to = _person(session, body["person"])
        passing.assign(
            session,
            passed.consult,
            to,
            body["reason"],
            by=me(),
            now=now(),
            lease=settings().claim,
            although_off_duty=body.get("although_off_duty", False),
        )
    return after(passed)


@route("POST", "/consults/<consult_id>/reroute", answer="Consult", body=REROUTE_IN)
def reroute_consult(consult_id: str, body: dict[str, Any]) -> dict[str, Any]:
    """Let another specialty answer; the promise runs on as it was."""
    with loaded(consult_id, Right.HOLD) as (session, passed):
        passing.reroute(session, passed.consult, me(), body["specialty"], body["reason"], now=now())
    return after(passed)


@route("POST", "/consults/<consult_id>/urgency", answer="Consult", body=URGENCY_IN)
def change_urgency(consult_id: str, body: dict[str, Any]) -> dict[str, Any]:
    """Make the consult more urgent, or, as a clinician and with a reason, less."""
    wish, reason, targets = body["urgency"], body.get("reason", ""), settings().first_reply
    with loaded(consult_id, Right.CHANGE_URGENCY) as (session, passed):
        urgency.change_urgency(session, passed.consult, me(), wish, reason, now=now(), targets=targets)
    return after(passed)


@route("POST", "/consults/<consult_id>/reopen", answer="Consult", body=REOPEN_IN, roles=(Role.PCP, Role.TELEPRESENTER))
def reopen_consult(consult_id: str, body: dict[str, Any]) -> dict[str, Any]:
    """Ask again in the same case, with all that was said; a new cycle of its clocks."""
    with loaded(consult_id, Right.REQUEST) as (session, passed):
        targets = settings().first_reply
        wish = body.get("urgency", "")
        asked = results.Results((), body["reason"], wish)
        if not results.is_asked_so(session, passed.consult, me(), asked, is_results=False):
            reopening.reopen(session, passed.consult, me(), body["reason"], now=now(), targets=targets, urgency=wish)
    return after(passed)


@route("POST", "/consults/<consult_id>/called", answer="Consult", body=CALLED_IN, roles=REACHING)
def record_call(consult_id: str, body: dict[str, Any]) -> dict[str, Any]:
    """Say what came of the telephone call of an emergency: `no_answer` and `wrong_number` go on, the others end it.

    With `version`, only if that is the version that stands now.
    """
    with loaded(consult_id, Right.INFORM) as (session, passed):
        consult, words, said = passed.consult, body.get("words", ""), body.get("teach_back", False)
        task = telephone.call_of(session, consult.id)
        if task is None or task.done_at is not None:
            raise ImpossibleVerbError(consult.status, "called")
        if body["outcome"] in frozenset(TryResult):
            write_call_try(session, consult, me(), body["outcome"], now=now())
        else:
            outcome, seen = body["outcome"], body.get("version")
            telling.confirm_call(session, consult, me(), outcome, words=words, teach_back=said, now=now(), version=seen)
    return after(passed)


def _check_seen(session: Session, consult: Consult, body: dict[str, Any]) -> None:
    """Raise TakenError, which says who has it, or StaleVersionError, where it changed since the caller looked."""
    if body.get("version", consult.version) == consult.version:
        return
    if consult.holder_id is not None and consult.holder_id != me().id:
        raise TakenError(consult.status, session.get_one(Person, consult.holder_id).name)
    raise StaleVersionError("Somebody changed this consult after you looked; look again.")


def _person(session: Session, public_id: str) -> Person:
    found = member_of(session, me(), public_id)
    if found is None:
        raise InvalidError("This person cannot answer this request.", {"person": "unsuitable"})
    return found
