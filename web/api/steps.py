"""Routes of what becomes of the advice: the steps of the signed answer, and what somebody says about one."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy.orm import Session

from econsult.access import Pass
from econsult.advice.following import Followed, followed, mark
from econsult.consults.answers import released_answer, signed_answer
from econsult.consults.visits import CURRENT, visits_of
from econsult.note import EDITIONS
from econsult.reading import reader_for
from econsult.rights import OF_FAMILY, Right
from web.api.loading import loaded
from web.api.routing import route
from web.api.stamps import stamp
from web.api.step_schemas import STEP_IN
from web.context import database, now
from web.shell.auth import me
from web.words.covered import marks


@route("GET", "/consults/<consult_id>/steps", answer="Steps")
def list_steps(consult_id: str) -> dict[str, Any]:
    """What became of each recommended step of the signed answer; of the released one for its family."""
    return _listed(consult_id)


@route("POST", "/consults/<consult_id>/steps/<step_id>", answer="Steps", body=STEP_IN)
def set_step(consult_id: str, step_id: str, body: dict[str, Any]) -> dict[str, Any]:
    """Accept, decline, do or not do one step; what is declined or not done by staff takes a reason."""
    with database().writing() as session:
        mark(session, me(), consult_id, step_id, body["verb"], reason=body.get("reason", ""), now=now())
    return _listed(consult_id)


def _listed(consult_id: str) -> dict[str, Any]:
    with loaded(consult_id, Right.SEE) as (session, passed):
        return {"items": _steps(session, passed)}


def _steps(session: Session, passed: Pass) -> list[dict[str, Any]]:
    if passed.relation not in EDITIONS:
        return []
    is_family = passed.relation in OF_FAMILY
    find = released_answer if is_family else signed_answer
    answer = find(session, passed.consult.id)
    read = reader_for(session, passed, marks())
    arranged = {visit.recommendation_id for visit in visits_of(session, [passed.consult.id]) if visit.state in CURRENT}
    return [
        _json(each, read.text(each.text), "" if is_family else read.text(each.why), arranged)
        for each in (followed(session, answer) if answer is not None else [])
    ]


def _json(each: Followed, text: str, reason: str, arranged: Collection[int]) -> dict[str, Any]:
    """One step. Why a clinician declined is said between clinicians; one whose visit is ahead is not late."""
    step = each.step
    return {
        "id": step.public_id,
        "version": step.version,
        "position": step.position,
        "text": text,
        "owner": step.owner,
        "kind": step.kind,
        "state": step.state,
        "state_at": stamp(step.state_at),
        "due_at": stamp(step.due_at),
        "is_overdue": step.is_late(now()) and step.id not in arranged,
        "reason": reason,
        "history": [{"event": event.kind, "at": stamp(event.at)} for event in each.events],
    }
