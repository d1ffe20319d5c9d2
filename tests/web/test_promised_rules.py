"""The page "What we promise" shows the rules that a new request would get, wherever they come from."""

from __future__ import annotations

from tests.personas import Clinic
from tests.web.browsing import post
from tests.web.conftest import BrowserOf

RULES = {"allocate": "60", "next_reply": "24", "family_informed": "24", "pause": "72", "release": "12"}


def test_a_specialty_without_rules_of_its_own_shows_those_for_all(browser_of: BrowserOf, clinic: Clinic) -> None:
    admin = browser_of(clinic.admin)
    fields = {**RULES, "first_reply": "12", "ladder": "50, 75, 90, 100", "verb": "save", "urgency": "routine"}
    assert post(admin, "/program/rules", fields).status_code == 303
    for specialty in ("", "dermatology"):
        page = admin.get(f"/program/rules?urgency=routine&specialty={specialty}").text
        field = page.split('name="first_reply"')[1].split(">")[0]
        assert (specialty, 'value="12"' in field) == (specialty, True)
