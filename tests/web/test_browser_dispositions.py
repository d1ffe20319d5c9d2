"""Each disposition as a journey in real browsers: signed at a desk, read by the clinic, understood on a phone, closed.

What is asked of the database in between is in `test_dispositions`; here people find their way by what the pages show.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from econsult.consults.contents import Disposition
from econsult.consults.lifecycle import Status
from econsult.consults.own_steps import ASK_OTHER, CALL, SEND, TESTS
from econsult.consults.recommendations import StepState, steps_of
from econsult.consults.records import Consult
from econsult.consults.versions import signed_answer
from econsult.people.persons import Person
from tests.personas import ANSWER, Clinic
from tests.services.browser import Devices
from tests.spread import spread
from tests.web.conftest import Enter
from tests.web.looking import complaints, overflow
from tests.web.test_dispositions import READS
from workers.runtime import Runtime

CREAM = "Use the cream"
NEXT = {
    "work_up_first": TESTS["en"],
    "new_photo": SEND["en"],
    "clinic_visit": CALL["en"],
    "expedite": CALL["en"],
    "convert_to_referral": CALL["en"],
    "wrong_specialty": ASK_OTHER["en"],
}
"""The step that the clinic accepts beside the one that was written."""


def sign(page: Page, disposition: str) -> None:
    """The specialist writes, says what happens next, and signs."""
    page.locator("#impression").fill(str(ANSWER["impression"]))
    page.locator("input[name=confidence][value=sure]").check()
    page.locator("#rec1").fill(CREAM)
    page.locator("#own1").select_option("family")
    page.locator("#disposition").select_option(disposition)
    expect(page.locator("#photo_days")).to_be_visible(visible=disposition == "new_photo")
    page.locator("#watch_for").fill(str(ANSWER["watch_for"]))
    page.locator("#family_summary").fill(str(ANSWER["family_summary"]))
    page.locator("button[form=answer][value=sign]").click()
    if disposition == "emergency_now":
        # It is one arrow key away from its neighbors: the keys alone say that it is meant, and sign.
        expect(page.locator("#problem")).to_contain_text("To the emergency room now")
        page.locator("#problem a").press("Enter")
        page.locator("#confirm_emergency").press("Space")
        page.keyboard.press("Control+Enter")
    page.wait_for_url("**said=signed**")


def accept(page: Page, disposition: str) -> None:
    """The clinic reads what it is to do, and accepts it with one button."""
    steps = [CREAM, *filter(None, [NEXT.get(disposition)])]
    button = page.locator("form[action$='/acknowledge'] button:not(.btn-line)")
    words = "accept its step" if len(steps) == 1 else f"accept its {len(steps)} steps"
    expect(button).to_contain_text(words)
    for step in steps:
        expect(page.locator("main")).to_contain_text(step)
    button.click()
    expect(page.locator("form[action$='/acknowledge']")).to_have_count(0)


def understand(page: Page, disposition: str) -> None:
    """The family reads what happens next, and says that it understood."""
    page.get_by_role("button", name="English").click()
    page.locator("a.btn-big[href$='/answer']").click()
    expect(page.locator("main")).to_contain_text(READS[disposition])
    assert overflow(page) == 0
    page.locator("#reply form button").click()
    expect(page.locator("#reply form")).to_have_count(0)


def telephone(page: Page) -> None:
    """An emergency is telephoned as well, whatever the family has read."""
    page.locator("input[name=outcome][value=reached]").check()
    page.locator("form[action$='/done'] button").click()
    expect(page.locator("form[action$='/done']")).to_have_count(0)


def close(page: Page) -> None:
    """Three clicks: two answers, and the third one closes."""
    page.reload()
    for name, value in (("changed", "yes"), ("referral", "avoided")):
        page.locator(f"form[action$='/close'] label:has([name={name}][value={value}])").click()
    page.locator("form[action$='/close'] button[name=seen][value=no]").click()
    page.wait_for_url("**said=closed**")


@pytest.mark.parametrize("disposition", spread([str(each) for each in Disposition], 1))
def test_an_answer_is_signed_accepted_understood_and_closed(
    runtime: Runtime, clinic: Clinic, devices: Devices, enter: Enter, address: str, disposition: str
) -> None:
    with runtime.database.writing() as session:
        held = clinic.claimed(session, now=datetime.now(UTC) - timedelta(minutes=20))
    case = f"/consults/{held.public_id}"
    heard: list[list[str]] = []

    def at(page: Page, person: Person, path: str) -> Page:
        heard.append(complaints(page))
        enter(page, person).goto(f"{address}{path}")
        return page

    sign(at(devices.desktop(), clinic.derm, case), disposition)
    desk = at(devices.desktop(), clinic.pcp, case)
    accept(desk, disposition)
    understand(at(devices.phone(), clinic.mother, f"/family/questions/{held.public_id}"), disposition)
    if disposition == "emergency_now":
        telephone(at(devices.desktop(), clinic.coordinator, f"/calls/{held.public_id}"))
    close(desk)
    assert not any(heard)
    with runtime.database.reading() as session:
        answer, consult = signed_answer(session, held.id), session.get_one(Consult, held.id)
        assert answer is not None
        assert (answer.disposition, consult.status) == (disposition, Status.CLOSED)
        texts = [entry["text"] for entry in answer.content["recommendations"]]
        steps = [(texts[step.position], step.state) for step in steps_of(session, held.id)]
    assert steps == [(text, StepState.ACCEPTED) for text in (CREAM, *filter(None, [NEXT.get(disposition)]))]
