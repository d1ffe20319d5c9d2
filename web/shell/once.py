"""Forms that make something once: a double click, or a form that is sent again, leads to what it made first."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Callable

from flask import Flask, request
from sqlalchemy.orm import Session

from econsult.consults import repeats
from econsult.consults.records import Consult
from web.context import now
from web.shell.auth import me

FIELD = "once"
NOT_CONTENT = {FIELD, "csrf_token", "kept", "saves"}


def init_once(app: Flask) -> None:
    """Give templates `once_number()`, a new number for each form that makes something."""
    app.jinja_env.globals["once_number"] = lambda: secrets.token_hex(8)


def once_about(session: Session, consult: Consult, write: Callable[[], object]) -> None:
    """Write something about a consult, for the first of equal forms alone."""

    def make() -> Consult:
        write()
        return consult

    once(session, make)


def once(session: Session, make: Callable[[], Consult]) -> str:
    """The public id of the consult that this form made or wrote to; only the first of equal forms calls `make`.

    Forms are equal that carry the same number and the same content: whoever goes back and writes something else means
    something else. The content is hashed together with the number, so that nobody can guess it from what is kept.
    """
    number = request.form.get(FIELD, "")
    if not re.fullmatch("[0-9a-f]{16}", number):
        return make().public_id
    fields = sorted(pair for pair in request.form.items(multi=True) if pair[0] not in NOT_CONTENT)
    content = hashlib.sha256(json.dumps([number, request.path, fields]).encode()).hexdigest()
    known = repeats.find(session, me(), f"form:{content}", content, now=now())
    if known is not None:
        return known
    consult = make()
    repeats.remember(session, me(), f"form:{content}", content, consult, now=now())
    return consult.public_id
