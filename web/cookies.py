"""The cookies of this house: all are set here, so that none goes where another would not."""

from __future__ import annotations

from flask import request
from werkzeug import Response


def is_protected() -> bool:
    """Whether cookies are marked Secure."""
    return request.is_secure


def cookie_name(name: str) -> str:
    """`__Host-` binds the cookie to this host over https; browsers refuse that prefix on plain http."""
    return f"__Host-{name}" if is_protected() else name


def set_cookie(response: Response, name: str, value: str, *, max_age: int | None = None, httponly: bool = True) -> None:
    """Set a cookie for every page of this site; `max_age=0` takes it away."""
    response.set_cookie(
        name, value, max_age=max_age, secure=is_protected(), httponly=httponly, samesite="Lax", path="/"
    )
