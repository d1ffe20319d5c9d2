"""Two that each waited for what the other held, or wrote the same new row: the database ends one of them, and that one
is done once more.

All that changes many requests locks them in one order, but a form may find more of them only when it holds some.
Nothing is left of the transaction that was ended, so a person need not be asked to send the same form again.
"""

from __future__ import annotations

import logging

from flask import Flask, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import IntegrityError, OperationalError

_log = logging.getLogger(__name__)
DEADLOCK, TWICE = "40P01", "23505"
KEPT = ("", "application/x-www-form-urlencoded", "application/json")
"""The bodies that are still there after they were read: a file's is read from the line as it comes."""


class Pages(Flask):
    """The application, in which who came second is done once more, and then finds what the first one wrote."""

    def dispatch_request(self) -> ResponseReturnValue:
        """Answer this request. Raises what the view raises, a second such end too."""
        try:
            return super().dispatch_request()
        except (IntegrityError, OperationalError) as error:
            # SQLite has one writer at a time, and so none.
            if getattr(error.orig, "sqlstate", "") not in (DEADLOCK, TWICE) or request.mimetype not in KEPT:
                raise
        _log.info("Two at once in %s: done once more.", request.endpoint)
        return super().dispatch_request()
