"""What whoever asks wishes of an answer, as programs say and read it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from econsult.access import Pass
from econsult.asked_before import ASKERS, Alike, Shown, duplicates_of, earlier_of
from econsult.consults.lifecycle import Status
from econsult.consults.records import Consult
from econsult.consults.wanted_items import likely_wanted
from econsult.consults.wishes import Wishes, wish_of
from econsult.people.persons import Person
from econsult.reading import reader_for
from econsult.rights import Right
from web.api.stamps import stamp
from web.api.who import person_json
from web.context import now
from web.shell.auth import me
from web.words.covered import marks


def wishes_in(body: Mapping[str, Any]) -> Wishes:
    """The wishes of a body. A named specialist that is null is taken back."""
    named = (body["named_specialist"] or "") if "named_specialist" in body else None
    return Wishes(named=named, may_convert=body.get("may_convert"))


def before_json(session: Session, passed: Pass) -> dict[str, Any]:
    """What was asked of the same specialty a short while ago, and what the request shows of before."""
    earlier = [_earlier_json(session, shown) for shown in earlier_of(session, passed, me(), now=now())]
    found = duplicates_of(session, passed, me(), now=now())
    return {
        "possible_duplicates": [_alike_json(each) for each in found],
        "earlier": earlier,
        "likely_asked": _likely_json(session, passed),
    }


def _likely_json(session: Session, passed: Pass) -> dict[str, Any] | None:
    """What specialists will probably ask for, of a draft; null for all else."""
    if passed.relation not in ASKERS or passed.consult.status != Status.DRAFT or not passed.consult.specialty:
        return None
    found, of = likely_wanted(session, passed.consult)
    return {"of": of, "items": [{"item": each.item, "asked": each.asked} for each in found]}


def _alike_json(each: Alike) -> dict[str, Any]:
    consult = each.consult
    named = {"id": consult.public_id, "number": consult.number} if each.is_open else {"id": None, "number": None}
    return {**named, "status": consult.status, "submitted_at": stamp(consult.submitted_at)}


def _earlier_json(session: Session, shown: Shown) -> dict[str, Any]:
    """Question and answer of an earlier consult, covered for who may not know whose they are."""
    consult, read = shown.consult, reader_for(session, shown.passed, marks())
    content = shown.answer.content if shown.answer else {}
    names = ("impression", "disposition", "recommendations", "watch_for")
    told = {name: read.whole(content.get(name)) for name in names} if content else None
    return {
        # Its own address opens for who may open it by itself; for others the number is what people say.
        "id": consult.public_id if shown.passed.may(Right.REQUEST) else None,
        "number": consult.number,
        "specialty": consult.specialty,
        "status": consult.status,
        "submitted_at": stamp(consult.submitted_at),
        "question": read.text(consult.question),
        "answer": told,
        "signed_at": stamp(shown.answer.signed_at) if shown.answer else None,
    }


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
