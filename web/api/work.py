"""Routes of those who answer: the worklist, and taking a consult in hand or giving it back."""

from __future__ import annotations

from typing import Any

from flask import request

from econsult.access import patients_on
from econsult.consults import declining, holding, worklist
from econsult.consults.clocks import clocks_among
from econsult.consults.stranded import turn_down
from econsult.consults.taking import take
from econsult.consults.views import Filters, View
from econsult.errors import InvalidError
from econsult.people.persons import LANGUAGES, SPECIALTIES, Role
from econsult.reading import readers_among
from econsult.rights import Relation, Right
from web.api.loading import after, loaded
from web.api.numbers import hidden_for
from web.api.routing import CLINIC, route
from web.api.schemas import NOTHING_IN, REASON_IN
from web.api.shapes import patient_json, row_json
from web.context import database, now, settings
from web.shell.auth import me
from web.words.covered import marks

NARROWED = ("view", "specialty", "language", "cursor")


@route("GET", "/worklist", answer="Consults", roles=(*CLINIC, Role.SPECIALIST), query=NARROWED)
def show_worklist() -> dict[str, Any]:
    """One page of a list: the most urgent first, then the next deadline."""
    view = request.args.get("view", View.POOL)
    if view not in set(View):
        raise InvalidError("There is no such list: " + ", ".join(View) + ".", {"view": "unknown_value"})
    specialty, cursor = request.args.get("specialty") or None, request.args.get("cursor") or None
    if specialty is not None and specialty not in SPECIALTIES:
        raise InvalidError("There is no such specialty.", {"specialty": "unknown_value"})
    language = request.args.get("language", "")
    if language and language not in LANGUAGES:
        raise InvalidError("There is no such language of families.", {"language": "unknown_value"})
    wanted = Filters(specialty or "", language=language)
    has_identity = me().role != Role.SPECIALIST
    with database().writing() as session:
        page = worklist.page(session, me(), View(view), now=now(), filters=wanted, cursor=cursor)
        patients = patients_on(session, me(), page.consults, now=now())
        hidden = hidden_for(session, patients.values()) if has_identity else {}
        clocks = clocks_among(session, [consult.id for consult in page.consults])
        readers = readers_among(session, me(), patients.values(), marks())
        items = [
            row_json(
                session,
                consult,
                patient_json(
                    patients[consult.patient_id],
                    with_identity=has_identity,
                    hidden=hidden.get(consult.patient_id),
                ),
                clocks[consult.id],
                read=readers[consult.patient_id],
            )
            for consult in page.consults
        ]
    return {"items": items, "next": page.next_cursor}


@route("POST", "/consults/<consult_id>/claim", answer="Consult", body=NOTHING_IN)
def claim_consult(consult_id: str, body: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001 - it must be empty.
    """Take the consult in hand; one of several who try at once gets it."""
    with loaded(consult_id, Right.HOLD) as (session, passed):
        take(session, passed.consult, me(), now=now(), lease=settings().claim)
    return after(passed)


@route("POST", "/consults/<consult_id>/release", answer="Consult", body=REASON_IN)
def release_consult(consult_id: str, body: dict[str, Any]) -> dict[str, Any]:
    """Give the consult back to its pool; a draft answer stays with it."""
    with loaded(consult_id, Right.HOLD) as (session, passed):
        holding.release(session, passed.consult, me(), body.get("reason", ""), now=now())
    return after(passed)


@route("POST", "/consults/<consult_id>/decline", answer="Consult", body=REASON_IN)
def decline_consult(consult_id: str, body: dict[str, Any]) -> dict[str, Any]:
    """Say no, with a reason that those who asked can read; the desk does where nobody of a family's clinic is there."""
    reason = body.get("reason", "").strip()
    if not reason:
        raise InvalidError("Say why, so that the child can be helped otherwise.", {"reason": "required"})
    with loaded(consult_id, Right.DECLINE) as (session, passed):
        if passed.relation == Relation.COORDINATOR:
            turn_down(session, passed.consult, me(), reason, "", now=now())
        else:
            declining.decline(session, passed.consult, me(), reason, now=now())
    return after(passed)
