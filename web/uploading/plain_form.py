"""A form with files, for browsers without JavaScript, read as a stream: its words first, then each file.

No file rests on the disk as it is, and no word waits for a file: whoever reads the words can keep them before the first
byte of a file is taken. Each file field is named KIND or KIND:DETAIL, as `docs/uploads-client.md` says.
"""

from __future__ import annotations

from collections.abc import Iterator

from flask import abort, g, request
from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from werkzeug.exceptions import LengthRequired, RequestEntityTooLarge, UnsupportedMediaType

from econsult.consults.attachments import Attachment, MediaKind
from econsult.errors import (
    ConsultError,
    EmergencyError,
    ForbiddenError,
    ImpossibleVerbError,
    InvalidError,
    NotFoundError,
)
from uploads import verbs
from uploads.errors import (
    CutShortError,
    OffsetMismatchError,
    SignedOutError,
    SignsFirstError,
    TooBigError,
    TooManyError,
)
from uploads.kinds import LARGEST_SIMPLE, TAKES_FILES, Wanted
from web.context import ring_workers
from web.shell.auth import ask_to_sign_in, check_still_in, me, still_in
from web.shell.forms import FIELD, HEADER, SMALL_BODY, refuse_token
from web.uploading.form_stream import FilePart, FormStream, Limits, TextPart
from web.uploading.tus import clock, upload_door

MOST_FILES = 10
LARGEST_FORM = MOST_FILES * LARGEST_SIMPLE
IDLE_SECONDS = 30.0
MULTIPART = "multipart/form-data"
WORDY = Limits(field=SMALL_BODY // 4, parts=200)
"""For the form of a page: what is too long is named at its field, not refused unread."""
PROBLEMS: tuple[tuple[type[ConsultError], str], ...] = (
    (TooBigError, "too_big"),
    (TooManyError, "too_many"),
    (OffsetMismatchError, "empty"),
    (ImpossibleVerbError, "closed"),
    (SignsFirstError, "signs_first"),
    (EmergencyError, "emergency"),
    (ForbiddenError, "not_allowed"),
    (NotFoundError, "not_allowed"),
    (CutShortError, "unknown"),
    (InvalidError, "unknown"),
)


def problem_of(refusal: ConsultError) -> str:
    """The code of what was wrong with a file."""
    return next((code for kind, code in PROBLEMS if isinstance(refusal, kind)), "unknown")


class PlainForm:
    """One form, and what became of its files."""

    def __init__(self, parts: Iterator[TextPart | FilePart]) -> None:
        self.fields: MultiDict[str, str] = MultiDict()
        self.attachments: list[Attachment] = []
        self.refusals: list[ConsultError] = []
        self._parts = parts
        self._first = self._read_words()
        refuse_token(request.headers.get(HEADER) or self.fields.get(FIELD, ""))

    def take_files(self, consult_id: str) -> None:
        """Take every file to this consult, and read the words behind them."""
        while self._first is not None:
            self._take(self._first, consult_id)
            self._first = self._read_words()

    def told(self) -> dict[str, str]:
        """How many files arrived, and the code of what was wrong with the first that did not."""
        told = {"sent": str(len(self.attachments))}
        if self.refusals:
            told["problem"] = problem_of(self.refusals[0])
        return told

    def _read_words(self) -> FilePart | None:
        """Read up to the next file; none at the end."""
        for part in self._parts:
            if isinstance(part, TextPart):
                self.fields.add(part.name, part.value)
            elif part.filename:
                return part
        return None

    def _take(self, part: FilePart, consult_id: str) -> None:
        kind, _, detail = part.name.partition(":")
        is_document = kind == MediaKind.LAB_DOCUMENT
        wanted = Wanted(
            consult_id=consult_id,
            kind=kind,
            length=None,
            filename=part.filename,
            media_type=part.media_type,
            view=None if is_document else detail or None,
            document_type=(detail or None) if is_document else None,
        )
        try:
            if (request.content_length or 0) > LARGEST_FORM:
                raise TooBigError(LARGEST_SIMPLE)
            self.attachments.append(
                verbs.receive(upload_door(), me(), wanted, part, clock=clock, is_still_in=still_in())
            )
            # At once: the next file may be cut, and nothing is said of this one then.
            ring_workers()
        except CutShortError:
            raise
        except SignedOutError:
            abort(ask_to_sign_in())
        except ConsultError as refusal:
            # One file that is too big is no reason to lose the others.
            self.refusals.append(refusal)


def open_files() -> PlainForm:
    """The form of the plain door, which brings hardly any words."""
    if request.content_length is not None and request.content_length > LARGEST_FORM:
        raise RequestEntityTooLarge
    form = PlainForm(_stream(Limits()).parts())
    check_still_in()
    return form


def open_page_form() -> PlainForm:
    """The form of a page that has words to keep and perhaps files; `request.form` holds the words from now on.

    Files are passed over, not the words lost with them, where all together are too large.
    """
    if request.mimetype != MULTIPART:
        form = PlainForm(iter([TextPart(name, value) for name, value in request.form.items(multi=True)]))
    else:
        form = PlainForm(_stream(WORDY).parts())
    keep_words(form)
    check_still_in()
    return form


def keep_words(form: PlainForm) -> None:
    """Let `request.form` hold all words that were read so far."""
    request.form = ImmutableMultiDict(form.fields)
    g.is_form_read = True


def _stream(limits: Limits) -> FormStream:
    boundary = request.mimetype_params.get("boundary", "")
    if request.mimetype != MULTIPART or not 1 <= len(boundary) <= 200 or not boundary.isascii():
        raise UnsupportedMediaType
    if request.content_length is None:
        raise LengthRequired
    client, takes_files = (request.environ.get(name) for name in ("gunicorn.socket", TAKES_FILES))
    if takes_files is not None:
        takes_files()
    elif client is not None:
        client.settimeout(IDLE_SECONDS)
    return FormStream(request.environ["wsgi.input"], boundary, request.content_length, limits)
