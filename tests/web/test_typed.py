"""What is being typed, saved by the script of every page: for whom, until when, and what is refused."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from econsult.consults.records import Consult
from econsult.people.signin import SignInSession
from econsult.people.typed import LONGEST, TypedWords
from tests.personas import Clinic
from tests.web.browsing import post, send, token_from
from tests.web.conftest import BrowserOf
from workers.runtime import Runtime

NUMBER = "0123456789abcdef"
Told = dict[str, Any]


@pytest.fixture
def consult(runtime: Runtime, clinic: Clinic) -> Consult:
    with runtime.database.writing() as session:
        return clinic.claimed(session, now=datetime.now(UTC) - timedelta(minutes=20))


@pytest.fixture
def told(consult: Consult) -> Told:
    """As the page of a case sends a message that is being typed."""
    page = f"/consults/{consult.public_id}"
    fields = [["text", "ZQ7PHI: which dose?"], ["password", "hunter22"], ["no_signs", "1"]]
    place = f"{page}/messages lane=clinicians"
    return {"page": page, "place": place, "number": NUMBER, "at": 1000, "version": "", "fields": fields}


@pytest.fixture
def derm(clinic: Clinic, browser_of: BrowserOf) -> FlaskClient:
    return browser_of(clinic.derm)


def rows(runtime: Runtime) -> list[TypedWords]:
    with runtime.database.reading() as session:
        return list(session.scalars(select(TypedWords)))


def test_half_a_sign_costs_no_words_and_what_no_page_sends_is_refused(
    runtime: Runtime, told: Told, derm: FlaskClient
) -> None:
    """A script may cut an emoji in two, as a form would not; a stranger may send lists in lists in lists."""
    half = {**told, "fields": [["text", "which dose? \ud83d"]], "version": "\ud83d"}
    assert send(derm, "/typed", half).status_code == 204
    assert "which dose? \ufffd" in str(rows(runtime)[0].content["fields"])
    for wrong in ({**told, "fields": [["", ""]] * 3000}, {**told, "place": "\ud800"}, {**told, "page": "/\ud800"}):
        assert send(derm, "/typed", wrong).status_code == 422
    proof = {"X-CSRF-Token": token_from(derm.get("/nowhere").text), "Accept": "application/json"}
    for path in ("/typed", "/account/passkeys"):
        deep = derm.post(path, data="[" * 60_000, headers=proof, content_type="application/json")
        assert deep.status_code == 422


def test_its_page_gives_it_back_to_whoever_typed_it_and_to_nobody_else(
    runtime: Runtime, clinic: Clinic, told: Told, derm: FlaskClient, browser_of: BrowserOf, caplog: Any
) -> None:
    with caplog.at_level(logging.DEBUG):
        answer = send(derm, "/typed", told)
    assert (answer.status_code, answer.text, "ZQ7PHI" in caplog.text) == (204, "", False)
    page = derm.get(told["page"])
    assert ("ZQ7PHI: which dose?" in page.text, page.headers["Cache-Control"]) == (True, "no-store")
    assert ("hunter22" in page.text, "no_signs" in page.text.partition("data-typed")[2][:900]) == (False, False)
    assert "ZQ7PHI" not in derm.get("/worklist").text
    for person in (clinic.pcp, clinic.nurse):
        assert "ZQ7PHI" not in browser_of(person).get(told["page"]).text
    # Whose session ends by itself has it all the same, and whoever signs out leaves nothing.
    with runtime.database.writing() as session:
        session.execute(update(SignInSession).values(seen_at=datetime.now(UTC) - timedelta(days=30)))
    assert "ZQ7PHI" in browser_of(clinic.derm).get(told["page"]).text
    post(again := browser_of(clinic.derm), "/sign-out", {})
    assert (again.get(told["page"]).status_code, rows(runtime)) == (303, [])


def test_it_goes_when_the_form_has_led_on_and_stays_while_a_page_asks_for_more(
    runtime: Runtime, told: Told, derm: FlaskClient
) -> None:
    send(derm, "/typed", told)
    path, sent = f"{told['page']}/messages", {"lane": "clinicians", "kept": NUMBER}
    assert post(derm, path, {**sent, "text": ""}).status_code == 422
    assert post(derm, path, {**sent, "lane": "family", "text": "Which dose?"}).status_code == 200
    assert post(derm, path, {**sent, "text": "Which dose?", "kept": "f" * 16}).status_code == 303
    assert len(rows(runtime)) == 1
    assert post(derm, path, {**sent, "text": "Which dose?"}).status_code == 303
    assert rows(runtime) == []


def test_what_is_not_wanted_is_dropped(runtime: Runtime, told: Told, derm: FlaskClient) -> None:
    for verb, left in (({"verb": "drop", "number": "f" * 16}, 1), ({"verb": "drop", "number": NUMBER}, 0)):
        send(derm, "/typed", told | {"at": 2000})
        assert (send(derm, "/typed", verb).status_code, len(rows(runtime))) == (204, left)
    with runtime.database.writing() as session:
        session.execute(update(TypedWords).values(saved_at=datetime.now(UTC) - timedelta(minutes=1)))
    send(derm, "/typed", told)
    assert (len(rows(runtime)), send(derm, "/typed", {"verb": "forget"}).status_code, rows(runtime)) == (1, 204, [])


def test_what_is_forged_too_much_too_fast_or_signed_out_keeps_nothing(
    runtime: Runtime, told: Told, derm: FlaskClient
) -> None:
    assert derm.post("/typed", json=told).status_code == 400
    too_long = told | {"fields": [["text", "x" * LONGEST]]}
    wrongs: tuple[Any, ...] = (
        too_long,
        told | {"place": "x"},
        told | {"fields": "x"},
        told | {"fields": [["x"]]},
        [],
        "x",
        None,
    )
    assert {send(derm, "/typed", wrong).status_code for wrong in wrongs} == {422}
    assert send(derm, "/typed", told | {"fields": [["text", "x" * 1_100_000]]}).status_code == 413
    assert rows(runtime) == []
    assert [send(derm, "/typed", told).status_code for _ in range(2)] == [204, 429]
    with runtime.database.writing() as session:
        session.execute(update(SignInSession).values(seen_at=datetime.now(UTC) - timedelta(days=30)))
    answer = send(derm, "/typed", told | {"at": 9000})
    assert (answer.status_code, answer.headers.get("Location"), rows(runtime)[0].content["at"]) == (401, None, 1000)
