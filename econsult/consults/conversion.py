"""An answer that leads to a visit brings the step of arranging it, so that what its family is told is somebody's task.

It is the clinic's, which is to call the family, and waits for it as ever. Where whoever asked agreed to a visit
beforehand it is the coordinator's, and accepted at the signature: nobody is asked again. A step about a visit that the
answer has already stands for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.consults.contents import Disposition
from econsult.consults.own_steps import CALL, STEP
from econsult.consults.recommendations import Recommendation, StepState, add_event
from econsult.consults.records import Consult, note
from econsult.consults.wishes import may_convert
from econsult.people.patients import Patient

TO_A_VISIT = frozenset({Disposition.CLINIC_VISIT, Disposition.EXPEDITE, Disposition.CONVERT_TO_REFERRAL})
VISIT = "visit"


def is_converted(session: Session, consult: Consult, disposition: str | None) -> bool:
    """Whether an answer with this disposition leads to a visit that was agreed to beforehand."""
    return disposition in TO_A_VISIT and may_convert(session, consult)


def with_visit(session: Session, consult: Consult, content: Mapping[str, Any]) -> dict[str, Any]:
    """What is about to be signed, with the step of its visit where it leads to one and has none."""
    plan = list(content.get("recommendations") or ())
    has_step = any(step.get("kind") == VISIT for step in plan)
    if has_step or content.get("disposition") not in TO_A_VISIT:
        return dict(content)
    is_agreed = is_converted(session, consult, content.get("disposition"))
    language = session.scalars(select(Patient.language).where(Patient.id == consult.patient_id)).one()
    words, owner = (STEP, "coordinator") if is_agreed else (CALL, "pcp")
    step = {"text": words.get(language, words["en"]), "owner": owner, "due_at": None, "kind": VISIT}
    return {**content, "recommendations": [*plan, step]}


def without_visit(content: Mapping[str, Any]) -> dict[str, Any]:
    """The same without the step that `with_visit` wrote, for whoever takes the signature back."""
    plan = content.get("recommendations") or ()
    ours = {*STEP.values(), *CALL.values()}
    return {**content, "recommendations": [step for step in plan if step.get("text") not in ours]}


def accept_visit(
    session: Session,
    consult: Consult,
    steps: Sequence[Recommendation],
    disposition: str | None,
    *,
    person_id: int,
    now: datetime,
) -> None:
    """Accept the steps of an agreed visit, which need nobody's word any more."""
    if not is_converted(session, consult, disposition):
        return
    for step in steps:
        if step.kind == VISIT and step.state == StepState.PROPOSED:
            add_event(session, step, "accept", person_id=person_id, now=now)
            detail = f"{step.version}/{step.position}"
            note(session, consult, "step_agreed", person_id=person_id, now=now, detail=detail)
