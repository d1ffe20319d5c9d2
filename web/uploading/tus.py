"""The resumable door: tus 1.0.0 over the verbs of the uploads room.

Who is speaking, what they own and how much they may send are settled before a byte of a body is read. `GET` is ours:
it tells an owner how an upload is, which tus leaves open.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

from flask import Blueprint, current_app, jsonify, request
from werkzeug import Response
from werkzeug.exceptions import BadRequest, MethodNotAllowed, UnsupportedMediaType
from werkzeug.http import http_date

from econsult import access
from econsult.consults.attachments import Attachment, AttachmentState, renditions_of
from econsult.consults.intake import UploadState
from econsult.errors import ConsultError, NotFoundError
from econsult.people.persons import Role
from storage.contract import StoreUnavailable
from uploads import ending, verbs
from uploads.chunks import ALGORITHMS, Chunk
from uploads.door import Door
from uploads.errors import LockedError, OffsetMismatchError, TooManyError
from uploads.kinds import LARGEST_OF_ALL, Wanted
from uploads.lines import Lines
from uploads.opened import Standing
from web.context import database, now, ring_workers, runtime
from web.shell import errors
from web.shell.auth import me, only, still_in
from web.shell.forms import SAFE_METHODS
from web.uploading.described import declared, described, idle_seconds
from web.uploading.tus_headers import (
    EXTENSIONS,
    VERSION,
    check_plain_body,
    checksum,
    later_length,
    metadata,
    new_length,
    number,
)
from web.words.files import FOR_FAMILIES

tus = Blueprint("tus", __name__, url_prefix="/uploads")
CHUNK_TYPE = "application/offset+octet-stream"
TROUBLE_SECONDS = "10"


def upload_door() -> Door:
    """The upload room's share of the runtime."""
    opened = runtime()
    lines = current_app.extensions.setdefault("upload_lines", Lines())
    return Door(opened.database, opened.vault, opened.settings.staging, lines, opened.settings.upload_lives)


def clock() -> datetime:
    """The time now: an upload outlives the moment at which its request began."""
    return datetime.now(UTC)


@tus.after_request
def speak_tus(response: Response) -> Response:
    """Name the protocol version on every answer, and when to come back where something is wrong on our side.

    Whatever that is, a HEAD hears 423: stock clients begin from zero after any other refusal of it.
    """
    if response.status_code >= 500:
        if _method() == "HEAD":
            response = tell_patience(LockedError())
        response.headers.setdefault("Retry-After", TROUBLE_SECONDS)
    response.headers["Tus-Resumable"] = VERSION
    return response


@tus.errorhandler(OffsetMismatchError)
def tell_offset(error: OffsetMismatchError) -> Response:
    """409, with the offset that would be right."""
    response = errors.problem(409, error.code, str(error), **error.detail)
    response.headers["Upload-Offset"] = str(error.offset)
    return response


@tus.errorhandler(TooManyError)
@tus.errorhandler(LockedError)
def tell_patience(error: TooManyError | LockedError) -> Response:
    """429 or 423, with the time to wait."""
    response = errors.problem(errors.status_of(error), error.code, str(error), **error.detail)
    response.headers["Retry-After"] = str(error.retry_after)
    return response


@tus.route("", methods=["OPTIONS"], provide_automatic_options=False)
@tus.route("/<object_id>", methods=["OPTIONS"], provide_automatic_options=False)
def tell_abilities(object_id: str = "") -> Response:  # noqa: ARG001 - the answer is the same for all.
    """What this server can do; asked without signing in."""
    response = Response(status=204)
    response.headers["Tus-Version"] = VERSION
    response.headers["Tus-Extension"] = EXTENSIONS
    response.headers["Tus-Max-Size"] = str(LARGEST_OF_ALL)
    response.headers["Tus-Checksum-Algorithm"] = ",".join(ALGORITHMS)
    return response


@tus.get("", provide_automatic_options=False)
@only(*Role)
def list_unfinished() -> Response:
    """The caller's uploads that can go on; `offset` is the least that is there, a HEAD tells it exactly."""
    if request.args.get("state", "incomplete") != "incomplete":
        raise BadRequest("Only state=incomplete can be asked for.")
    door = upload_door()
    rows = verbs.unfinished(door, me(), now=now())
    items = [described(row, verbs.glance(door, row)) | declared(row) for row in rows]
    idle = [{"idle": idle_seconds(door.staging, row, now())} for row in rows]
    return jsonify(items=[item | more for item, more in zip(items, idle, strict=True)])


@tus.post("", provide_automatic_options=False)
@only(*Role)
def create() -> Response:
    """Begin an upload, with its first bytes where the request brings some."""
    if refusal := _refuse_version():
        return refusal
    if "Upload-Concat" in request.headers:
        # A part must not be taken for a whole file.
        raise BadRequest("Files are not put together from parts here. Send each in one upload.")
    door, chunk = upload_door(), _chunk(0) if request.mimetype == CHUNK_TYPE else None
    upload = verbs.begin(door, me(), _wanted(), now=now())
    response = Response(status=201)
    response.headers["Location"] = f"/uploads/{upload.public_id}"
    response.headers["Upload-Expires"] = http_date(upload.expires_at)
    if chunk is not None:
        _tell_standing(response, _first(door, upload.public_id, chunk))
    return response


def _first(door: Door, object_id: str, chunk: Chunk) -> Standing:
    """Take what came with the creation. Where that fails it is ended, unless somebody has found it and gone on with it.

    Where the line was cut perhaps nobody does, so it does not wait for long.
    """
    try:
        standing = verbs.append(door, me(), object_id, chunk, clock=clock)
        is_cut = chunk.length is not None and standing.offset < chunk.length
        return verbs.doubt(door, object_id, standing, now=clock()) if is_cut else standing
    except (ConsultError, StoreUnavailable):
        with suppress(ConsultError, StoreUnavailable):
            ending.give_up(door, me(), object_id, now=clock())
        raise


# Flask adds HEAD to a GET route and OPTIONS to all; both are answered on purpose here.
@tus.route("/<object_id>", methods=["GET", "HEAD", "PATCH", "DELETE", "POST"], provide_automatic_options=False)
@only(*Role)
def use(object_id: str) -> Response:
    """One upload. Proxies that refuse PATCH or DELETE are got around with `X-HTTP-Method-Override`."""
    method = _method()
    if request.method in SAFE_METHODS and method not in SAFE_METHODS:
        # What a form's proof is not asked for must not change anything.
        raise BadRequest("Name this method in a POST request.")
    if method == "GET":
        return _status(object_id)
    if method == "OPTIONS":
        return tell_abilities()
    verb = {"HEAD": _head, "PATCH": _patch, "DELETE": _delete}.get(method)
    if verb is None:
        raise MethodNotAllowed(["GET", "HEAD", "PATCH", "DELETE", "OPTIONS"])
    return _refuse_version() or verb(object_id)


def _method() -> str:
    return request.headers.get("X-HTTP-Method-Override", request.method).upper()


def _head(object_id: str) -> Response:
    standing = verbs.look(upload_door(), me(), object_id, now=now())
    response = Response(status=200)
    _tell_standing(response, standing)
    if standing.length is None:
        response.headers["Upload-Defer-Length"] = "1"
    else:
        response.headers["Upload-Length"] = str(standing.length)
    if standing.metadata_text:
        response.headers["Upload-Metadata"] = standing.metadata_text
    return response


def _patch(object_id: str) -> Response:
    if request.mimetype != CHUNK_TYPE:
        raise UnsupportedMediaType
    chunk = _chunk(number("Upload-Offset"), later_length())
    standing = verbs.append(upload_door(), me(), object_id, chunk, clock=clock)
    response = Response(status=204)
    _tell_standing(response, standing)
    return response


def _delete(object_id: str) -> Response:
    ending.abandon(upload_door(), me(), object_id, now=now())
    return Response(status=204)


def _status(object_id: str) -> Response:
    door = upload_door()
    with database().reading() as session:
        upload = access.upload_for(session, me(), object_id, now=now())
        if upload.state == UploadState.TERMINATED:
            raise NotFoundError
        attachment = session.get(Attachment, upload.attachment_id) if upload.attachment_id else None
        is_seen = attachment is not None and access.may_look(session, me(), upload.consult, now())
        renditions = renditions_of(session, [attachment.id])[attachment.id] if attachment and is_seen else []
    thumb = next((rendition.public_id for rendition in renditions if rendition.name in {"thumb", "poster"}), None)
    told = described(upload, verbs.glance(door, upload))
    told["attachment"] = attachment and _told_of(attachment, thumb)
    return jsonify(told)


def _told_of(attachment: Attachment, thumb: str | None) -> dict[str, object]:
    """What became of the file; why one was refused also in words, which the card of a page says at once."""
    is_refused = attachment.state == AttachmentState.REJECTED
    return {
        "id": attachment.public_id,
        "state": attachment.state,
        "reason": attachment.reason,
        "words": FOR_FAMILIES.of(attachment.state, attachment.reason) if is_refused else None,
        "progress": attachment.progress,
        "thumb_url": thumb and f"/media/{thumb}",
    }


def _wanted() -> Wanted:
    told = metadata(request.headers.get("Upload-Metadata", ""))
    return Wanted(
        consult_id=told.get("consult_id", ""),
        kind=told.get("kind", ""),
        length=new_length(),
        filename=told.get("filename", ""),
        media_type=told.get("filetype", ""),
        metadata_text=request.headers.get("Upload-Metadata", ""),
        sha256=told.get("sha256") or None,
        view=told.get("view") or None,
        document_type=told.get("document_type") or None,
    )


def _chunk(offset: int, total: int | None = None) -> Chunk:
    check_plain_body()
    # The server's own stream, not Flask's: that one would hide how much came before a connection broke.
    environ = request.environ
    is_open_ended = request.content_length is None and environ.get("wsgi.input_terminated", False)
    client = environ.get("gunicorn.socket")
    return Chunk(
        offset=offset,
        source=environ["wsgi.input"],
        length=None if is_open_ended else request.content_length or 0,
        checksum=checksum(request.headers.get("Upload-Checksum")),
        total=total,
        set_timeout=client.settimeout if client is not None else None,
        hang_up=_hanging_up(client),
        is_still_in=still_in(),
    )


def _hanging_up(client: socket.socket | None) -> Callable[[], None] | None:
    """Ends the reading of a body from another thread; the answer can still be sent."""
    if client is None:
        return None

    def hang_up() -> None:
        with suppress(OSError):
            client.shutdown(socket.SHUT_RD)

    return hang_up


def _tell_standing(response: Response, standing: Standing) -> None:
    response.headers["Upload-Offset"] = str(standing.offset)
    if standing.is_complete:
        ring_workers()
    else:
        response.headers["Upload-Expires"] = http_date(standing.expires_at)


def _refuse_version() -> Response | None:
    if request.headers.get("Tus-Resumable") == VERSION:
        return None
    response = errors.problem(412, "unsupported_version", f"This server speaks tus {VERSION}.")
    response.headers["Tus-Version"] = VERSION
    return response
