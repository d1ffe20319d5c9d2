"""Safe copies for people who may see them: decrypted while they are sent, with ranges so that a video can be wound.

There is no route to an original: only renditions, which were made from pixels, have addresses at all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, request
from werkzeug import Response
from werkzeug.exceptions import RequestedRangeNotSatisfiable

from econsult import access
from econsult.consults.attachments import Rendition
from web.context import database, now, runtime
from web.shell.auth import me, only
from web.shell.still import still_may, while_allowed
from web.showing.copies import StoredCopy, checked

media = Blueprint("media", __name__)
SUFFIXES = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "video/mp4": "mp4"}
SANDBOX = "default-src 'none'; frame-ancestors 'none'; sandbox"


@dataclass(frozen=True)
class Span:
    """The bytes `start` to before `stop` of a file of `size` bytes."""

    start: int
    stop: int
    size: int
    is_part: bool = True
    """Whether a range was asked for; one that happens to be everything is answered as a range as well."""


@media.get("/media/<rendition_id>")
@only()
def show(rendition_id: str) -> Response:
    """One rendition, or a range of it. That it was looked at is written down before the first byte leaves."""
    with database().writing() as session:
        rendition, attachment = access.rendition_for(session, me(), rendition_id, now=now())
    with database().reading() as session:
        key = runtime().vault.object_key(session, attachment.patient_id, rendition.object_id, rendition.key_wrapped)
    look = still_may(lambda session, person, at: access.rendition_for(session, person, rendition_id, now=at))
    return send_copy(rendition, key, look)


def send_copy(rendition: Rendition, key: bytes, may_go_on: Callable[[], bool]) -> Response:
    """Its bytes, or the range that was asked for, under headers that make them harmless; as long as they may go on.

    Raises DamagedError, StoreUnavailable where not even the first of them can be read.
    """
    span = _span(rendition.size)
    copy = StoredCopy(database(), runtime().blobs, rendition, key)
    pieces = while_allowed(checked(copy.pieces(span.start, span.stop)), may_go_on)
    return _headed(Response(pieces, status=206 if span.is_part else 200), rendition, span)


def _span(size: int) -> Span:
    asked = request.range
    if asked is None or asked.units != "bytes" or len(asked.ranges) != 1 or "If-Range" in request.headers:
        return Span(0, size, size, is_part=False)
    found = asked.range_for_length(size)
    if found is None:
        raise RequestedRangeNotSatisfiable(length=size)
    return Span(found[0], found[1], size)


def _headed(response: Response, rendition: Rendition, span: Span) -> Response:
    suffix = SUFFIXES.get(rendition.media_type)
    response.headers["Content-Type"] = rendition.media_type if suffix else "application/octet-stream"
    response.headers["Content-Disposition"] = f'inline; filename="{rendition.name}.{suffix or "bin"}"'
    response.headers["Content-Length"] = str(span.stop - span.start)
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["Content-Security-Policy"] = SANDBOX
    if span.is_part:
        response.headers["Content-Range"] = f"bytes {span.start}-{span.stop - 1}/{span.size}"
    return response
