"""One table of routes: it registers them, reads their bodies, and is what the OpenAPI document is made from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from flask import Blueprint, jsonify, request
from werkzeug import Response

from econsult.consults.desks import STAND_INS
from econsult.people.persons import Role
from web.api.bodies import Schema, read_body
from web.context import ring_workers
from web.shell.auth import only

api = Blueprint("api", __name__, url_prefix="/api/v1")
CLINIC = (Role.PCP, Role.TELEPRESENTER, Role.COORDINATOR)
REACHING = (Role.PCP, Role.COORDINATOR, *STAND_INS)
"""Who tells families by telephone; the last while they stand in for a desk without a coordinator."""


@dataclass(frozen=True)
class Route:
    """One route as it is published. `answer` names a schema, or the media type of a file; `query` the parameters."""

    method: str
    rule: str
    name: str
    summary: str
    answer: str
    status: int = 200
    body: Schema | None = None
    query: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()


ROUTES: list[Route] = []


def route(
    method: str,
    rule: str,
    *,
    answer: str,
    status: int = 200,
    body: Schema | None = None,
    roles: tuple[Role, ...] = (),
    query: tuple[str, ...] = (),
    headers: tuple[str, ...] = (),
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Publish a function as a route. It gets the parts of the address, and `body` where one is described.

    It gives what becomes JSON, or a whole response that is a file.
    """

    def mark(view: Callable[..., Any]) -> Callable[..., Any]:
        summary = (view.__doc__ or "").splitlines()[0]
        whole = f"{api.url_prefix}{rule}"
        ROUTES.append(Route(method, whole, view.__name__, summary, answer, status, body, query, headers))

        @wraps(view)
        def called(**values: Any) -> Response:
            if body is not None:
                values["body"] = read_body(body)
            if isinstance(file := view(**values), Response):
                return file
            response = jsonify(file)
            response.status_code = status
            if status == 201 and "id" in (made := response.get_json()):
                response.headers["Location"] = f"{request.path}/{made['id']}"
            return response

        api.add_url_rule(rule, view.__name__, only(*roles)(called), methods=[method])
        return view

    return mark


@api.after_request
def wake_workers(response: Response) -> Response:
    """Ring for the jobs of whatever was just committed, a refusal that leaves notices included."""
    if request.method not in {"GET", "HEAD", "OPTIONS"}:
        ring_workers()
    return response
