"""Correcting a signed answer on its page: who hears what, what stays readable, and nothing lost when it is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from econsult.consults import answers, telling
from econsult.consults.records import Consult
from tests.personas import ANSWER, Clinic
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from workers.runtime import Runtime

NOW = datetime.now(UTC) - timedelta(minutes=20)
WHY = "The cream is for one week, not for two."
FIELDS: dict[str, Any] = {
    "impression": "Contact dermatitis",
    "rec_text": ["Cream for one week"],
    "rec_owner": ["family"],
    "rec_due": [""],
    "disposition": "advice_only",
    "family_summary": "This is from a plant. Use the cream for one week.",
    "reason": WHY,
    "version": "1",
}


@pytest.fixture
def told(runtime: Runtime, clinic: Clinic) -> Consult:
    """Answered, read by the clinic, heard by the family, and its seconds over."""
    with runtime.database.writing() as session:
        consult = clinic.answered(session, now=NOW)
        answers.acknowledge(session, consult, clinic.pcp, now=NOW)
        telling.inform(session, consult, clinic.mother, method="opened", teach_back=False, now=NOW)
        return consult


def test_the_correction_is_read_by_all_and_the_version_before_is_marked(
    browser_of: BrowserOf, clinic: Clinic, told: Consult
) -> None:
    derm, at = browser_of(clinic.derm), f"/consults/{told.public_id}"
    assert f'href="{at}/correct"' in derm.get(at).text
    assert str(ANSWER["family_summary"]) in derm.get(f"{at}/correct").text
    signed = post(derm, f"{at}/correct", FIELDS)
    assert signed.location == f"{at}?said=corrected"
    assert 'answer/undo"' in derm.get(signed.location).text
    pcp = browser_of(clinic.pcp)
    page = pcp.get(at).text
    assert [text in page for text in (WHY, "version 1 does not hold any more", "Have you read it?")] == [True] * 3
    assert ("Do not act on this" in page, str(ANSWER["impression"]) in page) == (True, True)
    assert "This version corrects version 1" in pcp.get(f"{at}/note.txt").text
    mother = browser_of(clinic.mother)
    page = mother.get(f"/family/questions/{told.public_id}/answer").text
    assert [text in page for text in ("Corregimos esta respuesta", WHY, "Esto es viejo", "Sí, entendí")] == [True] * 4
    assert page.index(FIELDS["family_summary"]) < page.index(str(ANSWER["family_summary"]))


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ({"reason": ""}, 422, "Say what was wrong"),
        ({"family_summary": ""}, 422, "Write the plain summary for the family"),
        ({"version": "2"}, 409, "corrected somewhere else"),
    ],
)
def test_what_is_refused_is_still_there(
    browser_of: BrowserOf, clinic: Clinic, told: Consult, change: dict[str, str], status: int, said: str
) -> None:
    page = post(browser_of(clinic.derm), f"/consults/{told.public_id}/correct", {**FIELDS, **change})
    assert (page.status_code, said in page.text, "Contact dermatitis" in page.text) == (status, True, True)


def test_nobody_else_is_offered_to_correct_it(browser_of: BrowserOf, clinic: Clinic, told: Consult) -> None:
    pcp: FlaskClient = browser_of(clinic.pcp)
    assert "Correct this answer" not in pcp.get(f"/consults/{told.public_id}").text
    assert pcp.get(f"/consults/{told.public_id}/correct").status_code == 403
