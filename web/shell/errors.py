"""What people and machines are told when something goes wrong: a calm page in their language, or problem details.

No page and no answer carries health data: the words are fixed, apart from the sentence of a rule that said no, which
machines get in `detail`. The consult's errors are translated to HTTP here and nowhere else.
"""

from __future__ import annotations

import logging
from http import HTTPStatus

from flask import Flask, Response, abort, current_app, g, make_response, redirect, render_template, request
from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import DataError, InterfaceError, InternalError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.exceptions import HTTPException

from econsult.consults.damage import DamagedError
from econsult.consults.glass import NotTakenError
from econsult.errors import (
    ConsultError,
    EmergencyError,
    ErasedError,
    ForbiddenError,
    ImpossibleVerbError,
    InvalidError,
    NotFoundError,
    StaleVersionError,
    TooManyTriesError,
)
from econsult.people.deaths import AfterDeathError
from econsult.unreadable import UnreadableError
from imaging import TypesettingError
from storage.contract import StoreFull, StoreUnavailable
from uploads.errors import (
    ChecksumMismatchError,
    CutShortError,
    GoneError,
    LockedError,
    SignedOutError,
    TooBigError,
    TooManyError,
)
from web.context import signed_in
from web.shell.forms import FormRefusedError, is_for_machine
from web.shell.places import nearest_page
from web.shell.unreadable import IncompleteFileError
from web.words.ending import after_death
from web.words.language import gettext
from web.words.problems import refusal_words
from web.words.times import erased_words, start_large

_log = logging.getLogger(__name__)
STATUS_OF: tuple[tuple[type[ConsultError], int], ...] = (
    (NotFoundError, 404),
    (ForbiddenError, 403),
    (InvalidError, 422),
    (EmergencyError, 409),
    (ImpossibleVerbError, 409),
    (StaleVersionError, 409),
    (SignedOutError, 401),
    (GoneError, 410),
    (ErasedError, 410),
    (LockedError, 423),
    (TooBigError, 413),
    (TooManyError, 429),
    (TooManyTriesError, 429),
    (ChecksumMismatchError, 460),
    (CutShortError, 400),
    (DamagedError, 500),
    (ConsultError, 409),
)
AWAY = (OperationalError, InternalError, InterfaceError, PoolTimeoutError)
"""What a database says that is away, read-only, full, or whose connections are all in use: nothing was half done."""
DISK_FULL = "53100"
# Statuses that the standard library has no phrase for.
PHRASES = {460: "Checksum Mismatch"}
TITLES = {
    400: _l("We could not read that"),
    403: _l("You may not do this"),
    404: _l("We could not find this page"),
    409: _l("Something changed meanwhile"),
    413: _l("This file is too big"),
    422: _l("Something is missing"),
    429: _l("Too many tries"),
    500: _l("Something went wrong on our side"),
    503: _l("We will be back soon"),
}
ADVICE = {
    400: _l("Go back, reload the page and try again."),
    403: _l("Your account does not allow it. Ask your clinic if you think it should."),
    404: _l("The link may be old or the address may be wrong. Nothing is lost."),
    409: _l("Someone else was faster, or this step is already done. Go back and reload the page to see how it is now."),
    413: _l("Send a smaller file, or call us and we will find another way."),
    422: _l("Go back, check what you gave and try again."),
    429: _l("Please wait a few minutes and try again."),
    500: _l("We wrote it down and will look at it. Your work is safe. Try again in a moment."),
    503: _l("The system is busy or being serviced. Your work is safe. Try again in a few minutes."),
}


NO_PAPER = _l("The PDF cannot be made now. Go back and take the text instead, or try again in a few minutes.")
DAMAGED = _l("A part of it was damaged where we keep it. We know of it. Please call us.")
DAMAGED_FORM = _l(
    "A part of it was damaged where we keep it. We know of it. "
    "Before you send it again, go back and see if it was done. Please call us."
)
INCOMPLETE = _l("A part of it was damaged where we keep it, and a file cannot say what is missing. Please call us.")
CUT_SHORT = _l("The connection broke before everything had arrived. Go back and send it again.")


def init_errors(app: Flask) -> None:
    """Answer every HTTP error and every error of the consult; anything else becomes a logged 500."""
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(ConsultError, told_error)
    app.register_error_handler(StoreUnavailable, _store_error)
    app.register_error_handler(TypesettingError, _paper_error)
    for kind in AWAY:
        app.register_error_handler(kind, told_database)
    app.register_error_handler(DataError, _data_error)
    app.register_error_handler(UnreadableError, _unreadable)
    app.before_request(_refuse_nul)


def status_of(error: ConsultError) -> int:
    """The HTTP status that says what this rule said."""
    return next(status for kind, status in STATUS_OF if isinstance(error, kind))


def problem(status: int, code: str, detail: str, **members: object) -> Response:
    """RFC 9457 problem details. `code` also ends the type, which never changes; `members` are added as they are."""
    title = PHRASES.get(status) or HTTPStatus(status).phrase
    body = {"type": f"/problems/{code}", "title": title, "status": status, "detail": detail, "code": code, **members}
    response = make_response(current_app.json.dumps(body), status)
    response.mimetype = "application/problem+json"
    return response


def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    if error.response is not None or status < 400:
        return make_response(error.get_response())
    if is_for_machine():
        code = "_".join(HTTPStatus(status).phrase.lower().replace("-", " ").split())
        ours = error.description if error.description != type(error).description else None
        response = problem(status, code, str(ours or HTTPStatus(status).description or HTTPStatus(status).phrase))
    elif status == HTTPStatus.METHOD_NOT_ALLOWED and request.method in ("GET", "HEAD"):
        # The address of a form, reloaded by hand, typed or kept as a bookmark: its page is meant.
        return make_response(redirect(nearest_page(), 303))
    else:
        response = _page(status, str(error.description) if isinstance(error, FormRefusedError) else "")
    for name, value in error.get_headers():
        if name in {"Allow", "Content-Range", "Retry-After", "WWW-Authenticate"}:
            response.headers[name] = value
    return response


def told_error(error: ConsultError) -> Response:
    """The page, or the problem document, that says what this rule said."""
    status = status_of(error)
    if is_for_machine():
        return problem(status, error.code, refusal_words(error), **error.detail)
    if isinstance(error, ErasedError):
        words = gettext("%(erased)s. Nobody can open it any more.", erased=start_large(erased_words(error.at)))
        return _page(status, words, gettext("This record is gone"))
    if isinstance(error, AfterDeathError):
        return _page(status, after_death(is_staff=_is_staff()), gettext("No new question"))
    if isinstance(error, NotTakenError):
        words = gettext("Take the request first. Only whoever has taken it may ask who the child is.")
        return _page(status, words, gettext("Who is the child?"))
    if isinstance(error, DamagedError):
        return _page(
            status,
            gettext("It was damaged where we keep it. We know of it. Call us if you need it now."),
            gettext("This file does not open"),
        )
    return _page(status, str(CUT_SHORT) if isinstance(error, CutShortError) else "")


def _store_error(error: StoreUnavailable) -> Response:
    status = 507 if isinstance(error, StoreFull) else 503
    words = "There is no room for this now." if status == 507 else "The files cannot be reached now. Try again soon."
    response = problem(status, "store_unavailable", words) if is_for_machine() else _page(503)
    response.headers["Retry-After"] = "10"
    return response


def _paper_error(error: TypesettingError) -> Response:
    """The text says the same, and needs no press."""
    _log.error("A note could not be set: %s", error)
    words = "The PDF cannot be made now. The text at note.txt says the same."
    response = problem(503, "paper_unavailable", words) if is_for_machine() else _page(503, str(NO_PAPER))
    response.headers["Retry-After"] = "10"
    return response


def told_database(error: SQLAlchemyError) -> Response:
    """The database is away, too busy or out of room. Nothing was half done, so trying again is right."""
    said = getattr(error, "orig", error)
    if "disk is full" in str(said) or getattr(said, "sqlstate", "") == DISK_FULL:
        _log.error("The disk of the database is full.")
        return _store_error(StoreFull("The disk of the database is full."))
    _log.error("The database did not answer %s: %s", request.endpoint, type(said).__name__)
    words = "The database does not answer now. Try again soon."
    response = problem(503, "database_unavailable", words) if is_for_machine() else _page(503)
    response.headers["Retry-After"] = "10"
    return response


def _data_error(_error: DataError) -> Response:
    """A value that PostgreSQL cannot hold, such as a NUL in a text or a number beyond all keys."""
    words = "A value cannot be kept: a NUL in a text, or a number that is too large."
    return problem(422, "invalid", words, fields={}) if is_for_machine() else _page(422)


def damaged_words(error: UnreadableError) -> str:
    """What is said where a cell is damaged, which whoever runs the system reads in the log."""
    _log.error("ALARM: %s %s met a cell that cannot be read (%s).", request.method, request.endpoint, error.column)
    return str(DAMAGED if request.method in ("GET", "HEAD") else DAMAGED_FORM)


def _unreadable(error: UnreadableError) -> Response:
    """A page about one case of which a cell is damaged, a file that would go without it, or what was to change it.

    A form may have done a first part before it came to the cell.
    """
    words = damaged_words(error)
    if is_for_machine():
        said = "" if request.method in ("GET", "HEAD") else " Look how it stands before you send this again."
        return problem(500, "record_damaged", f"A part of this record is damaged.{said}")
    if isinstance(error, IncompleteFileError):
        return _page(500, str(INCOMPLETE), gettext("We cannot make this file now"))
    return _page(500, words, gettext("This page does not open"))


def _refuse_nul() -> None:
    """Nothing has a NUL in its name; PostgreSQL would not even look."""
    if "\x00" in request.path:
        abort(404)


def _page(status: int, reason: str = "", title: str = "") -> Response:
    g.is_error_page = True
    known = status if status in TITLES else (400 if status < 500 else 500)
    title, advice = title or str(TITLES[known]), reason or ADVICE[known]
    return make_response(render_template("errors/error.html", status=status, title=title, advice=advice), status)


def _is_staff() -> bool:
    person = signed_in()
    return person is not None and person.is_staff
