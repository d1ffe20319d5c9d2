"""What an odd program stored before details had a shape takes no page and no list away from anybody."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from econsult.consults import declining
from econsult.consults.records import Consult
from tests.econsult.test_details import ODD
from tests.personas import Clinic
from tests.spread import spread
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from workers.runtime import Runtime

NAMES = ("contact", "symptoms", "since", "story", "thinks", "tried", "background", "family_question", "onset")


def store(runtime: Runtime, consult: Consult, value: Any) -> str:
    """Put the value under every name, past all checks, as it may lie in a database of before."""
    with runtime.database.writing() as session:
        kept = session.get_one(Consult, consult.id)
        kept.details = {**kept.details, **dict.fromkeys(NAMES, value)}
    return consult.public_id


@pytest.mark.parametrize("value", spread(map(pytest.param, ODD), 2))
def test_every_list_and_page_survives_what_is_stored(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf, value: Any
) -> None:
    now = datetime.now(UTC)
    with runtime.database.writing() as session:
        sent, asked, draft = (
            make(session, now=now) for make in (clinic.econsult, clinic.family_question, clinic.family_draft)
        )
        own = clinic.draft(session, now=now)
    sent_id, asked_id, draft_id, own_id = (store(runtime, consult, value) for consult in (sent, asked, draft, own))
    pages = {
        clinic.mother: ["/family", f"/family/questions/{asked_id}", f"/family/questions/{asked_id}/sent", *(
            f"/family/ask/{draft_id}/{step}" for step in ("where", "photos", "story", "check"))],
        clinic.pcp: ["/clinic", f"/consults/{asked_id}", f"/consults/{sent_id}", f"/clinic/requests/{own_id}"],
        clinic.derm: ["/worklist", f"/consults/{sent_id}"],
        clinic.coordinator: ["/coordination", f"/coordination/{asked_id}"],
    }  # fmt: skip
    for person, paths in pages.items():
        browser = browser_of(person)
        assert {path: browser.get(path, follow_redirects=True).status_code for path in paths} == dict.fromkeys(
            paths, 200
        )


def test_an_old_request_with_odd_details_can_be_asked_again(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf
) -> None:
    with runtime.database.writing() as session:
        consult = clinic.claimed(session, now=datetime.now(UTC))
        declining.decline(session, consult, clinic.derm, "Not for us", now=datetime.now(UTC))
        consult.details = {**consult.details, "weight kg": 16, "thinks": ["x"], "tried": "Petrolatum"}
    again = post(browser_of(clinic.pcp), f"/consults/{consult.public_id}/ask-again", {})
    assert again.status_code == 303
    page = browser_of(clinic.pcp).get(again.location).text
    assert "Petrolatum" in page
