"""Every response carries the security headers, whatever made it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient

from econsult.people.signin import make_link
from tests.personas import Clinic
from tests.web.browsing import post
from web import create_app
from web.shell.headers import ALWAYS, CONTENT_SECURITY_POLICY
from workers.runtime import Runtime, open_runtime

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


@pytest.mark.parametrize("base_url", ["https://clinic.test", "http://clinic.test", "http://localhost"])
def test_cookies_are_bound_to_the_host_whatever_the_request_came_over(visitor: FlaskClient, base_url: str) -> None:
    cookie = visitor.get("/parts/family", base_url=base_url).headers["Set-Cookie"]
    assert cookie.startswith("__Host-")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))


def test_every_cookie_of_a_sign_in_behind_a_proxy_that_was_not_announced_is_secure(
    visitor: FlaskClient, runtime: Runtime, clinic: Clinic
) -> None:
    with runtime.database.writing() as session:
        token = make_link(session, clinic.mother, datetime.now(UTC))
    headers = {"X-Forwarded-Proto": "https"}
    link, seen = f"/sign-in/link/{token}", []
    for answer in (visitor.get("/family", headers=headers), post(visitor, link, {}), post(visitor, "/sign-out", {})):
        seen += answer.headers.getlist("Set-Cookie")
    assert {cookie.partition("=")[0] for cookie in seen} >= {"__Host-econsult_session", "next"}
    assert [cookie for cookie in seen if "Secure" not in cookie] == []


def test_the_demo_s_cookies_go_over_plain_http_on_its_loopback_address_alone(runtime: Runtime) -> None:
    visitor = create_app(open_runtime(replace(runtime.settings, is_demo=True))).test_client()
    cookie = visitor.get("/sign-in").headers["Set-Cookie"]
    assert cookie.startswith("econsult_form=")
    assert "Secure" not in cookie
    assert visitor.get("/sign-in", base_url="https://clinic.test").headers["Set-Cookie"].startswith("__Host-")
