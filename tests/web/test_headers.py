"""Every response carries the security headers, whatever made it."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from web.shell.headers import ALWAYS, CONTENT_SECURITY_POLICY

PLACES = ["/parts/family", "/parts/staff", "/nowhere", "/gone", "/no", "/crash", "/api/v1/gone", "/static/app.css"]


@pytest.mark.parametrize("path", PLACES)
def test_every_response_carries_the_headers(visitor: FlaskClient, path: str) -> None:
    visitor.application.config["PROPAGATE_EXCEPTIONS"] = False
    response = visitor.get(path)
    assert {name: response.headers.get(name) for name in ALWAYS} == ALWAYS
    assert ("no-store" in response.headers["Cache-Control"]) is not path.startswith("/static")


def test_the_policy_allows_nothing_inline_and_nobody_else() -> None:
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert "frame-ancestors 'none'" in CONTENT_SECURITY_POLICY
    assert "http" not in CONTENT_SECURITY_POLICY


def test_a_year_of_https_is_promised_over_https_only(visitor: FlaskClient) -> None:
    assert "Strict-Transport-Security" not in visitor.get("/nowhere").headers
    secure = visitor.get("/nowhere", base_url="https://clinic.test")
    assert "max-age=31536000" in secure.headers["Strict-Transport-Security"]


def test_cookies_are_bound_to_the_host_over_https(visitor: FlaskClient) -> None:
    cookie = visitor.get("/parts/family", base_url="https://clinic.test").headers["Set-Cookie"]
    assert cookie.startswith("__Host-")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
