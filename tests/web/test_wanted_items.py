"""The page says what specialists asked for in such requests, with how often, or that nobody knows yet."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.personas import Clinic
from tests.web.browsing import post, token_from
from tests.web.conftest import BrowserOf
from tests.web.test_clinic_request import FIELDS
from workers.runtime import Runtime

NOW = datetime.now(UTC) - timedelta(minutes=5)


def test_what_is_asked_for_on_the_page_is_counted_for_the_next_request(
    browser_of: BrowserOf, clinic: Clinic, runtime: Runtime
) -> None:
    pcp, derm = browser_of(clinic.pcp), browser_of(clinic.derm)
    path = str(post(pcp, "/clinic/ask", {"child": clinic.child.public_id}).location)
    fields = {**FIELDS, "urgency": "routine", "asked": ["core", "dermatology"]}
    post(pcp, path, {**fields, "verb": "save"})
    assert "Too few such requests came back for more to count" in pcp.get(path).text
    for number in range(3):
        with runtime.database.writing() as session:
            case = f"/consults/{clinic.take(session, clinic.econsult(session, now=NOW), now=NOW).public_id}"
        assert 'name="of_form" value="core.medications"' in derm.get(f"{case}?lane=clinicians").text
        asked = {
            "lane": "clinicians",
            "verb": "ask",
            "items": ["weight"] if number else [],
            "of_form": "core.medications",
        }
        assert post(derm, f"{case}/messages", asked, form_at=f"{case}?lane=clinicians").status_code == 303
    page = pcp.get(path).text
    assert "Of the last 3 such requests that came back for more, specialists asked for:" in page
    box = page.partition("data-likely")[2].partition("</ul>")[0]
    assert "<li>Medicines, with dose: 3 of 3</li><li>Weight: 2 of 3</li>" in box
    body = {"csrf_token": token_from(page), **fields, "core.weight": "14", "verb": "save"}
    saved = pcp.post(path, data=body, headers={"Accept": "application/json"})
    assert saved.json["likely"] == ["Medicines, with dose: 3 of 3"]


@pytest.fixture
def taken(clinic: Clinic, runtime: Runtime) -> str:
    """The id of a request that the specialist holds."""
    with runtime.database.writing() as session:
        return clinic.take(session, clinic.econsult(session, now=NOW), now=NOW).public_id


def test_what_a_specialist_ticks_is_read_in_the_readers_language(
    browser_of: BrowserOf, clinic: Clinic, taken: str
) -> None:
    case = f"/consults/{taken}"
    asked = {"lane": "family", "verb": "ask", "items": ["weight"], "text": "", "confirmed": "yes"}
    assert post(browser_of(clinic.derm), f"{case}/messages", asked, form_at=f"{case}?lane=family").status_code == 303
    page = browser_of(clinic.mother).get(f"/family/questions/{taken}").text
    assert ("Peso de hoy" in page, "Weight today" in page) == (True, False)
    assert "Weight today" in browser_of(clinic.pcp).get(f"{case}?lane=family").text


def test_what_a_specialist_ticks_of_a_form_and_a_picture_are_read_in_the_readers_language(
    browser_of: BrowserOf, clinic: Clinic, taken: str
) -> None:
    lane = f"/consults/{taken}?lane=clinicians"
    asked = {"lane": "clinicians", "verb": "ask", "of_form": "core.medications", "again": ["2"], "text": ""}
    assert post(browser_of(clinic.derm), f"/consults/{taken}/messages", asked, form_at=lane).status_code == 303
    page = browser_of(clinic.pcp).get(f"{lane}&lang=es").text
    assert "<li>Medicinas, con dosis</li>" in page
    assert "<li>Una foto mejor del archivo 2</li>" in page
    own = browser_of(clinic.derm).get(f"{lane}&lang=es").text
    assert ("Medicines, with dose" in own, own.count("Medicinas, con dosis") > 1) == (False, True)
