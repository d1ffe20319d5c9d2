"""What the log learns of a crash: the kind of error and the places it passed, never its message or the address.

An error's message may hold what a person wrote, and an address may hold the token of a sign-in link.
"""

from __future__ import annotations

import logging
from pathlib import Path
from traceback import extract_tb
from types import TracebackType

from flask import Flask, request

_log = logging.getLogger(__name__)
ExcInfo = tuple[type[BaseException] | None, BaseException | None, TracebackType | None]


def init_crashes(app: Flask) -> None:
    """Take the place of Flask's own log line, which prints the address and the message."""
    # Flask calls this method of the application for every error that no handler answers.
    app.log_exception = log_crash  # type: ignore[method-assign]


def log_crash(exc_info: ExcInfo) -> None:
    """One line for the error and one for each place in the code."""
    kind, _error, trace = exc_info
    places = [f"{Path(frame.filename).name}:{frame.lineno} in {frame.name}" for frame in extract_tb(trace)]
    name = kind.__name__ if kind else "An error"
    _log.error("%s in %s %s\n  %s", name, request.method, request.endpoint, "\n  ".join(places))
