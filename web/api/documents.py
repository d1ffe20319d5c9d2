"""What the API tells about files and about itself: the de-identification report, and the OpenAPI document."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, jsonify
from werkzeug import Response

from econsult import access
from econsult.errors import NotFoundError
from web.api.openapi import document
from web.api.routing import route
from web.context import database, now
from web.shell.auth import me

about = Blueprint("about", __name__, url_prefix="/api")


@route("GET", "/attachments/<attachment_id>/report", answer="Report")
def show_report(attachment_id: str) -> dict[str, Any]:
    """What was changed in a file to make its safe copies, and what was looked for; as the pages, for staff alone."""
    with database().writing() as session:
        attachment = access.attachment_for(session, me(), attachment_id, now=now(), for_report=True)
        if attachment.report is None:
            raise NotFoundError
        return attachment.report


@about.get("/openapi.json")
def show_openapi() -> Response:
    """The API in OpenAPI 3.1; it can be read without signing in."""
    return jsonify(document())
