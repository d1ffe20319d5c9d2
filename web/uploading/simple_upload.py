"""The plain door, for browsers without JavaScript: a form with files, through the same steps as the resumable one.

The form is read as a stream, so its order matters: the proof, the consult and the place to return to come before the
first file. Each file field is named KIND or KIND:DETAIL, as `docs/uploads-client.md` says.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, jsonify, make_response, redirect, request
from werkzeug import Response
from werkzeug.exceptions import LengthRequired, RequestEntityTooLarge, UnsupportedMediaType

from econsult.consults.attachments import Attachment, MediaKind
from econsult.errors import ConsultError, ForbiddenError, ImpossibleVerbError, InvalidError, NotFoundError
from uploads import verbs
from uploads.errors import CutShortError, OffsetMismatchError, TooBigError, TooManyError
from uploads.kinds import LARGEST_SIMPLE, Wanted
from web.context import ring_workers
from web.shell.auth import me, only
from web.shell.forms import FIELD, HEADER, is_bearer, reads_own_form, refuse_token
from web.uploading.form_stream import FilePart, FormStream, TextPart
from web.uploading.tus import clock, upload_door
from web.words.language import safe_path

simple_upload = Blueprint("simple_upload", __name__)
MOST_FILES = 10
LARGEST_FORM = MOST_FILES * LARGEST_SIMPLE
IDLE_SECONDS = 30.0
PROBLEMS: tuple[tuple[type[ConsultError], str], ...] = (
    (TooBigError, "too_big"),
    (TooManyError, "too_many"),
    (OffsetMismatchError, "empty"),
    (ImpossibleVerbError, "closed"),
    (ForbiddenError, "not_allowed"),
    (NotFoundError, "not_allowed"),
    (CutShortError, "unknown"),
    (InvalidError, "unknown"),
)


@dataclass
class Outcome:
    """What became of one form."""

    fields: dict[str, str] = field(default_factory=dict)
    attachments: list[Attachment] = field(default_factory=list)
    refusals: list[ConsultError] = field(default_factory=list)
    is_proven: bool = False


@simple_upload.post("/uploads/simple")
@reads_own_form
@only()
def receive() -> Response:
    """Take every file of the form. A browser is sent back to `next`; a program gets the attachments as JSON."""
    outcome = _read_form()
    if outcome.attachments:
        ring_workers()
    return _for_program(outcome) if is_bearer() else _for_browser(outcome)


def _read_form() -> Outcome:
    outcome = Outcome()
    for part in _open_form().parts():
        if isinstance(part, TextPart):
            outcome.fields[part.name] = part.value
        elif part.filename:
            _check_proof(outcome)
            _take_file(outcome, part)
    _check_proof(outcome)
    return outcome


def _open_form() -> FormStream:
    boundary = request.mimetype_params.get("boundary", "")
    if request.mimetype != "multipart/form-data" or not 1 <= len(boundary) <= 200 or not boundary.isascii():
        raise UnsupportedMediaType
    if request.content_length is None:
        raise LengthRequired
    if request.content_length > LARGEST_FORM:
        raise RequestEntityTooLarge
    client = request.environ.get("gunicorn.socket")
    if client is not None:
        client.settimeout(IDLE_SECONDS)
    return FormStream(request.environ["wsgi.input"], boundary, request.content_length)


def _check_proof(outcome: Outcome) -> None:
    if not outcome.is_proven:
        refuse_token(request.headers.get(HEADER) or outcome.fields.get(FIELD, ""))
        outcome.is_proven = True


def _take_file(outcome: Outcome, part: FilePart) -> None:
    kind, _, detail = part.name.partition(":")
    is_document = kind == MediaKind.LAB_DOCUMENT
    wanted = Wanted(
        consult_id=outcome.fields.get("consult_id", ""),
        kind=kind,
        length=None,
        filename=part.filename,
        media_type=part.media_type,
        view=None if is_document else detail or None,
        document_type=(detail or None) if is_document else None,
    )
    try:
        outcome.attachments.append(verbs.receive(upload_door(), me(), wanted, part, clock=clock))
    except CutShortError:
        raise
    except ConsultError as refusal:
        # One file that is too big is no reason to lose the others.
        outcome.refusals.append(refusal)


def _for_program(outcome: Outcome) -> Response:
    if outcome.refusals and not outcome.attachments:
        raise outcome.refusals[0]
    items = [{"id": attachment.public_id, "state": attachment.state} for attachment in outcome.attachments]
    refused = [{"code": refusal.code, "detail": str(refusal)} for refusal in outcome.refusals]
    return make_response(jsonify(items=items, refused=refused), 201)


def _for_browser(outcome: Outcome) -> Response:
    told: dict[str, str] = {"sent": str(len(outcome.attachments))}
    if outcome.refusals:
        told["problem"] = next((code for kind, code in PROBLEMS if isinstance(outcome.refusals[0], kind)), "unknown")
    place = urlsplit(safe_path(outcome.fields.get("next", "/")))
    query = "&".join(filter(None, (place.query, urlencode(told))))
    return redirect(place._replace(query=query).geturl(), code=303)
