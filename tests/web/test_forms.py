"""A form counts only when this site made it for this browser in this session."""

from __future__ import annotations

import re

import pytest
from flask import Flask, g
from flask.testing import FlaskClient

from web.shell.forms import FormReader


def token_of(visitor: FlaskClient) -> str:
    found = re.search(r'name="csrf_token" value="([0-9a-f]{64})"', visitor.get("/parts/family").text)
    assert found is not None
    return found[1]


def test_a_form_with_its_token_is_accepted(visitor: FlaskClient) -> None:
    assert visitor.post("/parts/family", data={"csrf_token": token_of(visitor)}).status_code == 200


def test_a_token_may_come_as_a_header(visitor: FlaskClient) -> None:
    assert visitor.post("/parts/family", headers={"X-CSRF-Token": token_of(visitor)}).status_code == 200


@pytest.mark.parametrize("given", ["", "0" * 64, "ñ"])
def test_a_form_without_its_token_is_refused(visitor: FlaskClient, given: str) -> None:
    token_of(visitor)
    refused = visitor.post("/parts/family", data={"csrf_token": given}, headers={"Accept-Language": "es"})
    assert refused.status_code == 400
    assert "vino de otro lugar" in refused.text


def test_a_token_of_another_browser_is_refused(shell: Flask, visitor: FlaskClient) -> None:
    stolen = token_of(shell.test_client())
    token_of(visitor)
    assert visitor.post("/parts/family", data={"csrf_token": stolen}).status_code == 400


def test_a_token_from_before_signing_in_is_void_afterwards(
    shell: Flask, visitor: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = token_of(visitor)
    funcs = [lambda: g.__setattr__("session_ref", "s1"), *shell.before_request_funcs[None]]
    monkeypatch.setitem(shell.before_request_funcs, None, funcs)
    assert visitor.post("/parts/family", data={"csrf_token": before}).status_code == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.test"},
        {"Origin": "http://["},
        {"Origin": "http://localhost.evil.test"},
        {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://localhost"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_form_from_another_site_is_refused(visitor: FlaskClient, headers: dict[str, str]) -> None:
    token = token_of(visitor)
    assert visitor.post("/parts/family", data={"csrf_token": token}, headers=headers).status_code == 400


def test_a_bearer_token_needs_no_form_token(visitor: FlaskClient) -> None:
    assert visitor.post("/parts/family", headers={"Authorization": "Bearer t"}).status_code == 200


def test_a_large_body_is_refused_before_it_is_read(visitor: FlaskClient) -> None:
    refused = visitor.post("/parts/family", data={"csrf_token": token_of(visitor), "story": "a" * 1_100_000})
    assert refused.status_code == 413


def test_fields_are_read_clean_with_errors_beside_them(shell: Flask) -> None:
    fields = {"story": "  one\r\ntwo ", "long": "abcdef", "site": "moon", "flags": ["a", "x"]}
    with shell.test_request_context("/", method="POST", data=fields):
        reader = FormReader()
        assert reader.text("story", longest=20) == "one\ntwo"
        assert reader.text("long", longest=5) == "abcdef"
        assert reader.text("none", longest=5, required="Write it") == ""
        assert reader.choice("site", ["arm"], required="Pick one") == ""
        assert reader.choices("flags", ["a", "b"]) == ["a"]
        assert not reader.is_ticked("agree", required="Agree")
    assert reader.errors == {
        "long": "Use at most 5 letters. You have 6.",
        "none": "Write it",
        "site": "Pick one",
        "agree": "Agree",
    }
