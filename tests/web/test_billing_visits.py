"""A visit on record beside what the specialist attests: on the page and the sheet, until a reason is given."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from econsult.advice.visiting import book
from econsult.consults.recommendations import steps_of
from econsult.consults.visits import Booking
from tests.econsult.billing.test_in_person import asks_for_a_visit
from tests.imaging.paper_readers import words_of
from tests.personas import Clinic
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from tests.web.test_billing import YES_NO
from workers.runtime import Runtime

NOW = datetime.now(UTC) - timedelta(hours=2)
AGAINST = "A visit in person is on record within 14 days or on a waiting list, and nobody said why it does not count"


def test_a_booked_visit_stands_beside_what_was_attested(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic
) -> None:
    with runtime.database.writing() as session:
        consult = asks_for_a_visit(session, clinic, NOW)
    path = f"/consults/{consult.public_id}/billing"
    derm, desk = browser_of(clinic.derm), browser_of(clinic.coordinator)
    before = derm.get(path).text
    assert ("Nothing on record stands against it" in before, "visit_why" in before) == (True, False)
    with runtime.database.writing() as session:
        step = steps_of(session, consult.id)[-1].public_id
        booking = Booking("Skin clinic", "America/Denver", NOW + timedelta(days=10))
        book(session, clinic.coordinator, consult.public_id, step, booking, now=NOW + timedelta(hours=1))
    page = derm.get(path).text
    assert ("Nothing on record stands against it" in page, f'<a href="#attest">{AGAINST}' in page) == (False, True)
    assert ("booked for" in page, "Skin clinic" in page, 'value="another_team" checked' in page) == (True, False, False)
    assert AGAINST in desk.get(path).text
    assert "visit_why" not in browser_of(clinic.pcp).get(path).text
    sheet = words_of(derm.get(f"{path}/sheet.pdf").data)
    assert ("Visits on record" in sheet, "booked for" in sheet) == (True, True)
    # What is none of the reasons is none.
    post(derm, f"{path}/attest", {**YES_NO, "visit_why": "nobody"})
    assert AGAINST in derm.get(path).text
    assert post(derm, f"{path}/attest", {**YES_NO, "visit_why": "another_team"}).status_code == 303
    page = derm.get(path).text
    assert ("Nothing on record stands against it" in page, 'value="another_team" checked' in page) == (True, True)
    # It stays on record, with the reason, for whoever looks later.
    assert "with somebody else, not with me or my team" in words_of(desk.get(f"{path}/sheet.pdf").data)
    assert post(derm, f"{path}/attest", YES_NO).status_code == 303
    assert AGAINST in desk.get(path).text
