"""What somebody is typing into a form, saved by the script of every page until the form is sent.

Nothing of it is in an address or a log. The answer has no words, and it is the same where nothing is kept.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint
from werkzeug import Response

from econsult.errors import InvalidError
from econsult.people.persons import Role
from econsult.people.typed import Typed, drop_typed, forget_typed
from econsult.traces import keep_words
from web.context import database, now
from web.shell.auth import me, only
from web.shell.forms import json_body
from web.shell.unsent import NO_SIGNS, is_kept

typed = Blueprint("typed", __name__, url_prefix="/typed")


@typed.post("")
@only(*Role)
def keep() -> Response:
    """Keep a form as it stands; or forget one by its number, or all of them."""
    told = json_body()
    if not isinstance(told, dict):
        raise InvalidError("These words belong to no form.", {"form": "unknown_value"})
    with database().writing() as session:
        if told.get("verb") == "forget":
            forget_typed(session, me())
        elif told.get("verb") == "drop":
            drop_typed(session, me(), _text(told, "number"))
        elif not keep_words(session, me(), _typed(told), now()):
            return Response(status=429)
    return Response(status=204)


def _typed(told: dict[str, Any]) -> Typed:
    at, fields = told.get("at"), told.get("fields")
    return Typed(
        _text(told, "page"),
        _text(told, "place"),
        _text(told, "number"),
        at if type(at) is int else 0,
        _text(told, "version"),
        [(name, value) for name, value in _pairs(fields) if is_kept(name) and name != NO_SIGNS],
    )


def _text(told: dict[str, Any], name: str) -> str:
    value = told.get(name)
    return value if isinstance(value, str) else ""


def _pairs(fields: object) -> list[tuple[str, str]]:
    """Names and values, in the order of the form. Raises InvalidError for anything else."""
    pairs = [tuple(pair) for pair in fields if isinstance(pair, list)] if isinstance(fields, list) else []
    if not pairs or not all(len(pair) == 2 and all(isinstance(part, str) for part in pair) for pair in pairs):
        raise InvalidError("These words belong to no form.", {"form": "unknown_value"})
    return pairs
