"""Two that each waited for what the other held, or wrote the same new row: the database ends one of them, and that one
is done again.

All that changes many requests locks them in one order, but a form may find more of them only when it holds some.
Nothing is left of the transaction that was ended, so a person need not be asked to send the same form again.
"""

from __future__ import annotations

import logging
import random
import time

from flask import Flask, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import IntegrityError, OperationalError

from web.shell.rules import LateRule
from web.shell.unreadable import answered

_log = logging.getLogger(__name__)
DEADLOCK, TWICE = "40P01", "23505"
KEPT = ("", "application/x-www-form-urlencoded", "application/json")
"""The bodies that are still there after they were read: a file's is read from the line as it comes."""


TRIES, PAUSE = 4, 0.05
"""How often a request is done at the most, and up to how many seconds it waits before, longer each time: who goes on at
once may meet the same other one again, which holds what it held.
"""


class Pages(Flask):
    """The application, in which who came second is done again, and then finds what the first one wrote."""

    url_rule_class = LateRule

    def dispatch_request(self) -> ResponseReturnValue:
        """Answer this request. Raises what the view raises; such an end too where it comes each time."""
        for tries in range(1, TRIES):
            try:
                return answered(super().dispatch_request)
            except (IntegrityError, OperationalError) as error:
                # SQLite has one writer at a time, and so none.
                if getattr(error.orig, "sqlstate", "") not in (DEADLOCK, TWICE) or request.mimetype not in KEPT:
                    raise
            _log.info("Two at once in %s: done again.", request.endpoint)
            time.sleep(random.uniform(0, PAUSE * tries))  # noqa: S311 - two that wait alike would meet again.
        return answered(super().dispatch_request)
