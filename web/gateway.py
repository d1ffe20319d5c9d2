"""The doors of the gateway for text messages: what became of a text, and what somebody answered (docs/notices.md).

The gateway shows a token of its own, which opens nothing else. What people write is read for STOP and START alone and
kept nowhere: it may be about a child.
"""

from __future__ import annotations

import hmac

from flask import Blueprint, request
from werkzeug import Response

from econsult.errors import InvalidError, NotFoundError
from econsult.reach.deliveries import report
from econsult.reach.mobiles import resume_number, stop_number
from econsult.reach.numbers import kept_form
from web.api.bodies import read_body
from web.context import database, now, ring_workers, settings
from web.shell.errors import problem
from web.words.stopping import Answered, read_answer

gateway = Blueprint("gateway", __name__, url_prefix="/gateway/sms")
REPORT = {
    "type": "object",
    "required": ["id", "state"],
    "properties": {"id": {"type": "string"}, "state": {"type": "string", "enum": ["delivered", "failed"]}},
}
INBOUND = {
    "type": "object",
    "required": ["from", "text"],
    "properties": {"from": {"type": "string"}, "text": {"type": "string"}},
}


@gateway.before_request
def _check_token() -> Response | None:
    """Without a token of its own there is no gateway; a wrong one opens nothing."""
    expected = settings().sms_hook_token
    if not expected:
        raise NotFoundError
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if hmac.compare_digest(given.encode(), expected.encode()):
        return None
    refusal = problem(401, "unauthorized", "Send the gateway's bearer token.")
    refusal.headers["WWW-Authenticate"] = "Bearer"
    return refusal


@gateway.post("/reports")
def reports() -> Response:
    """What became of a text, by the `id` that we gave it. Saying it again changes nothing."""
    said = read_body(REPORT)
    has_arrived, has_gateway = said["state"] == "delivered", bool(settings().sms_url)
    cipher = database().cipher
    with database().writing() as session:
        is_ours = report(session, cipher, said["id"], has_arrived=has_arrived, has_gateway=has_gateway, now=now())
    if not is_ours:
        raise NotFoundError
    ring_workers()
    return Response(status=204)


@gateway.post("/inbound")
def inbound() -> Response:
    """What somebody answered: STOP and ALTO end texts to this number, START and ALTA bring them back."""
    said = read_body(INBOUND)
    number = kept_form(said["from"])
    if number is None:
        raise InvalidError("This is no telephone number.", {"from": "invalid"})
    change = {Answered.STOP: stop_number, Answered.START: resume_number}.get(read_answer(said["text"]))
    if change is not None:
        with database().writing() as session:
            change(session, database().cipher, number, now())
    return Response(status=204)
