"""Pages and lists with a case that cannot be read: they are shown without it, and say so (`econsult.unreadable`).

Only what looks is done again: a form that meets such a case has changed nothing, and says that it could not.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask, g, make_response, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import NoResultFound

from econsult.errors import NotFoundError
from econsult.leaving_out import leave_out, numbers_of, whose
from econsult.unreadable import LeftOut, UnreadableError, leaving_out
from web.context import database, runtime
from web.shell.forms import is_for_machine

MOST = 20
"""So many damaged cells of one page are gone without, one after the other."""
LEFT_OUT = "X-Left-Out"
"""How many requests and children an answer to a program goes without."""


def init_unreadable(app: Flask) -> None:
    """Give templates `left_out()`, and let the sessions of pages leave out what cannot be read."""
    with app.app_context():
        runtime().database.watch(leave_out)
    app.jinja_env.globals["left_out"] = lambda: g.get("left_out")


def answered(view: Callable[[], ResponseReturnValue]) -> ResponseReturnValue:
    """What the view answers; where it looks at a case that cannot be read, what it answers without that case.

    Raises UnreadableError where it is about that case alone, where the cell belongs to none, and where something is
    to be changed.
    """
    try:
        return view()
    except UnreadableError as error:
        if request.method not in ("GET", "HEAD"):
            raise
        return _without(view, error)


def _without(view: Callable[[], ResponseReturnValue], first: UnreadableError) -> ResponseReturnValue:
    error, left = first, LeftOut()
    for _ in range(MOST):
        more = left | _whose(error)
        if more == left:
            break
        left = more
        try:
            return _answered_without(view, left)
        except UnreadableError as next_one:
            error = next_one
        except (NotFoundError, NoResultFound):
            break
    raise first


def _whose(error: UnreadableError) -> LeftOut:
    with database().reading() as session:
        return whose(session, error)


def _answered_without(view: Callable[[], ResponseReturnValue], left: LeftOut) -> ResponseReturnValue:
    g.left_out = {"numbers": numbers_of(left), "children": len(left.children)}
    with leaving_out(left):
        response = make_response(view())
    if is_for_machine():
        response.headers[LEFT_OUT] = str(len(left.consults) + len(left.children))
    return response
