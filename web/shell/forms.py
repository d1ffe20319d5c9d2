"""Forms: proof that a form is ours (CSRF), and plain reading of its fields with errors kept beside them.

The proof has two parts. The browser's own word, `Origin` and `Sec-Fetch-Site`, must not name another site; and the
form must carry a token made from a random key that only this browser's cookie holds and from the session it was made
in. Requests with a bearer token carry no cookie authority and need neither.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Collection
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, request
from flask_babel import lazy_gettext
from werkzeug.exceptions import BadRequest

from econsult.seeing import seen_part
from econsult.values import has_digits
from web.context import runtime, signed_in
from web.cookies import read_cookie, set_cookie
from web.words.language import gettext

FIELD = "csrf_token"
HEADER = "X-CSRF-Token"
COOKIE = "econsult_form"
SAFE_METHODS = ("GET", "HEAD", "OPTIONS", "TRACE")
SMALL_BODY = 1024 * 1024
FILES = "/uploads"
MACHINE_PATHS = ("/api/", FILES, "/fhir/", "/health/", "/gateway/")
View = TypeVar("View", bound=Callable[..., Any])


class FormRefusedError(BadRequest):
    """The form was not made by this site for this browser, or it is too old."""

    description = lazy_gettext(
        "This form is too old or came from another place. Go back, reload the page and try again."
    )


def init_forms(app: Flask) -> None:
    """Check every unsafe request before its view, and give templates `csrf_token()`."""
    app.jinja_env.globals["csrf_token"] = csrf_token
    app.before_request(_refuse_forged)
    app.after_request(_keep_key)


def init_bodies(app: Flask) -> None:
    """Bound what a body may hold, before anything reads one."""
    app.config["MAX_CONTENT_LENGTH"] = SMALL_BODY
    app.before_request(_bound_body)


def accepts_body(limit: int) -> Callable[[View], View]:
    """Let a view take a body of up to `limit` bytes; others get the small default and 413 above it."""

    def mark(view: View) -> View:
        view.max_body = limit  # type: ignore[attr-defined]
        return view

    return mark


def json_body() -> Any:
    """The JSON that a script of a page sent; None for what is none, or lies deeper than anything of ours.

    Half a sign, which a script may send and no text can hold, is what a form would have sent in its place.
    """
    try:
        return _whole(request.get_json(silent=True))
    except RecursionError:
        return None


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_whole(name): _whole(entry) for name, entry in value.items()}
    return [_whole(entry) for entry in value] if isinstance(value, list) else value


def hear_all() -> None:
    """Read the body of this request to its end, unless its view reads it as a stream.

    On a poor line, or on purpose, that takes up to half a minute. Who is speaking is asked afterwards: whoever was
    signed out meanwhile is out.
    """
    is_stream = getattr(_view(), "reads_own_form", False) or request.path.startswith(FILES)
    if request.method not in SAFE_METHODS and request.endpoint is not None and not is_stream:
        request.get_data(parse_form_data=not is_for_machine())


def reads_own_form(view: View) -> View:
    """Mark a view that reads its body as a stream: it calls `refuse_token` itself once it has read that field."""
    view.reads_own_form = True  # type: ignore[attr-defined]
    return view


def does_nothing_for_visitors(view: View) -> View:
    """Mark a view that without a session changes nothing, so that its form needs no proof then."""
    view.does_nothing_for_visitors = True  # type: ignore[attr-defined]
    return view


def refuse_token(given: str) -> None:
    """Raise FormRefusedError unless `given` is this browser's token, or the request speaks with a bearer token."""
    if not is_bearer() and not _is_token(given):
        raise FormRefusedError


def is_of_session(session_ref: str) -> bool:
    """Whether the form of this request came from here, and was made by this browser in that session."""
    key = read_cookie(COOKIE)
    wanted = _token(key, session_ref).encode()
    return _is_from_here() and bool(key) and hmac.compare_digest(request.form.get(FIELD, "").encode(), wanted)


def csrf_token() -> str:
    """The token for forms and for the X-CSRF-Token header: 64 hex digits, good in this session of this browser."""
    key = read_cookie(COOKIE)
    if not re.fullmatch(r"[0-9a-f]{32}", key):
        key = g.setdefault("new_form_key", secrets.token_hex(16))
    return _token(key)


def _token(key: str, session_ref: str | None = None) -> str:
    # A token from before signing in is void afterwards, and the reverse.
    text = f"form:{key}:{(g.get('session_ref') or '') if session_ref is None else session_ref}"
    return hmac.new(runtime().secret_key.encode(), text.encode(), hashlib.sha256).hexdigest()


def _view() -> object:
    """The view of this request; None where its address is none."""
    return current_app.view_functions.get(request.endpoint or "")


def _bound_body() -> None:
    request.max_content_length = getattr(_view(), "max_body", SMALL_BODY)


def _refuse_forged() -> None:
    view = _view()
    if request.method in SAFE_METHODS or request.endpoint is None or is_bearer():
        return
    if signed_in() is None and (is_for_machine() or getattr(view, "does_nothing_for_visitors", False)):
        # Nobody's authority can be misused here; the view asks for a token, or to sign in (a session may have ended).
        return
    has_proof = getattr(view, "reads_own_form", False) or has_token()
    if not (_is_from_here() and has_proof):
        raise FormRefusedError


def is_for_machine() -> bool:
    """Whether a program asks, by its token or by the address: it gets problem details instead of pages."""
    return is_bearer() or (request.path.startswith(MACHINE_PATHS) and request.path != "/uploads/simple")


def is_bearer() -> bool:
    """Whether the request speaks with a bearer token; the sign-in code must then ignore the session cookie."""
    return request.headers.get("Authorization", "").lower().startswith("bearer ")


def _is_from_here() -> bool:
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    origin = request.headers.get("Origin", "null")
    # Browsers send the origin "null" from our own pages, because those forbid the referrer. The token still decides.
    try:
        is_ours = origin == "null" or urlsplit(origin)[:2] == urlsplit(request.url)[:2]
    except ValueError:
        # No address at all, such as a bracket that is never closed.
        return False
    return is_ours and site in {"same-origin", "none"}


def has_token() -> bool:
    """Whether the form of this request was made for this browser in its session."""
    return _is_token(request.headers.get(HEADER) or request.form.get(FIELD, ""))


def _is_token(given: str) -> bool:
    key = read_cookie(COOKIE)
    return bool(key) and hmac.compare_digest(given.encode(), _token(key).encode())


def _keep_key(response: Response) -> Response:
    if key := g.get("new_form_key"):
        set_cookie(response, COOKIE, key)
    return response


class FormReader:
    """The fields of one posted form. Each reading method returns a clean value and notes what is wrong with it."""

    def __init__(self) -> None:
        self.errors: dict[str, str] = {}

    def text(self, name: str, *, longest: int, required: str = "") -> str:
        """Trimmed text of at most `longest` characters, empty where nothing of it can be seen.

        `required` is the sentence to show when it is empty.
        """
        value = seen_part(request.form.get(name, "").replace("\r\n", "\n"))
        if required and not value:
            self.errors[name] = required
        if len(value) > longest:
            self.errors[name] = gettext(
                "Use at most %(number)d letters. You have %(count)d.", number=longest, count=len(value)
            )
        return value

    def phone(self, name: str, *, required: str = "") -> str:
        """A telephone number as it was typed; what has fewer than seven digits can be called by nobody."""
        value = self.text(name, longest=40, required=required)
        if value and not has_digits(value):
            self.errors[name] = gettext("Write the whole number, with at least 7 digits")
        return value

    def choice(self, name: str, options: Collection[str], *, required: str = "") -> str:
        """One of `options`, or an empty string; anything else counts as not answered."""
        value = request.form.get(name, "")
        if value not in options:
            value = ""
        if required and not value:
            self.errors[name] = required
        return value

    def choices(self, name: str, options: Collection[str]) -> list[str]:
        """All ticked values that are among `options`, in the order of the form."""
        return [value for value in request.form.getlist(name) if value in options]

    def is_ticked(self, name: str, *, required: str = "") -> bool:
        """Whether a checkbox is ticked."""
        ticked = name in request.form
        if required and not ticked:
            self.errors[name] = required
        return ticked
