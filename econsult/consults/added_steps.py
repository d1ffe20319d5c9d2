"""The steps that an answer brings by what it says happens next, so that what its family is told is somebody's task.

A visit (`conversion`), a new photo (`next_photo`), tests before another look, and another specialty: where the plan has
nobody of the staff who does it, the signature adds the step, with its owner and the day by which it is due.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.consults.contents import Disposition
from econsult.consults.conversion import with_visit, without_visit
from econsult.consults.next_photo import with_photo, without_photo
from econsult.consults.own_steps import ASK_OTHER, TESTS, is_own
from econsult.consults.records import Consult
from econsult.people.patients import Patient

WORDS = {Disposition.WORK_UP_FIRST: TESTS, Disposition.WRONG_SPECIALTY: ASK_OTHER}
STAFFS = frozenset(("pcp", "specialist", "coordinator"))


def with_added(session: Session, consult: Consult, content: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """What is about to be signed, with every step that it brings and has not."""
    return with_photo(session, consult, with_visit(session, consult, _with_clinics(session, consult, content)), now)


def without_added(content: Mapping[str, Any]) -> dict[str, Any]:
    """The same without the steps that `with_added` wrote, for whoever takes the signature back."""
    ours = {text for words in WORDS.values() for text in words.values()}
    plan = [step for step in content.get("recommendations") or () if step.get("text") not in ours]
    return without_photo(without_visit({**content, "recommendations": plan}))


def _with_clinics(session: Session, consult: Consult, content: Mapping[str, Any]) -> dict[str, Any]:
    """Tests, or another specialty, are the clinic's where nobody of the staff has a step."""
    plan, disposition = list(content.get("recommendations") or ()), content.get("disposition")
    words = WORDS.get(Disposition(disposition)) if disposition else None
    if words is None or any(_stands(step, words) for step in plan):
        return dict(content)
    language = session.scalars(select(Patient.language).where(Patient.id == consult.patient_id)).one()
    step = {"text": words.get(language, words["en"]), "owner": "pcp", "due_at": None}
    return {**content, "recommendations": [*plan, step]}


def _stands(step: Mapping[str, Any], words: Mapping[str, str]) -> bool:
    """Whether a step is the staff's and may be this one: our own words for something else are not."""
    text = step.get("text", "")
    return step.get("owner") in STAFFS and (text in words.values() or not is_own(text))
