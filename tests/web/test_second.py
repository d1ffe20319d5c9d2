"""A question to a second specialist on the pages: asked on the case, in the list of whoever is asked, then closed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from econsult.consults.records import Consult
from econsult.consults.sides import side_of
from econsult.queue.asides import fire_sides
from econsult.queue.outbox import Quiet
from tests.personas import Clinic
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from workers.runtime import Runtime

NOW = datetime.now(UTC) - timedelta(minutes=20)
ASKED = {"whom": "neurology", "second_text": "Is this a sign of a nerve in Luz Prueba?"}


@pytest.fixture
def held(runtime: Runtime, clinic: Clinic) -> Consult:
    with runtime.database.writing() as session:
        return clinic.claimed(session, now=NOW)


def test_a_colleague_is_asked_takes_it_replies_and_is_out(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, held: Consult
) -> None:
    derm, neuro, pcp = (browser_of(person) for person in (clinic.derm, clinic.neuro, clinic.pcp))
    path = f"/consults/{held.public_id}"
    assert neuro.get(path).status_code == 404
    for fields, words in (
        ({"whom": "", "second_text": "x"}, "Choose whom to ask"),
        ({"whom": "neurology", "second_text": ""}, "Write your question"),
        ({"whom": "cardiology", "second_text": "x"}, "Nobody of this specialty may answer"),
        ({"whom": f"neurology:{clinic.derm2.public_id}", "second_text": "x"}, "This person may not answer"),
    ):
        refused = post(derm, f"{path}/second", fields)
        assert (refused.status_code, words in refused.text) == (422, True)
    assert post(derm, f"{path}/second", ASKED).location == f"{path}?said=second_asked"
    assert held.number in neuro.get("/worklist").text
    page = neuro.get(path).text
    # The colleague reads the question without the child's name, and nothing that was said before taking it.
    assert ("a sign of a nerve" in page, "Prueba" in page, "Take this question" in page) == (True, False, True)
    assert ("lane=clinicians" in page, "Change the urgency" in page) == (False, False)
    assert post(neuro, f"{path}/claim", {}).status_code == 403
    assert post(neuro, f"{path}/second/reply", {"second_reply": "Yes"}).status_code == 403
    assert post(neuro, f"{path}/second/take", {}).location == f"{path}?said=noted"
    assert "lane=clinicians" in neuro.get(path).text
    assert post(neuro, f"{path}/messages", {"lane": "clinicians", "text": "Hello"}).status_code == 403
    refused = post(neuro, f"{path}/second/reply", {"second_reply": ""})
    assert (refused.status_code, "Write your reply" in refused.text) == (422, True)
    assert "Asked: Neurology" in pcp.get(path).text
    assert (
        post(neuro, f"{path}/second/reply", {"second_reply": "No, it is skin."}).location
        == "/worklist?said=second_replied"
    )
    assert neuro.get(path).status_code == 404
    for reader in (derm, pcp):
        assert "No, it is skin." in reader.get(f"{path}?lane=clinicians").text
    assert "No, it is skin." not in browser_of(clinic.mother).get(f"/family/questions/{held.public_id}").text


def test_one_person_gives_it_back_and_whoever_asked_takes_it_back(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, held: Consult
) -> None:
    derm, derm2 = browser_of(clinic.derm), browser_of(clinic.derm2)
    path = f"/consults/{held.public_id}"
    post(derm, f"{path}/second", {**ASKED, "whom": f"dermatology:{clinic.derm2.public_id}"})
    assert "Your reply" in derm2.get(path).text
    assert post(derm2, f"{path}/second/take-back", {}).status_code == 403
    assert post(derm2, f"{path}/second/give-back", {}).location == "/worklist?said=released"
    assert post(derm, f"{path}/second/take-back", {}).location == f"{path}?said=noted"
    assert post(derm2, f"{path}/second/take", {}).status_code == 404


def test_the_desk_sees_what_nobody_replies_to(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, held: Consult
) -> None:
    post(browser_of(clinic.derm), f"/consults/{held.public_id}/second", ASKED)
    desk = browser_of(clinic.coordinator)
    assert "Questions to second specialists" not in desk.get("/coordination").text
    with runtime.database.writing() as session:
        fire_sides(session, datetime.now(UTC) + timedelta(hours=23), Quiet())
        side = side_of(session, held.id)
        assert side is not None
    assert "Questions to second specialists" in desk.get("/coordination").text
