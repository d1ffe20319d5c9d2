"""Routes of the results that an answer asked for: what may be sent, what was sent, and sending it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from econsult.access import Pass
from econsult.advice.following import with_words
from econsult.consults import results
from econsult.consults.awaited import results_awaited, with_results
from econsult.consults.recommendations import Recommendation
from econsult.consults.reopening import usual_urgency
from econsult.consults.results import Results
from econsult.consults.threads import Audience
from econsult.consults.versions import Answer, signed_answer
from econsult.people.persons import Person, Role
from econsult.reading import Reader, reader_for
from econsult.rights import Right
from web.api.loading import after, loaded
from web.api.routing import route
from web.api.stamps import stamp
from web.api.step_schemas import RESULTS_IN
from web.api.who import person_json
from web.context import now, settings
from web.shell.auth import me
from web.words.covered import marks


@route("GET", "/consults/<consult_id>/results", answer="Results")
def show_results(consult_id: str) -> dict[str, Any]:
    """What the clinic may send of what the answer asked for, and why the question is open again."""
    with loaded(consult_id, Right.SEE) as (session, passed):
        read = reader_for(session, passed, marks())
        return {"awaited": _awaited(session, passed, read), "anew": _anew(session, passed, read)}


@route(
    "POST", "/consults/<consult_id>/results", answer="Consult", body=RESULTS_IN, roles=(Role.PCP, Role.TELEPRESENTER)
)
def send_results(consult_id: str, body: dict[str, Any]) -> dict[str, Any]:
    """Send the results that the answer asked for to whoever wrote it; a new cycle of the consult's clocks."""
    sent = Results(body.get("steps", []), body.get("words", ""), body.get("urgency", ""))
    with loaded(consult_id, Right.REQUEST) as (session, passed):
        if not results.is_asked_so(session, passed.consult, me(), sent):
            results.send_results(session, passed.consult, me(), sent, now=now(), targets=settings().first_reply)
    return after(passed)


def _awaited(session: Session, passed: Pass, read: Reader) -> dict[str, Any] | None:
    answer = results_awaited(session, passed.consult) if passed.may(Right.REQUEST) else None
    if answer is None:
        return None
    return {
        "steps": _steps(session, with_results(session, answer), answer, read),
        "to": person_json(session.get_one(Person, answer.author_id)),
        "urgency": usual_urgency(passed.consult),
        "files": [file.public_id for file in results.files_since(session, passed.consult)],
    }


def _anew(session: Session, passed: Pass, read: Reader) -> dict[str, Any] | None:
    may_read = Audience.CLINICIANS in passed.readable_lanes()
    found = results.why_anew(session, passed.consult) if may_read else None
    answer = signed_answer(session, passed.consult.id)
    if found is None or answer is None:
        return None
    return {
        "is_results": found.is_results,
        "by": person_json(session.get_one(Person, found.by_id)) if found.by_id is not None else None,
        "at": stamp(found.at),
        "words": read.text(found.words),
        "steps": _steps(session, found.steps, answer, read),
    }


def _steps(session: Session, steps: Sequence[Recommendation], answer: Answer, read: Reader) -> list[dict[str, str]]:
    return [{"id": each.step.public_id, "text": read.text(each.text)} for each in with_words(session, steps, [answer])]
