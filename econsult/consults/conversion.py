"""A visit that whoever asked agreed to beforehand: the answer that says so brings its step, and nobody is asked again.

The step is the coordinator's, and accepted at the signature. A step about a visit that the answer has already is
accepted instead; what else it recommends waits for its clinic as ever.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.consults.contents import MOST_RECOMMENDATIONS, Disposition
from econsult.consults.recommendations import Recommendation, StepState, add_event
from econsult.consults.records import Consult, note
from econsult.consults.wishes import may_convert
from econsult.people.patients import Patient

TO_A_VISIT = frozenset({Disposition.CLINIC_VISIT, Disposition.EXPEDITE, Disposition.CONVERT_TO_REFERRAL})
VISIT = "visit"
STEP = {
    "en": "Arrange the visit: the clinic agreed to it beforehand.",
    "es": "Organizar la visita: la clínica estuvo de acuerdo de antemano.",
}
"""In the family's language, since it reads the whole plan."""


def is_converted(session: Session, consult: Consult, disposition: str | None) -> bool:
    """Whether an answer with this disposition leads to a visit that was agreed to beforehand."""
    return disposition in TO_A_VISIT and may_convert(session, consult)


def with_visit(session: Session, consult: Consult, content: Mapping[str, Any]) -> dict[str, Any]:
    """What is about to be signed, with the step of an agreed visit where it has none."""
    plan = list(content.get("recommendations") or ())
    is_full = len(plan) >= MOST_RECOMMENDATIONS or any(step.get("kind") == VISIT for step in plan)
    if is_full or not is_converted(session, consult, content.get("disposition")):
        return dict(content)
    language = session.scalars(select(Patient.language).where(Patient.id == consult.patient_id)).one()
    step = {"text": STEP.get(language, STEP["en"]), "owner": "coordinator", "due_at": None, "kind": VISIT}
    return {**content, "recommendations": [*plan, step]}


def without_visit(content: Mapping[str, Any]) -> dict[str, Any]:
    """The same without the step that `with_visit` wrote, for whoever takes the signature back."""
    plan = content.get("recommendations") or ()
    return {**content, "recommendations": [step for step in plan if step.get("text") not in STEP.values()]}


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
