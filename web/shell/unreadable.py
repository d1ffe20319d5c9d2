"""Pages and lists with a case that cannot be read: they are shown without it, and say so (`econsult.unreadable`).

Only what looks is done again, and what changes who is there: any other form that meets such a case says to look whether
it was done before it is sent again.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from flask import Flask, current_app, g, make_response, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import NoResultFound

from econsult.errors import NotFoundError
from econsult.leaving_out import known_to, leave_out, numbers_of, odd, whose
from econsult.unreadable import LeftOut, UnreadableError, leaving_out, left_out
from web.context import database, runtime, signed_in
from web.shell.forms import is_for_machine

Seen = TypeVar("Seen")
Given = ParamSpec("Given")
View = TypeVar("View", bound=Callable[..., Any])
IN_A_ROW = (ValueError, LookupError)
"""What a cell that cannot be read, or a code that there is not, makes code raise."""
MOST = 20
"""So many damaged cells of one page are gone without, one after the other."""
LEFT_OUT = "X-Left-Out"
"""How many requests and children an answer to a program goes without."""
FILES = frozenset(("application/pdf", "text/calendar", "text/csv", "text/plain"))
"""What leaves the house, and cannot say what it goes without: somebody would count by it, or file it, as the whole."""


class IncompleteFileError(UnreadableError):
    """A file is not made, since it would go without something."""


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
    return looked(lambda: _shown(view)) if _only_looks() else view()


def _only_looks() -> bool:
    own = current_app.view_functions.get(request.endpoint or "")
    return request.method in ("GET", "HEAD") or getattr(own, "only_looks", False)


def only_looks(view: View) -> View:
    """Mark a view that is posted to, so that a name stands in no address, and changes nothing."""
    view.only_looks = True  # type: ignore[attr-defined]
    return view


def shown_again(page: Callable[Given, Seen]) -> Callable[Given, Seen]:
    """Mark a page of many that a refused form shows once more: it goes without what cannot be read then too.

    A change of the roster is marked as well: it is one transaction, done anew without a request that cannot be read,
    and says so (`how_saved`), since no damaged row may keep somebody from going off duty.
    """

    @wraps(page)
    def shown(*args: Given.args, **values: Given.kwargs) -> Seen:
        return looked(lambda: page(*args, **values))

    return shown


def looked(look: Callable[[], Seen]) -> Seen:
    """What is found by looking at the records, without each case that it meets and cannot read.

    Raises UnreadableError where a cell belongs to no case.
    """
    left = LeftOut()
    for _ in range(MOST):
        try:
            with leaving_out(left):
                return look()
        except IN_A_ROW as error:
            more = left | _behind(error)
            if more == left:
                if not isinstance(error, UnreadableError):
                    # A fault of ours, whatever else is damaged.
                    g.pop("left_out", None)
                raise
            left = more
            g.left_out = _told(left)
    return look()


def _behind(error: Exception) -> LeftOut:
    with database().reading() as session:
        return whose(session, error) if isinstance(error, UnreadableError) else odd(session)


def _told(left: LeftOut) -> dict[str, Any]:
    """What the page says of it: to somebody who is signed in, only of what they may know of."""
    person = signed_in()
    with database().reading() as session:
        known = known_to(session, person, left) if person is not None else left
    return {"numbers": numbers_of(known), "children": len(known.children), "rows": len(known.rows)}


def _shown(view: Callable[[], ResponseReturnValue]) -> ResponseReturnValue:
    left = left_out()
    if left is None or left == LeftOut():
        return view()
    try:
        response = make_response(view())
    except (NotFoundError, NoResultFound):
        # It was about this very case.
        raise UnreadableError("") from None
    if response.mimetype in FILES:
        raise IncompleteFileError("")
    if is_for_machine():
        response.headers[LEFT_OUT] = str(len(g.left_out["numbers"]) + g.left_out["children"])
    return response
