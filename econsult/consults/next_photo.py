"""An answer that asks for a new photo later brings the step of sending it, with the day by which it is due.

The clock of steps reminds the family and its clinic of it, as of any other step that is late.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.consults.contents import Disposition
from econsult.consults.own_steps import SEND, TAKE
from econsult.consults.records import Consult
from econsult.people.ages import home_zone
from econsult.people.patients import Patient

PHOTO, USUAL_DAYS = "photo", 7


def with_photo(session: Session, consult: Consult, content: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """What is about to be signed, with the step of the new photo where it asks for one and has none."""
    plan = list(content.get("recommendations") or ())
    has_step = any(step.get("kind") == PHOTO for step in plan)
    if has_step or content.get("disposition") != Disposition.NEW_PHOTO:
        return dict(content)
    days = timedelta(days=content.get("photo_days") or USUAL_DAYS)
    due = (now.astimezone(ZoneInfo(home_zone(session))) + days).date()
    language = session.scalars(select(Patient.language).where(Patient.id == consult.patient_id)).one()
    # A private place is photographed at the clinic alone.
    words, owner = (TAKE, "pcp") if consult.is_private_site else (SEND, "family")
    step = {"text": words.get(language, words["en"]), "owner": owner, "due_at": due.isoformat(), "kind": PHOTO}
    return {**content, "recommendations": [*plan, step]}


def without_photo(content: Mapping[str, Any]) -> dict[str, Any]:
    """The same without the step that `with_photo` wrote, for whoever takes the signature back."""
    plan = content.get("recommendations") or ()
    ours = {*SEND.values(), *TAKE.values()}
    return {**content, "recommendations": [step for step in plan if step.get("text") not in ours]}
