"""Pages to read on that a doctor chose, as the family finds them; and what its care team does, in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from econsult.consults import answers, holding
from tests.personas import ANSWER, LEASE, Clinic
from tests.services.browser import Devices
from tests.web.browsing import post
from tests.web.conftest import BrowserOf, Enter
from workers.runtime import Runtime

NOW = datetime.now(UTC) - timedelta(minutes=20)


def test_a_family_finds_the_pages_that_its_doctor_chose_in_its_own_language(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic
) -> None:
    with runtime.database.writing() as session:
        consult = clinic.claimed(session, now=NOW)
        references = "Eczema: https://medlineplus.gov/eczema.html and https://evil.test/eczema.html"
        answers.save_draft(session, consult, clinic.derm, {**ANSWER, "references": references}, now=NOW, lease=LEASE)
        answers.sign(session, consult, clinic.derm, now=NOW)
        answers.acknowledge(session, consult, clinic.pcp, now=NOW)
    page = browser_of(clinic.mother).get(f"/family/questions/{consult.public_id}/answer").text
    link = 'href="https://medlineplus.gov/spanish/eczema.html" target="_blank" rel="noopener noreferrer"'
    assert (link in page, "Para leer más" in page, 'href="https://evil.test' in page) == (True, True, False)


def test_what_the_team_does_is_read_in_words_where_no_step_is_followed(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic
) -> None:
    """As whoever writes the answer sees it beforehand, and a family that reads by a code."""
    with runtime.database.writing() as session:
        path = f"/consults/{clinic.claimed(session, now=NOW).public_id}"
    fields = {"impression": "Eczema", "rec_text": ["Ferritin"], "rec_owner": ["pcp"], "rec_due": [""], "rec_kind": [""]}
    fields["references"] = "https://medlineplus.gov/spanish/eczema.html"
    summary = {"family_summary": "This looks like eczema.", "disposition": "advice_only", "saves": "0"}
    page = post(browser_of(clinic.derm), f"{path}/answer", {**fields, **summary, "verb": "preview"})
    shown = browser_of(clinic.derm).get(page.location).text if page.status_code == 303 else page.text
    assert ("Ferritin" in shown, "Spoken(" in shown) == (True, False)
    assert 'href="https://medlineplus.gov/eczema.html"' in shown


@pytest.mark.wide
def test_a_page_is_brought_by_its_name_or_by_a_click(
    runtime: Runtime, clinic: Clinic, enter: Enter, address: str, devices: Devices
) -> None:
    with runtime.database.writing() as session:
        consult = clinic.econsult(session, now=NOW)
        path = f"/consults/{holding.claim(session, consult, clinic.derm, now=NOW, lease=LEASE).public_id}"
    page = enter(devices.desktop(viewport={"width": 1440, "height": 900}), clinic.derm)
    page.goto(f"{address}{path}")
    box, wanted = page.locator("#references"), "MedlinePlus, Eczema: https://medlineplus.gov/eczema.html"
    expect(box).to_be_hidden()
    page.locator("[data-snippets]").evaluate("list => list.closest('details')?.setAttribute('open', '')")
    page.locator('[data-snippet="read-eczema"] [data-put]').click()
    expect(box).to_be_visible()
    expect(box).to_have_value(wanted)
    box.fill("")
    box.press_sequentially("/read-tinea")
    box.press("Tab")
    tinea = "MedlinePlus, Ringworm and other tinea infections: https://medlineplus.gov/tineainfections.html"
    expect(box).to_have_value(tinea)
