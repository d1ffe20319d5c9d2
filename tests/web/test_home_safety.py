"""The page of the family, where staff say whether its home is safe, and programs that read it."""

from __future__ import annotations

from datetime import UTC, datetime

from econsult.people.signin import make_token
from tests.personas import Clinic
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from workers.runtime import Runtime

WAY = "The school nurse, on weekdays before noon"
REASON = "Spoke with the mother alone: he has moved out."
WARNING = "Not safe at home: told to us on"


def test_the_nurse_warns_and_the_clinic_ends_it(browser_of: BrowserOf, clinic: Clinic, runtime: Runtime) -> None:
    family = f"/families/{clinic.child.public_id}"
    with runtime.database.writing() as session:
        child = session.merge(clinic.child)
        child.phone, child.registered_by_id = "505-555-0177", clinic.nurse.id
    nurse, pcp, desk = (browser_of(who) for who in (clinic.nurse, clinic.pcp, clinic.coordinator))
    assert "505-555-0177" in pcp.get(family).text
    assert post(nurse, f"{family}/safety/unsafe", {"safe_way": WAY}).status_code == 303
    for staff in (pcp, desk):
        page = staff.get(family).text
        assert WARNING in page
        assert WAY in page
        assert "tel:505-555-0177" not in page
    # Who presents the child reads the warning, and not how the family is reached.
    assert WARNING in nurse.get(family).text
    assert WAY not in nurse.get(family).text
    assert "The home is safe again" not in desk.get(family).text
    assert post(desk, f"{family}/safety/safe", {"home_reason": REASON}).status_code == 403
    refused = post(pcp, f"{family}/safety/safe", {"home_reason": "ok"})
    assert (refused.status_code, "Say in a few words why the home is safe again" in refused.text) == (422, True)
    assert 'value="ok"' in refused.text or ">\nok</textarea>" in refused.text
    assert post(pcp, f"{family}/safety/safe", {"home_reason": REASON}).status_code == 303
    page = pcp.get(family).text
    assert WARNING not in page
    assert REASON in page
    assert "505-555-0177" in page


def test_too_long_words_are_kept_for_their_writer(browser_of: BrowserOf, clinic: Clinic) -> None:
    refused = post(
        browser_of(clinic.pcp), f"/families/{clinic.child.public_id}/safety/unsafe", {"safe_way": "by day " * 80}
    )
    assert refused.status_code == 422
    assert "by day by day" in refused.text


def test_the_family_finds_nothing_of_it(browser_of: BrowserOf, clinic: Clinic) -> None:
    mother, family = browser_of(clinic.mother), f"/families/{clinic.child.public_id}"
    seen = f"/family/children/{clinic.child.public_id}/seen"
    pcp = browser_of(clinic.pcp)
    pcp.get(family)
    before = [mother.get(path).text for path in ("/family", seen)]
    assert post(pcp, f"{family}/safety/unsafe", {"safe_way": WAY}).status_code == 303
    assert post(pcp, f"{family}/safety/safe", {"home_reason": REASON}).status_code == 303
    after = [mother.get(path).text for path in ("/family", seen)]
    for text in after:
        assert all(word not in text for word in (WAY, REASON, "home_safety"))
    assert [text.count("<li") for text in before] == [text.count("<li") for text in after]
    assert post(mother, f"{family}/safety/unsafe", {"safe_way": WAY}).status_code == 403


def test_programs_of_the_staff_read_it_and_others_have_no_such_field(
    browser_of: BrowserOf, clinic: Clinic, runtime: Runtime
) -> None:
    with runtime.database.writing() as session:
        consult_id = clinic.claimed(session).public_id
        people = ("pcp", "coordinator", "mother", "derm")
        tokens = {name: make_token(session, session.merge(getattr(clinic, name)), datetime.now(UTC)) for name in people}
    program = browser_of(clinic.pcp).application.test_client()
    address = f"/api/v1/consults/{consult_id}"

    def read(name: str) -> dict[str, object]:
        return dict(program.get(address, headers={"Authorization": f"Bearer {tokens[name]}"}).json)

    assert read("pcp")["home_not_safe"] is None
    post(browser_of(clinic.pcp), f"/families/{clinic.child.public_id}/safety/unsafe", {"safe_way": WAY})
    for name in ("pcp", "coordinator"):
        told = read(name)["home_not_safe"]
        assert isinstance(told, dict)
        assert (told["safe_ways"], told["is_hint"]) == ([WAY], False)
    for name in ("mother", "derm"):
        assert "home_not_safe" not in read(name)
