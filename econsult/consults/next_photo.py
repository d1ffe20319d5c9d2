"""An answer that asks for a new photo later brings the step of sending it, with the day by which it is due.

The clock of steps reminds the family and its clinic of it, as of any other step that is late. A step of the plan that
asks for the photo already is that step, in its writer's words: a family reads of one photo once.
"""

from __future__ import annotations

import re
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
NAMED = re.compile(
    r"^(?!.*\b(no|not|never|without|nunca|sin)\b|.*n[^\w\s]t\b).*\b(photos?|pictures?|photographs?|fotos?|fotografías?)\b",
    re.IGNORECASE | re.DOTALL,
)
"""A step that names a photo and denies nothing: "Send no photo" stays what it is, beside ours."""


def with_photo(session: Session, consult: Consult, content: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """What is about to be signed, with the step of the new photo where it asks for one and has none."""
    plan = list(content.get("recommendations") or ())
    has_step = any(step.get("kind") == PHOTO for step in plan)
    if has_step or content.get("disposition") != Disposition.NEW_PHOTO:
        return dict(content)
    # A private place is photographed at the clinic alone.
    words, owner = (TAKE, "pcp") if consult.is_private_site else (SEND, "family")
    place = next((number for number, step in enumerate(plan) if step.get("owner") == owner and _asks(step)), None)
    if place is not None:
        plan[place] = {**plan[place], "kind": PHOTO}
        return {**content, "recommendations": plan}
    language = session.scalars(select(Patient.language).where(Patient.id == consult.patient_id)).one()
    due_at = photo_day(session, content, now)
    step = {"text": words.get(language, words["en"]), "owner": owner, "due_at": due_at, "kind": PHOTO}
    return {**content, "recommendations": [*plan, step]}


def without_photo(content: Mapping[str, Any]) -> dict[str, Any]:
    """The same without the step that `with_photo` wrote, and without what it made of one, for whoever takes the
    signature back."""
    ours = {*SEND.values(), *TAKE.values()}
    plan = [step for step in content.get("recommendations") or () if step.get("text") not in ours]
    if content.get("disposition") == Disposition.NEW_PHOTO:
        plan = [_unnamed(step) if _asks(step) else step for step in plan]
    return {**content, "recommendations": plan}


def photo_day(session: Session, content: Mapping[str, Any], now: datetime) -> str:
    """By which day of the program the photo is due that this answer asks for."""
    days = timedelta(days=content.get("photo_days") or USUAL_DAYS)
    return (now.astimezone(ZoneInfo(home_zone(session))) + days).date().isoformat()


def _asks(step: Mapping[str, Any]) -> bool:
    """Whether a step asks for a photo, by its kind or, where its writer chose none, by its words."""
    return step.get("kind", PHOTO) == PHOTO and NAMED.search(step.get("text", "")) is not None


def _unnamed(step: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in step.items() if name != "kind"}
