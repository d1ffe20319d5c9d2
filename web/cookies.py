"""The cookies of this house: all are set here, so that none goes where another would not.

Outside of the demo they are always marked Secure, whatever the request seems to have come over: behind a proxy that
was not announced every request looks like plain http, and a cookie without the mark would follow a family to any
address of this host. On plain http browsers keep such cookies for localhost alone, and Safari not even there.
"""

from __future__ import annotations

from flask import request
from werkzeug import Response

from web.context import settings


def is_protected() -> bool:
    """Whether cookies are marked Secure: always, except on the demo's loopback address."""
    return request.is_secure or not settings().is_demo


def cookie_name(name: str) -> str:
    """`__Host-` binds a cookie to this host; browsers refuse the prefix where the cookie is not Secure."""
    return f"__Host-{name}" if is_protected() else name


def read_cookie(name: str) -> str:
    """What this browser keeps under the name that `set_cookie` gave it; empty where there is nothing."""
    return request.cookies.get(cookie_name(name), "")


def set_cookie(response: Response, name: str, value: str, *, max_age: int | None = None, httponly: bool = True) -> None:
    """Set a cookie for every page of this site, under its `cookie_name`; `max_age=0` takes it away."""
    response.set_cookie(
        cookie_name(name), value, max_age=max_age, secure=is_protected(), httponly=httponly, samesite="Lax", path="/"
    )
