"""Every response carries the security headers, whatever made it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from econsult.people.signin import make_link
from tests.personas import Clinic
from tests.web.browsing import post
from web import cookies, create_app
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
    kept, seen = {"kept": "0123456789abcdef"}, visitor.get("/sign-in").headers.getlist("Set-Cookie")
    for path, form in ((f"/sign-in/link/{token}", {}), ("/account/sign-out-others", kept), ("/sign-out", {})):
        seen += visitor.get("/family?lang=en", headers=headers).headers.getlist("Set-Cookie")
        seen += post(visitor, path, form).headers.getlist("Set-Cookie")
    named = {cookie.partition("=")[0].removeprefix("__Host-"): set(cookie.split("; ")[1:]) for cookie in seen}
    assert {"econsult_session", "econsult_form", "econsult_browser", "next", "heard", "lang"} <= set(named)
    assert all(cookie.startswith("__Host-") for cookie in seen)
    assert all({"Secure", "SameSite=Lax", "Path=/"} <= marks for marks in named.values())
    # The page's own script reads whether what was written has arrived: a random number.
    assert {name for name, marks in named.items() if "HttpOnly" not in marks} == {"heard"}
    assert not any(mark.startswith("Domain") for marks in named.values() for mark in marks)


def test_every_cookie_is_set_in_one_place() -> None:
    rooms = Path(cookies.__file__).parent
    files = [
        file for file in rooms.rglob("*.py") if ".set_cookie(" in file.read_text() or "cookies[" in file.read_text()
    ]
    assert files == [rooms / "cookies.py"]


def test_a_language_that_was_chosen_before_the_cookies_had_their_prefix_is_still_spoken(visitor: FlaskClient) -> None:
    visitor.set_cookie("lang", "es")
    assert '<html lang="es">' in visitor.get("/sign-in", headers={"Accept-Language": "en"}).text
    visitor.get("/sign-in?lang=en")
    assert '<html lang="en">' in visitor.get("/sign-in", headers={"Accept-Language": "es"}).text


def test_the_demo_s_cookies_go_over_plain_http_on_its_loopback_address_alone(runtime: Runtime) -> None:
    visitor = create_app(open_runtime(replace(runtime.settings, is_demo=True))).test_client()
    cookie = visitor.get("/sign-in").headers["Set-Cookie"]
    assert cookie.startswith("econsult_form=")
    assert "Secure" not in cookie
    assert visitor.get("/sign-in", base_url="https://clinic.test").headers["Set-Cookie"].startswith("__Host-")
