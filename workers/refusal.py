"""A wrong setting, in the shape that gunicorn answers with its sentence alone.

Of any other error that an application raises while it is loaded, gunicorn prints a traceback and starts again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from gunicorn.errors import AppImportError

from econsult.errors import SettingError


class StartRefusedError(SettingError, AppImportError):  # type: ignore[misc] # The server's library is not typed.
    """The start stops with this one line, under gunicorn too."""


@contextmanager
def refusing() -> Iterator[None]:
    """Give a SettingError that shape."""
    try:
        yield
    except SettingError as error:
        raise StartRefusedError(str(error)) from None
