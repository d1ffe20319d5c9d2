"""What whoever asks wishes of an answer, as programs say and read it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from econsult.consults.records import Consult
from econsult.consults.wishes import Wishes, wish_of
from econsult.people.persons import Person
from web.api.stamps import stamp
from web.api.who import person_json


def wishes_in(body: Mapping[str, Any]) -> Wishes:
    """The wishes of a body. A named specialist that is null is taken back."""
    named = (body["named_specialist"] or "") if "named_specialist" in body else None
    return Wishes(named=named, may_convert=body.get("may_convert"))


def wishes_json(session: Session, consult: Consult) -> dict[str, Any]:
    """Who was named, until when they alone are asked, or why not; and whether a visit is agreed to."""
    wish = wish_of(session, consult.id)
    named = session.get_one(Person, wish.named_id) if wish and wish.named_id is not None else None
    told = None
    if wish is not None and named is not None:
        told = {
            "person": person_json(named),
            "first_until": stamp(wish.first_until),
            "passed_over": wish.passed_over,
        }
    return {"named_specialist": told, "may_convert": bool(wish and wish.may_convert)}
