"""One draft in two windows, or under the hands of two people: nothing is written over by who never saw it."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Page, expect
from sqlalchemy import select

from econsult.consults.merging import merge, read_seen, seen_text
from econsult.consults.records import Consult
from econsult.consults.requests import RequestForm
from econsult.people.consent import Consent
from econsult.people.persons import Person, Role, add_person
from tests.personas import FAMILY_QUESTION, QUESTION, Clinic
from tests.services.browser import Devices
from tests.web.browsing import post, token_from
from tests.web.conftest import BrowserOf, Enter
from tests.web.looking import overflow, violations
from workers.runtime import Runtime

SEEN = re.compile(r'name="seen" autocomplete="off" value="([^"]*)"')
FIELDS: dict[str, Any] = {
    "specialty": "dermatology",
    "lacking": "not_today",
    "question": QUESTION,
    "question_type": "diagnosis",
    "urgency": "routine",
    "body_site": "elbow",
    "consent_by": "parent",
    "consent_method": "verbal",
    "consent_language": "en",
}
JSON = {"Accept": "application/json"}


class Window:
    """A page as somebody opened it once: what it sends carries what it showed then."""

    def __init__(self, browser: FlaskClient, path: str) -> None:
        text = browser.get(path).text
        found = SEEN.search(text)
        assert found is not None
        self.browser, self.path, self.token, self.seen = browser, path, token_from(text), html.unescape(found[1])

    def send(self, fields: dict[str, Any], *, is_script: bool = False) -> Any:
        data = {"csrf_token": self.token, "seen": self.seen, **fields}
        return self.browser.post(self.path, data=data, headers=JSON if is_script else {})

    def save(self, fields: dict[str, Any]) -> Any:
        """As the page's script does, which keeps what the answer says of the page."""
        answer = self.send({**fields, "verb": "save"}, is_script=True)
        self.seen = answer.json["seen"]
        return answer


@pytest.fixture
def path(runtime: Runtime, clinic: Clinic) -> str:
    """The page of a request that is ready to be sent."""
    with runtime.database.writing() as session:
        return f"/clinic/requests/{clinic.draft(session, now=datetime.now(UTC)).public_id}"


@pytest.fixture
def colleague(runtime: Runtime, clinic: Clinic) -> Person:
    """Another PCP of the same clinic, whose drafts all of them see."""
    with runtime.database.writing() as session:
        details = {"name": "Colleague", "role": Role.PCP, "organization": clinic.home, "now": datetime.now(UTC)}
        return add_person(session, runtime.database.cipher, clinic.program, email="colleague@clinic.test", **details)


@pytest.fixture
def windows(browser_of: BrowserOf, clinic: Clinic, colleague: Person, path: str) -> tuple[Window, Window]:
    """Two people of one clinic, both of whom have opened it."""
    return Window(browser_of(clinic.pcp), path), Window(browser_of(colleague), path)


def stored(runtime: Runtime) -> Consult:
    with runtime.database.reading() as session:
        return session.scalars(select(Consult)).one()


def test_what_only_one_window_changed_is_kept_by_the_other(runtime: Runtime, windows: tuple[Window, Window]) -> None:
    one, other = windows
    assert one.save({**FIELDS, "thinks": "Eczema herpeticum", "tried": "Acyclovir"}).status_code == 200
    answer = other.save({**FIELDS, "question": QUESTION + " Or psoriasis?"})
    assert answer.status_code == 200
    assert "reload" in answer.json["news"]
    draft = stored(runtime)
    assert (draft.details["thinks"], draft.details["tried"]) == ("Eczema herpeticum", "Acyclovir")
    assert draft.question.endswith("psoriasis?")
    # Neither does the next save of that window, which still shows nothing there.
    other.save({**FIELDS, "question": QUESTION + " Or scabies?"})
    assert stored(runtime).details["thinks"] == "Eczema herpeticum"


def test_what_both_changed_is_refused_and_both_texts_are_shown(
    runtime: Runtime, windows: tuple[Window, Window]
) -> None:
    one, other = windows
    one.save({**FIELDS, "thinks": "Eczema herpeticum"})
    answer = other.save({**FIELDS, "thinks": "Psoriasis", "tried": "Emollient"})
    # What was saved beside it is told as after any other save.
    assert (answer.status_code, {"missing", "counts"} <= answer.get_json().keys()) == (409, True)
    draft = stored(runtime)
    assert (draft.details["thinks"], draft.details["tried"]) == ("Eczema herpeticum", "Emollient")
    # What a script saves by itself again is refused again; what a person does shows both.
    assert other.save({**FIELDS, "thinks": "Psoriasis!", "tried": "Emollient"}).status_code == 409
    page = other.send({**FIELDS, "thinks": "Psoriasis!", "tried": "Emollient", "verb": "save"})
    assert page.status_code == 409
    assert "Eczema herpeticum" in page.text
    assert '<textarea id="thinks" name="thinks" rows="3" maxlength="2000" data-check="3">Psoriasis!' in page.text
    other.seen = html.unescape(SEEN.findall(page.text)[0])
    assert other.send({**FIELDS, "thinks": "Psoriasis!", "verb": "save"}).status_code == 303
    assert stored(runtime).details["thinks"] == "Psoriasis!"


def test_the_same_save_again_is_no_clash_with_oneself(runtime: Runtime, windows: tuple[Window, Window]) -> None:
    """The server may have died between the save and its answer."""
    window, _ = windows
    lost = {**FIELDS, "thinks": "Eczema", "verb": "save"}
    window.send(lost, is_script=True)
    assert window.save(lost).status_code == 200
    assert window.save({**FIELDS, "thinks": "Eczema, infected"}).status_code == 200
    assert stored(runtime).details["thinks"] == "Eczema, infected"


def test_a_stale_window_takes_no_danger_sign_away_and_cannot_send(
    runtime: Runtime, windows: tuple[Window, Window]
) -> None:
    one, other = windows
    assert one.save({**FIELDS, "red_flags": ["breathing"]}).json["signs"] == []
    refused = other.send({**FIELDS, "verb": "send", "examined_by": "Dr. Pine", "why_safe": "Playing"})
    assert refused.status_code == 409
    assert "Danger signs" in refused.text
    assert (stored(runtime).status, stored(runtime).details["red_flags"]) == ("draft", ["breathing"])
    answer = other.save({**FIELDS, "background": "14 kg"})
    assert answer.json["signs"] == ["breathing"]
    assert other.send({**FIELDS, "red_flags": ["breathing"], "verb": "send"}).status_code == 409
    # Whoever has seen it ticked may untick it.
    assert other.save({**FIELDS, "no_signs": "1"}).json["signs"] == []
    assert stored(runtime).details["red_flags"] == []


def test_none_of_these_in_a_stale_window_is_outweighed_by_a_sign(
    runtime: Runtime, windows: tuple[Window, Window]
) -> None:
    one, other = windows
    one.save({**FIELDS, "red_flags": ["breathing"]})
    assert other.save({**FIELDS, "no_signs": "1"}).json["signs"] == ["breathing"]
    assert stored(runtime).details["red_flags"] == ["breathing"]


def test_an_answer_that_another_window_gave_is_not_taken_back(runtime: Runtime, windows: tuple[Window, Window]) -> None:
    windows[0].save(FIELDS)
    one, other = (Window(window.browser, window.path) for window in windows)
    one.save({**FIELDS, "no_signs": "1"})
    answered_at = stored(runtime).details["red_flags_at"]
    other.save({**FIELDS, "thinks": "Eczema"})
    draft = stored(runtime)
    assert (draft.details["red_flags"], draft.details["red_flags_at"]) == ([], answered_at)
    # Who has seen "none of these" ticked may take it back.
    one.save(FIELDS)
    assert "red_flags" not in stored(runtime).details


def test_a_sign_that_a_form_does_not_offer_stays(runtime: Runtime, clinic: Clinic) -> None:
    details = {"body_site": "elbow", "red_flags": ["hemoptysis"]}
    with runtime.database.writing() as session:
        draft = clinic.draft(session, now=datetime.now(UTC), details=details)
        seen, offered = read_seen(seen_text(session, draft, offered=("breathing",))), ("breathing",)
        merged = merge(session, draft, RequestForm(details={"red_flags": None}), seen, offered=offered)
    assert (merged.form.details, merged.signs) == ({"red_flags": ["hemoptysis"]}, ("hemoptysis",))


def test_ones_own_signs_are_not_told_back(windows: tuple[Window, Window]) -> None:
    """An answer that arrives after somebody unticked a sign again would tick it."""
    one, other = windows
    assert one.save({**FIELDS, "red_flags": ["breathing"]}).json["signs"] == []
    assert other.save({**FIELDS, "red_flags": ["seizure"]}).json["signs"] == ["breathing"]


def test_a_form_of_before_takes_no_sign_away(runtime: Runtime, windows: tuple[Window, Window]) -> None:
    one, other = windows
    one.save({**FIELDS, "red_flags": ["breathing"]})
    other.seen = ""
    other.save({**FIELDS, "thinks": "Eczema"})
    assert stored(runtime).details["red_flags"] == ["breathing"]


def test_a_stale_window_takes_no_consent_back(runtime: Runtime, windows: tuple[Window, Window]) -> None:
    one, other = windows
    voice = {"voice": "yes", "voice_by": "guardian", "voice_method": "verbal", "voice_language": "es"}
    one.save({**FIELDS, **voice, "consent_by": "guardian"})
    other.save({**FIELDS, "thinks": "Eczema"})
    with runtime.database.reading() as session:
        assert [row.given_by for row in session.scalars(select(Consent).order_by(Consent.id))][-1] == "guardian"
    assert "voice_by" in one.browser.get(one.path).text
    assert one.browser.get(one.path).text.count('name="voice" value="yes" checked') == 1


@pytest.fixture
def told(runtime: Runtime, clinic: Clinic) -> str:
    """The mother's question, of which all but the story is there."""
    details = {"body_site": "elbow", "red_flags": [], "red_flags_asked": True}
    with runtime.database.writing() as session:
        draft = clinic.family_draft(session, now=datetime.now(UTC), details=details, question="")
        return f"/family/ask/{draft.public_id}"


def test_a_familys_story_is_merged_and_what_both_changed_is_shown(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf, told: str
) -> None:
    mother = browser_of(clinic.mother)
    one, other = Window(mother, f"{told}/story"), Window(mother, f"{told}/story")
    one.save({"story": "Le salieron ampollas ayer.", "question": FAMILY_QUESTION})
    assert other.save({"since": "week", "question": FAMILY_QUESTION + " ¿Otra vez?"}).status_code == 409
    draft = stored(runtime)
    assert (draft.details["story"], draft.question) == ("Le salieron ampollas ayer.", FAMILY_QUESTION)
    page = other.send({"since": "week", "question": FAMILY_QUESTION + " ¿Otra vez?"})
    assert page.status_code == 409
    assert f"</b> {FAMILY_QUESTION}<" in page.text
    other.seen = html.unescape(SEEN.findall(page.text)[0])
    assert other.send({"since": "week", "story": "", "question": FAMILY_QUESTION + " ¿Otra vez?"}).status_code == 303
    assert stored(runtime).question.endswith("¿Otra vez?")


def test_the_question_that_stands_there_is_kept_although_nobody_changed_it(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf, told: str
) -> None:
    window = Window(browser_of(clinic.mother), f"{told}/story")
    text = window.browser.get(window.path).text
    usual = html.unescape(re.findall(r'<textarea id="question"[^>]*>([^<]*)', text)[0]).strip()
    assert window.send({"since": "week", "question": usual}).status_code == 303
    assert stored(runtime).question == usual


def test_an_old_page_of_danger_signs_takes_none_away(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf, told: str
) -> None:
    mother = browser_of(clinic.mother)
    one, other = Window(mother, f"{told}/emergency"), Window(mother, f"{told}/emergency")
    one.send({"flags": ["kawasaki_signs"], "emergency": "no"})
    other.send({"emergency": "no"})
    assert stored(runtime).details["red_flags"] == ["kawasaki_signs"]


def test_a_family_sends_only_what_its_page_showed(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf, told: str
) -> None:
    mother = browser_of(clinic.mother)
    post(mother, f"{told}/story", {"since": "week", "question": FAMILY_QUESTION})
    check = Window(mother, f"{told}/check")
    post(mother, f"{told}/story", {"since": "week", "story": "Tiene fiebre.", "question": FAMILY_QUESTION})
    refused = check.send({"agree": "yes"})
    assert refused.status_code == 409
    assert "Tiene fiebre." in refused.text
    assert stored(runtime).status == "draft"
    check.seen = html.unescape(SEEN.findall(refused.text)[0])
    assert check.send({"agree": "yes"}).status_code == 303


@pytest.mark.wide
def test_two_windows_in_a_real_browser(
    devices: Devices, runtime: Runtime, clinic: Clinic, enter: Enter, address: str, path: str, colleague: Person
) -> None:
    one, other = enter(devices.desktop(), clinic.pcp), enter(devices.desktop(), colleague)
    for page in (one, other):
        page.goto(address + path)
    one.locator("input[name=red_flags][value=breathing]").check()
    _type_and_wait(one, "#thinks", "Eczema herpeticum")
    _type_and_wait(other, "#background", "14 kg", says="Somebody else changed other parts")
    expect(other.locator("input[name=red_flags][value=breathing]")).to_be_checked()
    expect(other.locator("[data-danger]")).to_be_visible()
    other.fill("#thinks", "Psoriasis")
    expect(other.locator("[data-saved]")).to_contain_text("to see both")
    other.get_by_role("button", name="Save draft").click()
    expect(other.get_by_role("alert").first).to_contain_text("Eczema herpeticum")
    expect(other.locator("#thinks")).to_have_value("Psoriasis")
    assert violations(other) == []
    assert overflow(other) == 0
    assert stored(runtime).details["red_flags"] == ["breathing"]
    assert stored(runtime).details["background"] == "14 kg"


def _type_and_wait(page: Page, field: str, words: str, says: str = "Draft saved") -> None:
    with page.expect_response(lambda response: response.request.method == "POST" and "requests" in response.url):
        page.locator(field).press_sequentially(words)
    page.locator(field).blur()
    expect(page.locator("[data-saved]")).to_contain_text(says)
